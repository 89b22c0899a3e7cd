"""With the roots elsewhere, nothing is asked of this machine but what no file tells."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from motes.exporters import node
from motes.shared.collector import Collector

from tests.exporters.node.test_machines import MACHINES, ROOTS
from tests.support.tree import unpack

# Why node_exporter's own collectors do so, too.
ASKING = {
    "ethtool": "the drivers are asked, by ioctl or netlink",
    "logind": "a program is asked",
    "ntp": "a program is asked",
    "perf": "the kernel counts only what it is told to count",
    "qdisc": "no file tells",
    "runit": "it has a flag for its folder",
    "supervisord": "a program is asked",
    "systemd": "a program is asked",
    "timex": "no file tells",
    "uname": "no file tells all of it",
    "wifi": "no file tells",
}
_OPENING = frozenset(("open", "os.listdir", "os.scandir"))
_ASKING = frozenset(("socket.__new__", "fcntl.ioctl", "ctypes.dlopen", "ctypes.dlsym"))
_THIS_MACHINES = ("/proc", "/sys", "/etc", "/run", "/var", "/dev")
# To know whether a root is a kernel's own, where descriptors may be kept.
_KNOWING = "/proc/self/mountinfo"


class _Watch:
    """What is opened and asked while it is on. An audit hook stays until the end, so there is one for all."""

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []
        sys.addaudithook(self._look)

    def _look(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.on:
            return
        if event in _OPENING and str(arguments[0]).startswith(_THIS_MACHINES) and arguments[0] != _KNOWING:
            self.seen.append(f"{event} {arguments[0]}")
        elif event in _ASKING:
            self.seen.append(event)


_WATCH = _Watch()


@pytest.fixture
def watch() -> Iterator[_Watch]:
    _WATCH.seen = []
    yield _WATCH
    _WATCH.on = False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("server")
    unpack((MACHINES / "server.tree").read_text(), folder)
    return folder


def collector(name: str, roots: dict[str, object], **flags: object) -> Collector:
    on = {"collector.disable-defaults": True, f"collector.{name}": True}
    (found,) = node.create({**roots, **on, **flags}).collectors
    return found


def collect(watch: _Watch, found: Collector) -> list[str]:
    watch.on = True
    try:
        list(found.collect(0.0))
    except Exception:
        pass  # nothing of the kind there
    watch.on = False
    return watch.seen


@pytest.mark.parametrize("name", node.COLLECTORS)
def test_nothing_is_asked_of_this_machine(name: str, watch: _Watch, server: Path) -> None:
    roots: dict[str, object] = {flag: str(server / below) for flag, below in ROOTS.items()}
    seen = collect(watch, collector(name, roots))
    if name not in ASKING:
        assert not seen


@pytest.mark.parametrize("name", ["arp", "netdev", "network_route", "tcpstat"])
def test_the_kernel_is_asked_at_home(name: str, watch: _Watch) -> None:
    """So the others would have been seen."""
    assert "socket.__new__" in collect(watch, collector(name, {}))


def test_files_at_home_are_seen(watch: _Watch) -> None:
    assert "open /proc/loadavg" in collect(watch, collector("loadavg", {}))
