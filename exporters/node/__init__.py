"""The node exporter: /proc and /sys, name for name what node_exporter serves.

Each collector is a module of this package under node_exporter's name for it. It has either
`collect(host)`, or, where something is kept between scrapes, a class `Collector(host)` with `collect()`;
and its own flags in `OPTIONS`.
"""

import resource
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib import import_module
from types import ModuleType

from motes.exporters.node import _absence
from motes.exporters.node.host import KEPT_FILES, Budget, Host, Shared
from motes.shared.collector import Collector, NoData
from motes.shared.exposition import Family
from motes.shared.options import BOOLEAN, FOLDER, PATH, Catalogue, Option
from motes.shared.plugin import Exporter, Plugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.finding import Finding

# name -> on by default
COLLECTORS: dict[str, bool] = {
    "arp": True,
    "bcache": True,
    "bcachefs": True,
    "bonding": True,
    "btrfs": True,
    "buddyinfo": False,
    "cgroups": False,
    "conntrack": True,
    "cpu": True,
    "cpu_vulnerabilities": False,
    "cpufreq": True,
    "diskstats": True,
    "dmi": True,
    "dmmultipath": True,
    "drbd": False,
    "drm": False,
    "edac": True,
    "entropy": True,
    "ethtool": False,
    "fibrechannel": True,
    "filefd": True,
    "filesystem": True,
    "hwmon": True,
    "infiniband": True,
    "interrupts": False,
    "ipvs": True,
    "kernel_hung": True,
    "ksmd": False,
    "lnstat": False,
    "loadavg": True,
    "logind": False,
    "mdadm": True,
    "meminfo": True,
    "meminfo_numa": False,
    "mountstats": False,
    "netclass": True,
    "netdev": True,
    "netstat": True,
    "network_route": False,
    "nfs": True,
    "nfsd": True,
    "ntp": False,
    "nvme": True,
    "nvmesubsystem": False,
    "os": True,
    "pcidevice": False,
    "perf": False,
    "powersupplyclass": True,
    "pressure": True,
    "processes": False,
    "qdisc": False,
    "rapl": True,
    "runit": False,
    "schedstat": True,
    "selinux": True,
    "slabinfo": False,
    "sockstat": True,
    "softirqs": False,
    "softnet": True,
    "stat": True,
    "supervisord": False,
    "swap": False,
    "sysctl": False,
    "systemd": False,
    "tapestats": True,
    "tcpstat": False,
    "textfile": True,
    "thermal_zone": True,
    "time": True,
    "timex": True,
    "udp_queues": True,
    "uname": True,
    "vmstat": True,
    "watchdog": True,
    "wifi": False,
    "xfrm": False,
    "xfs": True,
    "zfs": True,
    "zoneinfo": False,
}

# Their families come from outside; see Collector.claims_last.
FROM_OUTSIDE = frozenset(("textfile",))

ROOTS = (
    Option("path.procfs", FOLDER, "/proc", "Where procfs is mounted."),
    Option("path.sysfs", FOLDER, "/sys", "Where sysfs is mounted."),
    Option("path.rootfs", FOLDER, "/", "Where the root file system is mounted."),
    Option("path.udev.data", PATH, "/run/udev/data", "Where udev keeps its device properties."),
)

DISABLE_DEFAULTS = Option(
    "collector.disable-defaults", BOOLEAN, False, "Only those collectors are on that are named, as in --collector.cpu."
)
SWITCHES = [
    Option(f"collector.{name}", BOOLEAN, default, f"The {name} collector.", hidden=True)
    for name, default in COLLECTORS.items()
]
_SWITCHES = frozenset((DISABLE_DEFAULTS.name, *[option.name for option in SWITCHES]))


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


def _everything() -> Sequence[Option]:
    """For --help, which tells of all the switches at once."""
    on, off = ([name for name, default in COLLECTORS.items() if default is which] for which in (True, False))
    help = f"Turn a collector on or off. On by default: {', '.join(on)}. Off: {', '.join(off) or 'none'}."
    return [Option("collector.NAME", BOOLEAN, True, help), *_all_options()]


def enabled(values: Mapping[str, object]) -> Sequence[str]:
    """The collectors that are on, in the order of the table."""
    default = not values.get(DISABLE_DEFAULTS.name)
    return [name for name, on in COLLECTORS.items() if values.get(f"collector.{name}", default and on)]


def create(values: Mapping[str, object]) -> Exporter:
    """An exporter from the values that were given; the rest are defaults. ValueError for flags that exclude others."""
    names = enabled(values)
    flags = {option.name: option.default for option in ROOTS} | dict(values)
    budget, shared = Budget(_files_to_keep()), Shared()
    hosts = {name: Host(flags, budget, shared) for name in names}

    def close() -> None:
        for host in hosts.values():
            host.close()

    return Exporter([_collector(name, host) for name, host in hosts.items()], close)


def _files_to_keep() -> int:
    """Where few descriptors are allowed, most are left to connections and to files that are opened anew."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return KEPT_FILES if allowed == resource.RLIM_INFINITY else min(KEPT_FILES, allowed // 4)


def _collector(name: str, host: Host) -> Collector:
    collect = None if name in _absence.NAMES and not _has_flags(name, host) else _loaded(name, host)

    def by(deadline: float) -> Iterable[Family]:
        nonlocal collect
        host.deadline = deadline
        if collect is None:
            if _absence.is_absent(name, host):
                return _nothing(name)
            collect = _loaded(name, host)
        return collect()

    return Collector("node", name, by, claims_last=name in FROM_OUTSIDE)


def _has_flags(name: str, host: Host) -> bool:
    """Whether flags of its own were given: they may be wrong together, which is to be told at the start."""
    given = [flag for flag in host.flags if flag.startswith("collector.") and flag not in _SWITCHES]
    # --collector.powersupply.ignored-supplies is powersupplyclass's.
    return any(name.startswith(flag.split(".")[1]) for flag in given)


def _loaded(name: str, host: Host) -> Callable[[], Iterable[Family]]:
    found = module(name)
    host.flags = {option.name: option.default for option in options(name)} | dict(host.flags)
    keeping = getattr(found, "Collector", None)
    return keeping(host).collect if keeping else partial(found.collect, host)


def _nothing(name: str) -> Iterable[Family]:
    if name in _absence.CONTENT:
        return ()
    raise NoData


def _needs(values: Mapping[str, object]) -> "Iterable[Finding]":
    from motes.exporters.node import needs  # noqa: PLC0415 - for `motes doctor` alone

    return needs.needs(values)


PLUGIN = Plugin(
    "node",
    Catalogue([*ROOTS, DISABLE_DEFAULTS, *SWITCHES], _options_for, _everything),
    create,
    telemetry=("node_scrape_collector", "collector"),
    needs=_needs,
)
