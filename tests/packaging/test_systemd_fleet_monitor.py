"""The monitor of a fleet, installed on a Debian that boots systemd: hosts come and go, and its tunnel stays.

A host's end of the tunnel is another interface of the same machine.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fleet import motes_fleet
from tests.support.namespaces import until
from tests.support.nspawn import Machine
from tests.support.units import shown, told

TUNNEL = "wg-quick@wg0"
MONITOR = """\
[monitor]
addresses = ["10.77.0.1/24"]
endpoint = "monitor.example.org:51820"
"""
HOST = '[hosts.{name}]\naddresses = ["10.77.0.{number}"]\npublic-key = "{key}"\n'
CONNECT = """
(umask 077; wg genkey >/run/attic.key)
wireguard-go wg1
wg set wg1 private-key /run/attic.key peer "$1" endpoint 127.0.0.1:51820 persistent-keepalive 1 allowed-ips 10.77.0.1/32
wg show wg1 public-key
"""
PUT_BACK = f"""
ip link delete dev wg1 || true
systemctl disable --quiet --now {TUNNEL}
cut -c 67- /etc/motes/fleet.files | sed 's,^,/,' | xargs rm
nft flush ruleset
rm -r /etc/motes/fleet.files /etc/wireguard/wg0.* /opt/monitor /run/attic.key
systemctl daemon-reload
"""


class Monitor:
    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine = machine
        self._folder = folder

    def install(self, **keys: str) -> str:
        """What it says, with hosts by these names."""
        inventory, output = self._folder / "fleet.toml", self._folder / "out"
        hosts = [HOST.format(name=name, number=number, key=key) for number, (name, key) in enumerate(keys.items(), 2)]
        inventory.write_text(MONITOR + "".join(hosts))
        done = motes_fleet(inventory, output)
        assert done.returncode == 0, done.stderr
        shutil.rmtree(self.machine.path("/opt/monitor"), ignore_errors=True)
        shutil.copytree(output / "monitor", self.machine.path("/opt/monitor"))
        return self.machine.run("/opt/monitor/install")

    def show(self, what: str) -> list[list[str]]:
        return [line.split() for line in self.machine.run("wg", "show", "wg0", what).splitlines()]

    def connected(self, key: str) -> str:
        """When that host was heard; nothing where it never was."""
        return dict(self.show("latest-handshakes")).get(key, "0").removeprefix("0")

    def interface(self) -> tuple[str, str]:
        """What is another one once it has been started anew."""
        link = self.machine.run("ip", "-oneline", "link", "show", "wg0").partition(":")[0]
        return link, shown(self.machine, TUNNEL, "InvocationID")


@pytest.fixture
def monitor(machine: Machine, tmp_path: Path) -> Iterator[Monitor]:
    yield Monitor(machine, tmp_path)
    machine.run("sh", "-euc", PUT_BACK)


def test_hosts_come_and_go_without_the_others_noticing(monitor: Monitor) -> None:
    machine = monitor.machine
    barn, cellar = (machine.run("sh", "-c", "wg genkey | wg pubkey").strip() for _ in range(2))
    assert "made a private key" in monitor.install(barn=barn)
    assert shown(machine, TUNNEL, "ActiveState") == "active"
    (own,) = monitor.show("public-key")
    attic = machine.run("sh", "-euc", CONNECT, "sh", *own).strip()
    interface = monitor.interface()

    monitor.install(attic=attic, barn=barn)
    machine.run("ip", "link", "set", "wg1", "up")
    until(lambda: monitor.connected(attic), "a handshake", told(machine, TUNNEL))
    connected = monitor.connected(attic)
    assert "installed" in monitor.install(attic=attic, barn=barn, cellar=cellar)
    assert {key for (key,) in monitor.show("peers")} == {attic, barn, cellar}
    assert "installed" not in monitor.install(attic=attic, barn=barn, cellar=cellar)
    assert "installed" in monitor.install(attic=attic)
    assert {key for (key,) in monitor.show("peers")} == {attic}
    machine.run("systemctl", "reload", TUNNEL)
    assert (monitor.connected(attic), monitor.interface()) == (connected, interface)
    assert monitor.show("public-key") == [own]
