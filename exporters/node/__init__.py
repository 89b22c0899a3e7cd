"""The node exporter: /proc and /sys, name for name what node_exporter serves.

Each collector is a module of this package under node_exporter's name for it. It has either
`collect(host)`, or, where something is kept between scrapes, a class `Collector(host)` with `collect()`;
and its own flags in `OPTIONS`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from types import ModuleType

from motes.exporters.node.host import Budget, Host
from motes.shared.collector import Collector
from motes.shared.exposition import Family
from motes.shared.options import BOOLEAN, PATH, Catalogue, Option
from motes.shared.plugin import Exporter, Plugin

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

DISABLE_DEFAULTS = Option("collector.disable-defaults", BOOLEAN, False, "Only the collectors that are named are on.")
SWITCHES = [
    Option(f"collector.{name}", BOOLEAN, on, f"The {name} collector.", hidden=True) for name, on in COLLECTORS.items()
]


def module(name: str) -> ModuleType:
    return import_module(f"motes.exporters.node.{name}")


def options(name: str) -> Sequence[Option]:
    """A collector's own flags. Imports its module."""
    found: Sequence[Option] = getattr(module(name), "OPTIONS", ())
    return found


def _options_for(flag: str) -> Sequence[Option]:
    """The flags of the collector that a flag's name begins with; of all of them where that names none."""
    table, _, rest = flag.partition(".")
    name = rest.partition(".")[0]
    if table != "collector":
        return ()
    return options(name) if name in COLLECTORS else _all_options()


def _all_options() -> Sequence[Option]:
    return [option for name in COLLECTORS for option in options(name)]


def enabled(values: Mapping[str, object]) -> Sequence[str]:
    """The collectors that are on, in the order of the table."""
    default = not values.get(DISABLE_DEFAULTS.name)
    return [name for name, on in COLLECTORS.items() if values.get(f"collector.{name}", default and on)]


def create(values: Mapping[str, object]) -> Exporter:
    """An exporter from the values that were given; the rest are defaults. ValueError for flags that exclude others."""
    names = enabled(values)
    own = [option for name in names for option in options(name)]
    flags = {option.name: option.default for option in [*ROOTS, *own]} | dict(values)
    budget = Budget()
    hosts = {name: Host(flags, budget) for name in names}

    def close() -> None:
        for host in hosts.values():
            host.close()

    return Exporter([_collector(name, host) for name, host in hosts.items()], close)


def _collector(name: str, host: Host) -> Collector:
    found = module(name)
    keeping = getattr(found, "Collector", None)
    collect: Callable[[], Iterable[Family]] = keeping(host).collect if keeping else lambda: found.collect(host)

    def by(deadline: float) -> Iterable[Family]:
        host.deadline = deadline
        return collect()

    return Collector("node", name, by, claims_last=name in FROM_OUTSIDE)


PLUGIN = Plugin(
    "node",
    Catalogue([*ROOTS, DISABLE_DEFAULTS, *SWITCHES], _options_for, _all_options),
    create,
    telemetry=("node_scrape_collector", "collector"),
)
