"""The node exporter: /proc and /sys, name for name what node_exporter serves.

Each collector is a module of this package under node_exporter's name for it. It has either
`collect(host)`, or, where something is kept between scrapes, a class `Collector(host)` with `collect()`;
and its own flags in `OPTIONS`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from types import ModuleType

from motes.exporters.node.host import Budget, Host
from motes.shared.collector import Collector
from motes.shared.exposition import Family
from motes.shared.options import PATH, Option

# name -> on by default
COLLECTORS: dict[str, bool] = {
    "conntrack": True,
    "cpu": True,
    "cpufreq": True,
    "diskstats": True,
    "entropy": True,
    "filefd": True,
    "filesystem": True,
    "hwmon": True,
    "loadavg": True,
    "mdadm": True,
    "meminfo": True,
    "netclass": True,
    "netdev": True,
    "netstat": True,
    "os": True,
    "pressure": True,
    "rapl": True,
    "schedstat": True,
    "selinux": True,
    "sockstat": True,
    "softnet": True,
    "stat": True,
    "textfile": True,
    "thermal_zone": True,
    "time": True,
    "timex": True,
    "udp_queues": True,
    "uname": True,
    "vmstat": True,
    "zfs": True,
}

# Their families come from outside; see Collector.claims_last.
FROM_OUTSIDE = frozenset(("textfile",))

ROOTS = (
    Option("path.procfs", PATH, "/proc", "Where procfs is mounted."),
    Option("path.sysfs", PATH, "/sys", "Where sysfs is mounted."),
    Option("path.rootfs", PATH, "/", "Where the root file system is mounted."),
    Option("path.udev.data", PATH, "/run/udev/data", "Where udev keeps its device properties."),
)


def module(name: str) -> ModuleType:
    return import_module(f"motes.exporters.node.{name}")


def options(name: str) -> Sequence[Option]:
    """A collector's own flags. Imports its module."""
    found: Sequence[Option] = getattr(module(name), "OPTIONS", ())
    return found


def load(names: Iterable[str], flags: Mapping[str, object]) -> Iterator[Collector]:
    """The collectors of these names, in this order, under these flags (by full name, all of them there)."""
    budget = Budget()
    for name in names:
        yield _collector(name, Host(flags, budget))


def _collector(name: str, host: Host) -> Collector:
    found = module(name)
    keeping = getattr(found, "Collector", None)
    collect: Callable[[], Iterable[Family]] = keeping(host).collect if keeping else lambda: found.collect(host)

    def by(deadline: float) -> Iterable[Family]:
        host.deadline = deadline
        return collect()

    return Collector("node", name, by, claims_last=name in FROM_OUTSIDE)
