"""How the kernel disciplines its clock.

Source: adjtimex(2), asked with no mode set, which changes nothing; linux/timex.h.
Unit:   seconds. The kernel counts offset and jitter in nanoseconds or microseconds (STA_NANO), errors and the
        tick in microseconds, frequencies in parts per million times 2^16.
Errors: no data where a sandbox forbids the call.
"""

from struct import Struct

from motes.exporters.node import _libc
from motes.exporters.node.host import Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family, Value
from motes.shared.frame import Frame

_TIME_ERROR = 5
_STA_NANO = 0x2000
_MICROSECONDS = 1000000.0
_NANOSECONDS = 1000000000.0
_PPM = 1000000.0 * 65536.0

_FIELDS = (
    *("modes", "offset", "freq", "maxerror", "esterror", "status", "constant", "precision", "tolerance", "sec", "usec"),
    *("tick", "ppsfreq", "jitter", "shift", "stabil", "jitcnt", "calcnt", "errcnt", "stbcnt", "tai"),
)
_TIMEX = Struct("@I4li5l3li5li44x")


_FAMILIES = (
    ("gauge", "sync_status", "1 while a reliable server sets the clock, else 0."),
    ("gauge", "offset_seconds", "How far the clock is from its reference."),
    ("gauge", "frequency_adjustment_ratio", "By how much the clock's frequency is adjusted."),
    ("gauge", "maxerror_seconds", "Maximum error of the clock."),
    ("gauge", "estimated_error_seconds", "Estimated error of the clock."),
    ("gauge", "status", "The status bits (STA_ in linux/timex.h), as a number."),
    ("gauge", "loop_time_constant", "Time constant of the phase-locked loop."),
    ("gauge", "tick_seconds", "Time between two clock ticks."),
    ("gauge", "tai_offset_seconds", "How far International Atomic Time is ahead of UTC."),
    ("gauge", "pps_frequency_hertz", "Frequency of the pulse per second."),
    ("gauge", "pps_jitter_seconds", "Jitter of the pulse per second."),
    ("gauge", "pps_shift_seconds", "Duration of a calibration interval (PPS)."),
    ("gauge", "pps_stability_hertz", "Mean of recent frequency changes (PPS)."),
    ("counter", "pps_jitter_total", "How often the jitter was over its limit (PPS)."),
    ("counter", "pps_calibration_total", "Calibration intervals (PPS)."),
    ("counter", "pps_error_total", "Calibration errors (PPS)."),
    ("counter", "pps_stability_exceeded_total", "How often the stability was over its limit (PPS)."),
)


class Collector:
    """Keeps the families' frame, which never changes."""

    def __init__(self, host: Host) -> None:  # noqa: ARG002 - no file tells this
        self._frame = Frame([(kind, f"node_timex_{name}", help, (b"",)) for kind, name, help in _FAMILIES])

    def collect(self) -> list[Family]:
        try:
            clock = adjtimex()
        except PermissionError as error:
            raise NoData from error
        return [self._frame.fill(_values(clock))]


def adjtimex() -> dict[str, int]:
    """struct timex, and what the call returns as `state`."""
    told = _libc.buffer(_TIMEX.size)
    state = _libc.call("adjtimex", told)
    clock = dict(zip(_FIELDS, _TIMEX.unpack(told), strict=True))
    clock["state"] = state
    return clock


def _values(clock: dict[str, int]) -> list[Value]:
    """In the order of the families."""
    unit = _NANOSECONDS if clock["status"] & _STA_NANO else _MICROSECONDS
    return [
        int(clock["state"] != _TIME_ERROR),
        clock["offset"] / unit,
        1 + clock["freq"] / _PPM,
        clock["maxerror"] / _MICROSECONDS,
        clock["esterror"] / _MICROSECONDS,
        clock["status"],
        clock["constant"],
        clock["tick"] / _MICROSECONDS,
        clock["tai"],
        clock["ppsfreq"] / _PPM,
        clock["jitter"] / unit,
        clock["shift"],
        clock["stabil"] / _PPM,
        clock["jitcnt"],
        clock["calcnt"],
        clock["errcnt"],
        clock["stbcnt"],
    ]
