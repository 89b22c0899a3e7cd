"""The system clock, its time zone and its clock sources.

Source: clock_gettime(2); sys/devices/system/clocksource/clocksource*, see the kernel's timekeeping documentation.
Unit:   seconds since 1970, and seconds east of Greenwich.
Errors: a clock source without its two files fails this collector; a machine without clock sources does not.
"""

from collections.abc import Iterator
from time import localtime, time_ns

from motes.exporters.node.host import Host
from motes.shared.exposition import Family, gauge, labels

_FOLDER = "devices/system/clocksource"


def collect(host: Host) -> Iterator[Family]:
    now = time_ns()
    local = localtime(now // 10**9)
    yield gauge("node_time_seconds", "System time in seconds since epoch (1970).", now / 1e9)
    zone = labels(time_zone=local.tm_zone)
    yield gauge("node_time_zone_offset_seconds", "Offset of the local time from UTC.", {zone: local.tm_gmtoff})
    available, current = _clock_sources(host)
    yield gauge("node_time_clocksource_available_info", "Clock sources that the kernel can use.", available)
    yield gauge("node_time_clocksource_current_info", "The clock source in use.", current)


def _clock_sources(host: Host) -> tuple[dict[bytes, int], dict[bytes, int]]:
    try:
        names = host.sys.names(_FOLDER)
    except FileNotFoundError:
        names = []
    available: dict[bytes, int] = {}
    current: dict[bytes, int] = {}
    prefix = "clocksource"
    for number, name in enumerate(name for name in names if name.startswith(prefix) and name[11:12].isdigit()):
        for source in host.sys(f"{_FOLDER}/{name}/available_clocksource").split():
            available[labels(clocksource=source, device=str(number))] = 1
        source = host.sys.value(f"{_FOLDER}/{name}/current_clocksource")
        current[labels(clocksource=source, device=str(number))] = 1
    return available, current
