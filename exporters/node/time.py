"""The system clock, its time zone and its clock sources.

Source: clock_gettime(2); sys/devices/system/clocksource/clocksource*, see the kernel's timekeeping documentation.
Unit:   seconds since 1970, and seconds east of Greenwich.
Errors: a clock source without its two files fails this collector; a machine without clock sources does not.
"""

from functools import lru_cache
from time import localtime, time_ns

from motes.exporters.node.host import Host
from motes.shared.exposition import Family, labels
from motes.shared.frame import Frame

_FOLDER = "devices/system/clocksource"
_PREFIX = "clocksource"


class Collector:
    """Keeps which clock source devices there are, once there are any: the kernel makes them at boot and never after."""

    def __init__(self, host: Host) -> None:
        self._sys = host.sys
        self._devices: list[str] = []

    def collect(self) -> list[Family]:
        now = time_ns()
        local = localtime(now // 10**9)
        if not self._devices:
            self._devices = self._find()
        available = tuple([self._sys(f"{device}/available_clocksource") for device in self._devices])
        current = tuple([self._sys(f"{device}/current_clocksource") for device in self._devices])
        frame = _frame(local.tm_zone, available, current)
        return [frame.fill([now / 1e9, local.tm_gmtoff, *[1] * (frame.size - 2)])]

    def _find(self) -> list[str]:
        try:
            names = self._sys.names(_FOLDER)
        except FileNotFoundError:
            return []
        return [f"{_FOLDER}/{name}" for name in names if name.startswith(_PREFIX) and name[11:12].isdigit()]


@lru_cache(maxsize=2)
def _frame(zone: str, available: tuple[bytes, ...], current: tuple[bytes, ...]) -> Frame:
    """The layout of the four families. `available` and `current` are the files of each device."""
    usable = {
        labels(clocksource=source, device=str(number)): 1
        for number, sources in enumerate(available)
        for source in sources.split()
    }
    used = [labels(clocksource=source.strip(), device=str(number)) for number, source in enumerate(current)]
    return Frame(
        (
            ("gauge", "node_time_seconds", "System time in seconds since epoch (1970).", (b"",)),
            ("gauge", "node_time_zone_offset_seconds", "Offset of the local time from UTC.", (labels(time_zone=zone),)),
            ("gauge", "node_time_clocksource_available_info", "Clock sources that the kernel can use.", tuple(usable)),
            ("gauge", "node_time_clocksource_current_info", "The clock source in use.", used),
        )
    )
