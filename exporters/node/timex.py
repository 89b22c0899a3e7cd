"""How the kernel disciplines its clock.

Source: adjtimex(2), asked with no mode set, which changes nothing; linux/timex.h.
Unit:   seconds. The kernel counts offset and jitter in nanoseconds or microseconds (STA_NANO), errors and the
        tick in microseconds, frequencies in parts per million times 2^16.
Errors: no data where a sandbox forbids the call.
"""

from collections.abc import Iterator
from struct import Struct

from motes.exporters.node import _libc
from motes.exporters.node.host import Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family, counter, gauge

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


def collect(host: Host) -> Iterator[Family]:  # noqa: ARG001 - no file tells this
    try:
        clock = adjtimex()
    except PermissionError as error:
        raise NoData from error
    yield from _discipline(clock)
    yield from _pulse_per_second(clock)


def adjtimex() -> dict[str, int]:
    """struct timex, and what the call returns as `state`."""
    told = _libc.buffer(_TIMEX.size)
    state = _libc.call("adjtimex", told)
    return {"state": state, **dict(zip(_FIELDS, _TIMEX.unpack(told.raw), strict=True))}


def _discipline(clock: dict[str, int]) -> Iterator[Family]:
    synchronized = int(clock["state"] != _TIME_ERROR)
    yield gauge("node_timex_sync_status", "1 while a reliable server sets the clock, else 0.", synchronized)
    yield gauge("node_timex_offset_seconds", "How far the clock is from its reference.", clock["offset"] / _unit(clock))
    ratio = 1 + clock["freq"] / _PPM
    yield gauge("node_timex_frequency_adjustment_ratio", "By how much the clock's frequency is adjusted.", ratio)
    yield gauge("node_timex_maxerror_seconds", "Maximum error of the clock.", clock["maxerror"] / _MICROSECONDS)
    yield gauge(
        "node_timex_estimated_error_seconds", "Estimated error of the clock.", clock["esterror"] / _MICROSECONDS
    )
    yield gauge("node_timex_status", "The status bits (STA_ in linux/timex.h), as a number.", clock["status"])
    yield gauge("node_timex_loop_time_constant", "Time constant of the phase-locked loop.", clock["constant"])
    yield gauge("node_timex_tick_seconds", "Time between two clock ticks.", clock["tick"] / _MICROSECONDS)
    yield gauge("node_timex_tai_offset_seconds", "How far International Atomic Time is ahead of UTC.", clock["tai"])


def _pulse_per_second(clock: dict[str, int]) -> Iterator[Family]:
    pps = "node_timex_pps_"
    yield gauge(f"{pps}frequency_hertz", "Frequency of the pulse per second.", clock["ppsfreq"] / _PPM)
    yield gauge(f"{pps}jitter_seconds", "Jitter of the pulse per second.", clock["jitter"] / _unit(clock))
    yield gauge(f"{pps}shift_seconds", "Duration of a calibration interval (PPS).", clock["shift"])
    yield gauge(f"{pps}stability_hertz", "Mean of recent frequency changes (PPS).", clock["stabil"] / _PPM)
    yield counter(f"{pps}jitter_total", "How often the jitter was over its limit (PPS).", clock["jitcnt"])
    yield counter(f"{pps}calibration_total", "Calibration intervals (PPS).", clock["calcnt"])
    yield counter(f"{pps}error_total", "Calibration errors (PPS).", clock["errcnt"])
    yield counter(
        f"{pps}stability_exceeded_total", "How often the stability was over its limit (PPS).", clock["stbcnt"]
    )


def _unit(clock: dict[str, int]) -> float:
    """What offset and jitter are divided by to make seconds."""
    return _NANOSECONDS if clock["status"] & _STA_NANO else _MICROSECONDS
