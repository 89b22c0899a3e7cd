"""Time that tasks ran on each CPU, and that they waited for it.

Source: proc/schedstat, see the kernel's scheduler/sched-stats: the seventh to ninth number of each CPU's line.
Unit:   seconds, from nanoseconds; timeslices are counted.
Errors: without the file (CONFIG_SCHEDSTATS) there is no data. Lines of another form are left out.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from motes.exporters.node.host import Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family, counter, labels

_NANOSECONDS = 1e9
_CPU = re.compile(rb"^cpu(\d+)(?: \d+){6} (\d+) (\d+) (\d+)(?!\S)", re.MULTILINE)


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
    for number, ran, waited, slices in _CPU.findall(content):
        cpu = _cpu(number)
        running[cpu] = float(ran) / _NANOSECONDS
        waiting[cpu] = float(waited) / _NANOSECONDS
        timeslices[cpu] = slices
    yield counter("node_schedstat_running_seconds_total", "Seconds that tasks ran on the CPU.", running)
    yield counter("node_schedstat_waiting_seconds_total", "Seconds that tasks waited for the CPU.", waiting)
    yield counter("node_schedstat_timeslices_total", "Timeslices run on the CPU.", timeslices)
