"""What the node exporter sees from inside of its unit: as much as node_exporter does beside it, as root and unconfined.

Debian's, in the same boot, with the same flags; as in tests/e2e/test_node_exporter.py.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.test_node_exporter import ALL, COLLECTORS, DEFAULTS, exceptions
from tests.support.comparison import settle, told
from tests.support.counterparts import node_exporter
from tests.support.nspawn import NAME, Machine
from tests.support.units import page, serves

# Mounts that are left out by default, too: of these, the service has its own. And units as theirs has them by default.
EXCLUDED = ("--collector.filesystem.mount-points-exclude=", "^/(dev|proc|sys)($|/)")
FLAGS = [
    "--collector.disable-defaults",
    *[on for on in COLLECTORS if on != "--collector.textfile"],
    *[flag for flag in ALL if not flag.startswith(EXCLUDED[0])],
    "".join(EXCLUDED),
    r"--collector.systemd.unit-exclude=.+\.(automount|device|mount|scope|slice|target)",
]
NEWER = {r"node_systemd_virtualization_info\{.*": "a newer release tells of it"}
UNPRIVILEGED = {
    r"node_perf_.*": "counting what all processors do is for root",
    r"node_slabinfo_.*": "only root may read it",
}
FAILING = {r"node_scrape_collector_success\{collector='(perf|slabinfo)'\}": "likewise"}
ARGS = "/etc/default/motes-node"
RAPL = "/usr/share/doc/motes-node/examples/rapl.conf"
DROP_INS = "/etc/systemd/system/motes-node.service.d"


@pytest.fixture
def flags(machine: Machine) -> Iterator[list[str]]:
    """All collectors that both have; the service has them as well."""
    machine.write(ARGS, f"ARGS='{' '.join(FLAGS)}'\n")
    machine.run("systemctl", "restart", "motes-node")
    yield FLAGS
    machine.path(ARGS).unlink()
    machine.run("systemctl", "restart", "motes-node")


@pytest.fixture
def mounts(machine: Machine) -> Iterator[None]:
    """Some that come after the service has started, where it is that others are hidden."""
    folders = ["/home/data", "/srv/data", "/run/user/data"]
    machine.run("mkdir", "-p", *folders)
    for folder in folders:
        machine.run("mount", "-t", "tmpfs", "-o", f"size={len(folder)}m,nr_inodes=77", "data", folder)
    yield
    for folder in folders:
        machine.run("umount", folder)


@pytest.fixture
def renamed(machine: Machine) -> Iterator[None]:
    machine.run("hostname", "another")
    yield
    machine.run("hostname", NAME)


@pytest.mark.usefixtures("mounts", "renamed")
def test_as_much_as_node_exporter(machine: Machine, flags: list[str], tmp_path: Path) -> None:
    serves(machine, "motes-node")
    with node_exporter(tmp_path / "log", *flags, machine=machine) as theirs:
        allowed = exceptions(DEFAULTS, NEWER, UNPRIVILEGED, FAILING)
        left = settle(lambda: page(machine, 9100), lambda: theirs.get("/metrics"), allowed)
    assert not left, told(left)


def test_a_drop_in_has_it_read_what_is_for_root(machine: Machine) -> None:
    """As rapl's counters are, of which virtual machines have none."""
    machine.write("/var/lib/texts/it.prom", "only_for_root 1\n")
    machine.run("chmod", "600", "/var/lib/texts/it.prom")
    machine.write(ARGS, "ARGS=--collector.textfile.directory=/var/lib/texts\n")
    machine.run("systemctl", "restart", "motes-node")
    serves(machine, "motes-node")
    assert "only_for_root" not in page(machine, 9100)
    machine.run("install", "-D", "-m", "644", "-t", DROP_INS, RAPL)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", "motes-node")
    serves(machine, "motes-node")
    assert "only_for_root 1\n" in page(machine, 9100)
    machine.run("rm", "-r", ARGS, DROP_INS)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", "motes-node")
