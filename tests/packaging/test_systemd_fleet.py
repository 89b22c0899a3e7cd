"""What `motes fleet` writes for a host, installed on a Debian that boots systemd: once, twice, and with a change."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fleet import motes_fleet
from tests.support.namespaces import until
from tests.support.nspawn import Machine
from tests.support.units import listening, main_pid, page, serves, shown

INVENTORY = """[monitor]
addresses = ["10.77.0.1/24", "fd77:6d6f:7465::1/64"]
endpoint = "127.0.0.1:51820"
public-key = "bW9uaXRvci5leGFtcGxlLm9yZydzIHB1YmxpYyBrZXk="
[hosts.attic]
addresses = ["10.77.0.2", "fd77:6d6f:7465::2"]
"""
ONE_OPTION_MORE = INVENTORY + 'node = {"collector.cpu.info" = true}\n'
PUT_BACK = """
systemctl disable --quiet --now wg-quick@wg0 motesd
cut -c 67- /etc/motes/fleet.files | sed 's,^,/,' | xargs rm
mv /etc/motes/motes.toml.before-fleet /etc/motes/motes.toml
nft flush ruleset
rm -r /etc/motes/fleet.files /etc/wireguard/wg0.* /opt/attic
systemctl daemon-reload
systemctl enable --quiet --now motes-node
"""


class Attic:
    """The machine, as that host."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine = machine
        self._folder = folder

    def install(self, inventory: str) -> str:
        """What it says of what the command has written."""
        file, output = self._folder / "fleet.toml", self._folder / "out"
        file.write_text(inventory)
        done = motes_fleet(file, output)
        assert done.returncode == 0, done.stderr
        shutil.rmtree(self.machine.path("/opt/attic"), ignore_errors=True)
        shutil.copytree(output / "attic", self.machine.path("/opt/attic"))
        return self.machine.run("/opt/attic/install")

    def running(self) -> tuple[int, str]:
        """What is another one once motesd or the tunnel has been started anew."""
        return main_pid(self.machine, "motesd"), self.machine.run("wg", "show", "wg0", "listen-port")


@pytest.fixture
def attic(machine: Machine, tmp_path: Path) -> Iterator[Attic]:
    yield Attic(machine, tmp_path)
    machine.run("sh", "-euc", PUT_BACK)
    serves(machine, "motes-node")


def test_install(attic: Attic) -> None:
    """Everything runs, at once and after the next boot; what has not changed is left alone."""
    machine = attic.machine
    assert "made a private key" in attic.install(INVENTORY)
    assert {"127.0.0.1%lo:9100", "*%wg0:9100"} <= listening(machine)
    before = attic.running()
    assert "installed" not in attic.install(INVENTORY)
    assert attic.running() == before
    assert "installed /etc/motes/motes.toml" in attic.install(ONE_OPTION_MORE)
    assert attic.running() == before
    until(lambda: "node_cpu_info{" in page(machine, 9100), "the option's series")
    machine.reboot()
    until(lambda: "*%wg0:9100" in listening(machine), "motesd at the tunnel")
    assert "table inet motes" in machine.run("nft", "list", "tables")
    assert shown(machine, "motes-node", "UnitFileState") == "disabled"


def test_reloading_does_no_harm(attic: Attic) -> None:
    """Debian's own of the tunnel would take its key away, and that of the firewall its rules."""
    machine = attic.machine
    attic.install(INVENTORY)
    key = machine.run("wg", "show", "wg0", "public-key")
    assert "not applicable" in machine.inside("systemctl", "reload", "wg-quick@wg0").stderr
    assert machine.run("wg", "show", "wg0", "public-key") == key
    for action in ("start", "reload", "restart"):
        machine.run("systemctl", action, "nftables")
        assert "table inet motes" in machine.run("nft", "list", "tables"), action
    machine.run("systemctl", "stop", "nftables")
