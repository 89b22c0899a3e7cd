"""A container that was given the host's files under other folders tells of that host, and of itself nothing."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from motes.exporters import node

from tests.exporters.node.test_machines import CALLING
from tests.support.comparison import Exceptions, settle, told
from tests.support.namespaces import Host
from tests.support.program import motes_node

_FROM_FILES = [f"--collector.{name}" for name in node.COLLECTORS if name == "filesystem" or name not in CALLING]
_FLAGS = [
    "--collector.disable-defaults",
    *_FROM_FILES,
    # The container of this test has a /run of its own before it is given the host's files.
    "--collector.filesystem.mount-points-exclude=^/(dev|proc|run|sys)($|/)",
]
# What netlink tells on the host, and no file tells the container.
_NETLINK = {
    r"node_network_receive_nohandler_total\{.*": "not in net/dev",
    r"node_network_route_info\{.*": "net/route tells neither protocol nor source",
    r"node_tcp_connection_states\{state='tx_queued_bytes'\}": "net/tcp tells of no backlog",
    r"node_rapl_joules_total\{.*": "has the folder in a label",
}
_MOVING = {
    r"(motes|process)_.*": "another process",
    r"node_scrape_collector_duration_seconds\{.*": "each takes its own time",
    r"node_processes_.*": "one starts, and another ends",
    r"node_(netstat_Tcp_CurrEstab|sockstat_(TCP|sockets)_.*|tcp_connection_states)\{.*": "who asks is connected",
    r"node_slabinfo_.*": "one of them is being looked at",
}


class Container:
    """A network and mounts of its own, with the host's /proc, /sys and / bound below a folder."""

    def __init__(self, folder: Path) -> None:
        self._host = Host()
        try:
            self._host.ip("link add inside0 type veth peer name inside1", "address add 10.7.7.7/24 dev inside0")
            for name, source in {"root": "/", "sys": "/sys", "proc": "/proc"}.items():
                (folder / name).mkdir(parents=True)
                self._host.run("mount", "--rbind", source, str(folder / name))
            self._host.run("mount", "-t", "tmpfs", "-o", "size=1m", "inside", "/mnt")
        except BaseException:
            self.close()
            raise
        self.flags = [f"--path.{name}fs={folder / name}" for name in ("proc", "sys", "root")]

    def start(self, *command: str, log: Path, **environment: str) -> subprocess.Popen[bytes]:
        assigned = [f"{name}={value}" for name, value in environment.items()]
        return self._host.start("env", *assigned, *command, log=log)

    def attempt(self, *command: str) -> subprocess.CompletedProcess[str]:
        return self._host.attempt(*command)

    def close(self) -> None:
        self._host.close()


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    made = Container(tmp_path / "host")
    yield made
    made.close()


def test_a_container_tells_of_its_host(container: Container, tmp_path: Path) -> None:
    either = _NETLINK | _MOVING
    allowed = Exceptions(ours=either, theirs=either, values=either, labels={}, newer=())
    with (
        motes_node(tmp_path / "inside.log", *_FLAGS, *container.flags, machine=container) as inside,
        motes_node(tmp_path / "outside.log", *_FLAGS) as outside,
    ):
        left = settle(lambda: inside.get("/metrics"), lambda: outside.get("/metrics"), allowed)
        page = inside.get("/metrics")
    assert not left, told(left)
    assert 'device="lo"' in page
    assert "inside" not in page


def test_without_other_roots_it_tells_of_itself(container: Container, tmp_path: Path) -> None:
    """So it would have been seen."""
    with motes_node(tmp_path / "log", *_FLAGS, machine=container) as inside:
        assert 'device="inside0"' in inside.get("/metrics")
