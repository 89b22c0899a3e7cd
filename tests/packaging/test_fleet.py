"""`motes fleet` out of the package, and what `install` does where systemd runs."""

from collections.abc import Iterator

import pytest

from tests.support import ssh
from tests.support.nspawn import Machine
from tests.support.units import main_pid, page, serves, shown

OUT = "/root/fleet"
INVENTORY = f"{OUT}/fleet.toml"
INSTALL = f"{OUT}/out/here/install"
CONFIGURATION = "/etc/motes/motes.toml"
HERE = """\
[monitor]
ssh = "127.0.0.1"
ssh-key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHRoZSBwdWJsaWMga2V5IG9mIHRoZSBtb25pdG9yLCAK"

[hosts.here]
road = "ssh-socks"
port = 21001
"""
FEWER = '[hosts.here.node]\n"collector.loadavg" = false\n'


def write(machine: Machine, inventory: str) -> str:
    machine.write(INVENTORY, inventory)
    return machine.run("motes", "fleet", INVENTORY, f"{OUT}/out")


@pytest.fixture(scope="module")
def said(machine: Machine) -> Iterator[str]:
    """What the first run says, on a machine where the packages' services run."""
    ssh.bring(machine)
    serves(machine, "motes-node")
    write(machine, HERE)
    try:
        yield machine.run(INSTALL)
    finally:
        machine.run("systemctl", "disable", "--now", "motesd", "motes-tunnel")
        machine.run("mv", f"{CONFIGURATION}.before-fleet", CONFIGURATION)
        machine.run(
            "sh", "-c", "rm -r /etc/motes/tunnel* /etc/motes/fleet.files /etc/systemd/system/motes-tunnel.service"
        )
        machine.run("userdel", ssh.USER)
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "enable", "--now", "motes-node")
        serves(machine, "motes-node")


def test_services_are_started_and_those_in_the_way_are_not(machine: Machine, said: str) -> None:
    assert "stopped motes-node: motesd has it now\n" in said
    assert f"kept what was there as {CONFIGURATION}.before-fleet\n" in said
    assert "tunnel-key = " in said
    assert [shown(machine, unit, "UnitFileState") for unit in ("motesd", "motes-tunnel", "motes-node")] == [
        "enabled",
        "enabled",
        "disabled",
    ]
    assert "node_load1 " in page(machine, 9100)
    assert shown(machine, "motes-node", "ActiveState") == "inactive"
    assert shown(machine, "motes-lywsd03mmc", "ActiveState") == "active"


def test_another_time_nothing_is_done(machine: Machine, said: str) -> None:
    pid, restarts = main_pid(machine, "motesd"), shown(machine, "motesd", "NRestarts")
    assert "installed" not in machine.run(INSTALL)
    assert (main_pid(machine, "motesd"), shown(machine, "motesd", "NRestarts")) == (pid, restarts)


def test_another_configuration_is_read_by_who_runs(machine: Machine, said: str) -> None:
    pid = main_pid(machine, "motesd")
    assert "changed  here/etc/motes/motes.toml\n" in write(machine, HERE + FEWER)
    assert f"installed {CONFIGURATION}\n" in machine.run(INSTALL)
    assert main_pid(machine, "motesd") == pid
    assert "node_load1 " not in page(machine, 9100)
    write(machine, HERE)
    machine.run(INSTALL)
    assert "node_load1 " in page(machine, 9100)


def test_what_it_needs_is_looked_for_first(machine: Machine, said: str) -> None:
    before = machine.run("sh", "-c", "cat /etc/motes/*")
    write(machine, HERE.replace("ssh-socks", "vmagent").replace("ssh =", 'push = "127.0.0.1:8443"\nssh ='))
    done = machine.inside(INSTALL)
    assert done.returncode == 1
    assert "these programs are missing: vmagent" in done.stderr
    assert machine.run("sh", "-c", "cat /etc/motes/*") == before
    write(machine, HERE)
