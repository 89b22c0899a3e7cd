"""Which badges there are, as the kernel shows them."""

from pathlib import Path

import pytest
from motes.exporters.card10_bme680.ports import Ports
from motes.exporters.card10_bme680.problems import Failure

from tests.support.badge.machine import SERIAL, STORAGE, Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def ports(machine: Machine) -> Ports:
    return Ports(str(machine.sys), str(machine.dev))


def refused(ports: Ports, port: str) -> str:
    with pytest.raises(Failure) as raised:
        ports.at(port) if not port.startswith("/") else ports.named(port)
    return raised.value.reason


def test_two_badges_are_told_apart_by_their_port(machine: Machine, ports: Ports) -> None:
    machine.attach_tty("1-1.2", "/dev/null", ("2341", "0043"))
    one = machine.attach_tty("1-1.3", "/dev/null")
    other = machine.attach_tty("2-1", "/dev/null")
    assert ports.badges() == {"1-1.3": str(one), "2-1": str(other)}
    assert ports.at("2-1") == str(other)
    machine.detach("1-1.3")
    assert ports.badges() == {"2-1": str(other)}
    assert refused(ports, "1-1.3") == "not_found"


def test_storage_mode(machine: Machine, ports: Ports) -> None:
    machine.attach("1-2", STORAGE)
    assert ports.badges() == {"1-2": ""}
    assert refused(ports, "1-2") == "storage_mode"
    assert refused(ports, f"{machine.dev}/ttyACM0") == "storage_mode"


def test_a_badge_whose_port_is_not_there_yet(machine: Machine, ports: Ports) -> None:
    machine.attach("1-2", SERIAL)
    assert ports.badges() == {}
    assert refused(ports, f"{machine.dev}/ttyACM0") == "not_found"


def test_a_path_that_is_named(machine: Machine, ports: Ports) -> None:
    path = str(machine.attach_tty("1-2", "/dev/null"))
    assert ports.named(path) == path
    machine.detach("1-2")
    assert refused(ports, path) == "not_found"


def test_a_machine_without_usb(tmp_path: Path) -> None:
    ports = Ports(str(tmp_path / "sys"), str(tmp_path / "dev"))
    assert ports.badges() == {}
    assert refused(ports, "1-2") == "not_found"


def test_a_device_that_goes_while_it_is_looked_at(machine: Machine, ports: Ports) -> None:
    machine.attach_tty("1-2", "/dev/null")
    (machine.sys / "bus/usb/devices/1-2/idProduct").unlink()
    (machine.sys / "bus/usb/devices/1-3").symlink_to("nowhere")
    assert ports.badges() == {}
