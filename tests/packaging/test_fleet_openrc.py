"""What `motes fleet` writes, installed where OpenRC is booted: Debian's and Alpine's.

A host takes one road after the other. Nobody is at their ends: that metrics arrive is shown in e2e/recipes.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import alpine, bringing, openrc, ssh
from tests.support.fleet import motes_fleet
from tests.support.namespaces import until
from tests.support.openrc import Machine

WG_QUICK = "/usr/bin/wg-quick"
OPENSSL = "/usr/lib/ssl/openssl.cnf"
PAGE = "http://127.0.0.1:9100/metrics"
INSTALL = {
    "debian": "cd /given; dpkg --install motes-core_*.deb motes-node_*.deb motesd_*.deb; "
    "useradd --system --no-create-home _victoria-metrics",
    "alpine": "cd /given; apk add --allow-untrusted motes-core-[0-9]*.apk motes-node-[0-9]*.apk motesd-[0-9]*.apk; "
    "ln -sf /usr/bin/bash /bin/bash; adduser -S -D -H _victoria-metrics; addgroup -S _victoria-metrics",
}
PROGRAMS = ("vmagent", "vmauth", "openssl", "wg", "wireguard-go", "ip", "bash", "stat")
MONITOR = """\
[monitor]
addresses = ["10.77.0.1/24"]
endpoint = "127.0.0.1:51820"
public-key = "bW9uaXRvci5leGFtcGxlLm9yZydzIHB1YmxpYyBrZXk="
ssh = "127.0.0.1"
ssh-key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHRoZSBwdWJsaWMga2V5IG9mIHRoZSBtb25pdG9yLCAK"
push = "127.0.0.1:8443"
"""
CERTIFICATE = '''certificate = """
-----BEGIN CERTIFICATE-----
bm8gb25lIGxvb2tzIGF0IGl0IGhlcmU=
-----END CERTIFICATE-----"""
'''
# Takes connections, and says nothing: OpenRC 0.63 waits with what it is to stop until it would have started it again.
LISTEN = """
python3 -c "import signal, socket; held = socket.create_server(('127.0.0.1', 22)); signal.pause()" >/dev/null 2>&1 &
"""
# Of each road: its service, its table and another one.
ROADS = {
    "wireguard": ("motes-wg0", 'addresses = ["10.77.0.2"]', 'addresses = ["10.77.0.3"]'),
    "ssh-socks": ("motes-tunnel", "port = 21001", "port = 21002"),
    "vmagent": ("motes-vmagent", "", 'labels = { site = "home" }'),
}
FEWER = 'node = {"collector.loadavg" = false}\n'


class Here:
    """A machine, as the one host of an inventory."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine = machine
        self._folder = folder

    def install(self, road: str, table: str) -> str:
        """What it says."""
        inventory, output = self._folder / "fleet.toml", self._folder / "out"
        inventory.write_text(f'{MONITOR}{CERTIFICATE}[hosts.here]\nroad = "{road}"\n{table}\n')
        done = motes_fleet(inventory, output)
        assert done.returncode == 0, done.stderr
        shutil.rmtree(self.machine.path("/srv/here"), ignore_errors=True)
        shutil.copytree(output / "here", self.machine.path("/srv/here"))
        return self.machine.run("/srv/here/install")

    def started(self) -> set[str]:
        """Those of our services that are to be started at boot, all of which are."""
        shown = {line.split()[0] for line in self.machine.run("rc-update", "show", "default").splitlines()}
        ours = {service for service in shown if service.startswith("motes")}
        assert {self.machine.status(service).split()[0] for service in ours} == {"started"}
        return ours

    def running(self) -> set[str]:
        """What there is of processes that stay until they are stopped, and of interfaces."""
        lines = self.machine.attempt("ip", "-oneline", "link").stdout.splitlines()
        pids = self.machine.inside("pidof", "supervise-daemon").stdout.split()
        return {*pids, *(line.split(" mtu")[0] for line in lines)}


def prepare(machine: Machine) -> None:
    """With this machine's programs."""
    ssh.bring(machine)
    bringing.bring(machine, "/usr/sbin/nft", *(f"/usr/bin/{program}" for program in PROGRAMS))
    shutil.copy(WG_QUICK, machine.path(WG_QUICK))
    machine.write(OPENSSL, "")


@pytest.fixture(scope="module", params=INSTALL)
def here(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    packages = request.getfixturevalue("packages" if request.param == "debian" else "alpine_packages")
    root = openrc.base() if request.param == "debian" else alpine.base()
    with Machine(root, packages) as machine:
        prepare(machine)
        machine.run("sh", "-euc", INSTALL[request.param])
        machine.answering("motes-node", PAGE)
        machine.run("sh", "-euc", LISTEN)
        yield Here(machine, tmp_path_factory.mktemp("fleet"))


@pytest.mark.parametrize("road", ROADS)
def test_a_road(here: Here, road: str) -> None:
    """Its service runs, and nothing of the road before; twice changes nothing, and another table what it has to."""
    service, table, other = ROADS[road]
    here.install(road, table)
    assert here.started() == {"motesd", service}
    before, daemon = here.running(), here.machine.answering("motesd", PAGE)
    assert "wg0" in str(before) if road == "wireguard" else "wg0" not in str(before)

    assert "installed" not in here.install(road, table)
    assert here.running() == before

    here.install(road, f"{other}\n{FEWER}")
    assert here.started() == {"motesd", service}
    assert len(here.running() - before) == 1
    assert here.machine.answering("motesd", PAGE) == daemon
    until(
        lambda: "node_load1 " not in here.machine.get(PAGE), "the other motes.toml", lambda: here.machine.log("motesd")
    )


def test_nothing_is_left_of_roads_that_were_left(here: Here) -> None:
    here.install("wireguard", ROADS["wireguard"][1])
    here.install("ssh-socks", ROADS["ssh-socks"][1])
    assert here.machine.run("nft", "list", "tables") == ""
    assert "wg0" not in str(here.running())
    files = here.machine.run("sh", "-c", "cd /etc; ls init.d/motes-* nftables.d wireguard motes").split()
    assert {"init.d/motes-tunnel", "wg0.key", "tunnel.conf"} <= {*files}
    assert not {"init.d/motes-wg0", "motes.nft", "wg0.conf", "vmagent.env", "fleet.pending"} & {*files}


def test_what_could_not_start_is_started_the_next_time(here: Here) -> None:
    here.install("ssh-socks", ROADS["ssh-socks"][1])
    kept = here.machine.run("cat", WG_QUICK)
    here.machine.write(WG_QUICK, "#!/bin/sh\nexit 1\n")
    with pytest.raises(AssertionError, match="installed /etc/wireguard/"):
        here.install("wireguard", ROADS["wireguard"][1])
    here.machine.write(WG_QUICK, kept)
    assert "installed" not in here.install("wireguard", ROADS["wireguard"][1])
    assert here.started() == {"motesd", "motes-wg0"}
