"""The machine's /sys and /dev, as pyserial's list_ports looks for what a port belongs to."""

import os
from pathlib import Path

import pytest
import serial
from serial.tools.list_ports_linux import SysFS

from tests.support.badge.badge import Badge
from tests.support.badge.machine import BY_ID, STORAGE, Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def _ids(machine: Machine, name: str) -> tuple[str, str, str]:
    """The USB device that a tty belongs to, found as pyserial finds it: port, vendor, product."""
    interface = Path(os.path.realpath(machine.sys / "class/tty" / name / "device"))
    device = interface.parent
    return device.name, (device / "idVendor").read_text().strip(), (device / "idProduct").read_text().strip()


def test_a_badge_is_found_by_its_ids_until_it_is_unplugged(machine: Machine, tmp_path: Path) -> None:
    with Badge(tmp_path / "badge", machine=machine, port="1-1.2") as badge:
        assert badge.path == machine.dev / "ttyACM0"
        assert _ids(machine, "ttyACM0") == ("1-1.2", "0b6a", "003c")
        for link in (f"by-id/{BY_ID}", "by-path/pci-0000:00:14.0-usb-0:1.2:1.0"):
            assert (machine.dev / "serial" / link).resolve() == Path(badge.tty)
        serial.Serial(str(machine.dev / "serial/by-id" / BY_ID), exclusive=True).close()
        badge.unplug()
        assert [*machine.sys.glob("class/tty/*"), *machine.sys.glob("bus/usb/devices/*")] == []
        assert [path for path in machine.dev.rglob("*") if path.is_symlink()] == []
        badge.replug()
        assert _ids(machine, "ttyACM0") == ("1-1.2", "0b6a", "003c")


def test_two_badges_share_a_name_by_id_and_none_by_path(machine: Machine, tmp_path: Path) -> None:
    with (
        Badge(tmp_path / "one", machine=machine, port="1-1") as one,
        Badge(tmp_path / "two", machine=machine, port="1-2") as two,
    ):
        assert (one.path.name, two.path.name) == ("ttyACM0", "ttyACM1")
        assert _ids(machine, "ttyACM1")[0] == "1-2"
        assert (machine.dev / "serial/by-id" / BY_ID).resolve() == Path(two.tty)
        assert len(list(machine.dev.glob("serial/by-path/*"))) == 2
        one.unplug()
        assert (machine.dev / "serial/by-id" / BY_ID).resolve() == Path(two.tty)
        one.replug()
        assert one.path.name == "ttyACM0"


def test_storage_mode_has_no_serial_port(machine: Machine, tmp_path: Path) -> None:
    with Badge(tmp_path / "badge", machine=machine) as badge:
        badge.to_storage_mode()
        device = machine.sys / "bus/usb/devices/1-2"
        assert ((device / "idVendor").read_text().strip(), (device / "idProduct").read_text().strip()) == STORAGE
        assert list(machine.sys.glob("class/tty/*")) == []
        assert not badge.path.exists()
        badge.replug()
        assert _ids(machine, "ttyACM0") == ("1-2", "0b6a", "003c")


def test_pyserial_knows_the_device(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def there(path: str) -> str:
        return f"{machine.sys}{path[4:]}" if path.startswith("/sys/") else path

    for name in ("realpath", "exists"):
        asked = getattr(os.path, name)
        monkeypatch.setattr(os.path, name, lambda path, ask=asked: ask(there(str(path))))
    with Badge(tmp_path / "badge", machine=machine, port="1-1.2"):
        found = SysFS("/dev/ttyACM0")
    assert (found.location, found.vid, found.pid) == ("1-1.2:1.0", 0x0B6A, 0x003C)
    assert (found.manufacturer, found.product, found.serial_number) == ("Maxim Integrated", "CARD10 USB GADGET", None)
