"""The packages on a Debian that boots systemd: what runs there, as whom, and what becomes of it."""

import pytest

from tests.support.namespaces import until
from tests.support.nspawn import Machine
from tests.support.units import SERVICES, kill, listening, main_pid, page, serves, shown, status, told

BOTH = """[web]
listen-address = ["127.0.0.1:9301"]
[node]
"""
NOW = """[web]
listen-address = ["127.0.0.1:9301", "unix:/run/motesd@home/socket"]
[node.labels]
site = "home"
"""


def test_everything_comes_up_by_itself_on_loopback_alone(machine: Machine) -> None:
    for service in SERVICES:
        serves(machine, service)
    machine.reboot()
    for service in SERVICES:
        serves(machine, service)
    assert listening(machine) == {f"127.0.0.1%lo:{port}" for port, _ in SERVICES.values()}
    assert shown(machine, "motesd", "UnitFileState") == "disabled"
    assert shown(machine, "motesd", "ActiveState") == "inactive"
    assert machine.run("systemctl", "list-units", "--failed", "--no-legend") == ""


@pytest.mark.parametrize("service", SERVICES)
def test_is_locked_in(machine: Machine, service: str) -> None:
    pid = serves(machine, service)
    found = status(machine, pid)
    assert "0" not in found["Uid"].split() + found["Gid"].split()
    assert {found[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {f"{0:016x}"}
    assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")
    mounts = [line.split() for line in machine.path(f"/proc/{pid}/mountinfo").read_text().splitlines()]
    assert [fields[5].split(",")[0] for fields in mounts if fields[4] == "/"] == ["ro"]
    assert f"process_max_fds {4096}\n" in page(machine, SERVICES[service][0]), "the limit is raised, as elsewhere"


def test_the_badges_service_may_open_serial_ports_and_nothing_else(machine: Machine) -> None:
    """Those of USB, which have major numbers 166 and 188, and belong to Debian's group dialout, 20."""
    pid = serves(machine, "motes-card10-bme680")
    assert "20" in status(machine, pid)["Groups"].split()
    assert shown(machine, "motes-card10-bme680", "DevicePolicy") == "closed"
    allowed = shown(machine, "motes-card10-bme680", "DeviceAllow").splitlines()
    assert {line for line in allowed if "rw" in line} == {"char-166 rw", "char-188 rw"}


def test_what_is_killed_comes_back(machine: Machine) -> None:
    before = {service: serves(machine, service) for service in SERVICES}
    kill(machine, "KILL", *before)
    for service, pid in before.items():
        serves(machine, service, instead_of=pid)


def test_what_hangs_is_ended_and_comes_back(machine: Machine) -> None:
    for service in SERVICES:
        machine.write(f"/run/systemd/system/{service}.service.d/soon.conf", "[Service]\nWatchdogSec=3s\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", *SERVICES)
    before = {service: serves(machine, service) for service in SERVICES}
    kill(machine, "STOP", *before)
    for service, pid in before.items():
        serves(machine, service, instead_of=pid)
        assert "Watchdog timeout" in machine.run("journalctl", "--unit", service, "--output=cat")
    for service in SERVICES:
        machine.path(f"/run/systemd/system/{service}.service.d/soon.conf").unlink()
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", *SERVICES)


def test_an_instance_reloads(machine: Machine) -> None:
    machine.write("/etc/motes/home.toml", BOTH)
    machine.run("systemctl", "start", "motesd@home")
    pid = main_pid(machine, "motesd@home")
    assert "node_load1 " in page(machine, 9301)

    machine.write("/etc/motes/home.toml", NOW.replace("[web]", "[web]\nlistn = 1"))
    refused = machine.inside("systemctl", "reload", "motesd@home")
    assert refused.returncode != 0
    assert "listn: no such option" in machine.run("journalctl", "--unit=motesd@home", "--output=cat")
    assert "node_load1 " in page(machine, 9301)

    machine.write("/etc/motes/home.toml", NOW)
    machine.run("systemctl", "reload", "motesd@home")
    until(lambda: 'node_load1{site="home"} ' in page(machine, 9301), "the new labels", told(machine, "motesd@home"))
    socket = machine.path("/run/motesd@home/socket")
    assert 'node_load1{site="home"} ' in machine.get("http://localhost/metrics", "--unix-socket", str(socket))
    assert main_pid(machine, "motesd@home") == pid
    machine.run("systemctl", "stop", "motesd@home")
    assert not socket.exists()


def test_a_port_that_is_taken_is_told_of(machine: Machine) -> None:
    pid = serves(machine, "motes-node")
    soon = "/run/systemd/system/motesd.service.d/soon.conf"
    machine.write(soon, "[Service]\nRestartSec=100ms\n")
    machine.run("systemctl", "daemon-reload")
    assert machine.inside("systemctl", "start", "motesd").returncode != 0
    until(lambda: shown(machine, "motesd", "ActiveState") == "failed", "that it is given up", told(machine, "motesd"))
    assert 'Status: "cannot start: cannot listen on 127.0.0.1:9100: the port is taken"' in told(machine, "motesd")()
    log = machine.run("journalctl", "--unit=motesd", "--output=cat")
    assert 'err="cannot listen on 127.0.0.1:9100: the port is taken"' in log
    assert serves(machine, "motes-node") == pid
    machine.path(soon).unlink()
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "reset-failed", "motesd")
    machine.run("systemctl", "stop", "motes-node")
    machine.run("systemctl", "start", "motesd")
    assert "node_load1 " in page(machine, 9100)
    machine.run("systemctl", "stop", "motesd")
    machine.run("systemctl", "start", "motes-node")


def test_a_bad_option_is_told_of_once(machine: Machine) -> None:
    machine.write("/etc/default/motes-card10-bme680", 'ARGS="--serial.intervall=1s"\n')
    assert machine.inside("systemctl", "restart", "motes-card10-bme680").returncode != 0
    assert shown(machine, "motes-card10-bme680", "ActiveState") == "failed"
    assert shown(machine, "motes-card10-bme680", "NRestarts") == "0"
    assert "cannot start: unknown option --serial.intervall" in told(machine, "motes-card10-bme680")()
    machine.write("/etc/default/motes-card10-bme680", 'ARGS="--serial.interval=20s --log.level=debug"\n')
    machine.run("systemctl", "start", "motes-card10-bme680")
    serves(machine, "motes-card10-bme680")
    assert "--log.level=debug" in machine.path(
        f"/proc/{main_pid(machine, 'motes-card10-bme680')}/cmdline"
    ).read_text().split("\0")
    machine.path("/etc/default/motes-card10-bme680").unlink()


@pytest.mark.parametrize("service", [*SERVICES, "motesd"])
def test_starts_when_somebody_connects(machine: Machine, service: str) -> None:
    port, says = SERVICES.get(service, SERVICES["motes-node"])
    stopped = service if service in SERVICES else "motes-node"
    machine.run("systemctl", "stop", stopped)
    machine.run("systemctl", "start", f"{service}.socket")
    assert shown(machine, service, "ActiveState") == "inactive"
    until(lambda: says in page(machine, port), "an answer", told(machine, service))
    assert shown(machine, service, "StatusText").endswith(" on fd:")
    pid = main_pid(machine, service)
    kill(machine, "KILL", service)
    until(lambda: says in page(machine, port), "an answer after its end", told(machine, service))
    assert main_pid(machine, service) != pid
    machine.run("systemctl", "stop", f"{service}.socket", service)
    machine.run("systemctl", "start", stopped)


def test_systemd_understands_every_line(machine: Machine) -> None:
    units = machine.run("sh", "-c", "cd /lib/systemd/system && ls -d motes*").split()
    assert len(units) == len([*SERVICES, "motesd"]) * 2 + 1
    named = [unit.replace("@.", "@home.") for unit in units]
    machine.run("systemd-analyze", "verify", "--man=no", "--recursive-errors=yes", *named)
