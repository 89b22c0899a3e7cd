"""Time that tasks ran on each CPU, and that they waited for it.

Source: proc/schedstat, see the kernel's scheduler/sched-stats: the seventh to ninth number of each CPU's line.
Unit:   seconds, from nanoseconds; timeslices are counted.
Errors: without the file (CONFIG_SCHEDSTATS) there is no data. Lines of another form are left out.
"""

from collections.abc import Iterator
from functools import lru_cache

from motes.exporters.node.host import Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family, counter, labels

_NANOSECONDS = 1e9
_NUMBERS = 9


@lru_cache(maxsize=1024)
def _cpu(number: bytes) -> bytes:
    return labels(cpu=number)


def collect(host: Host) -> Iterator[Family]:
    try:
        content = host.proc("schedstat")
    except FileNotFoundError:
        raise NoData from None
    running: dict[bytes, float] = {}
    waiting: dict[bytes, float] = {}
    timeslices: dict[bytes, bytes] = {}
    for line in content.splitlines():
        if line.startswith(b"cpu"):
            name, *numbers = line.split(b" ", _NUMBERS + 1)[: _NUMBERS + 1]
            if len(numbers) == _NUMBERS and b"".join((name[3:], *numbers)).isdigit():
                cpu = _cpu(name[3:])
                running[cpu] = float(numbers[6]) / _NANOSECONDS
                waiting[cpu] = float(numbers[7]) / _NANOSECONDS
                timeslices[cpu] = numbers[8]
    yield counter("node_schedstat_running_seconds_total", "Seconds that tasks ran on the CPU.", running)
    yield counter("node_schedstat_waiting_seconds_total", "Seconds that tasks waited for the CPU.", waiting)
    yield counter("node_schedstat_timeslices_total", "Timeslices run on the CPU.", timeslices)
