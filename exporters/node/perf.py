"""Events that the kernel and the processor count on each CPU: cycles, cache misses, page faults, tracepoints.

Source: perf_event_open(2), see _perf.py and _perf_events.py; a tracepoint's number from tracefs, see the kernel's
        trace/events; the CPUs from sys/devices/system/cpu/online.
Unit:   events since the first collection, anew when a CPU comes or goes. A processor that counts fewer events at once
        than it is asked for counts each of them only part of the time, and so do these numbers.
Errors: no data where the kernel has no such call. Events that the machine does not count are left out, as in
        node_exporter; being forbidden to, having too few files for all of them, and a tracepoint that is not there fail
        the collector.
"""

import errno
import os
import resource
from collections.abc import Iterator, Sequence
from itertools import chain

from motes.exporters.node import _cpus
from motes.exporters.node._perf import TRACEPOINT, Counter
from motes.exporters.node._perf_events import PROFILERS
from motes.exporters.node.host import Host, Tree
from motes.shared.collector import Failed, NoData
from motes.shared.exposition import Family, labels
from motes.shared.frame import Frame
from motes.shared.options import BOOLEAN, Kind, Option, choice

_PREFIX = "collector.perf."
_CPUS, _TRACEPOINTS = _PREFIX + "cpus", _PREFIX + "tracepoint"
# The kernel's answers for what it may not tell, whatever is asked.
_REFUSALS = frozenset((errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.ENOMEM))
# More than any kernel has.
_LARGEST_CPU = 1 << 16
# Kind and number for the kernel, family without its prefix, HELP.
_Event = tuple[int, int, str, str]
_TRACING = ("kernel/tracing/events", "kernel/debug/tracing/events")


def _parse_cpus(word: str) -> tuple[int, ...]:
    """0,2-6,10-20:5"""
    try:
        return tuple(cpu for part in word.split(",") if word for cpu in _range(part))
    except ValueError:
        raise ValueError(f'"{word}" is not a list of CPUs such as 0,2-6 or 10-20:5') from None


def _range(part: str) -> range:
    ends, _, stride = part.partition(":")
    first, dash, last = ends.partition("-")
    found = range(int(first), int(last if dash else first) + 1, int(stride or "1"))
    if not found or found[-1] > _LARGEST_CPU or (stride and not dash):
        raise ValueError
    return found


def _parse_tracepoint(word: str) -> tuple[str, str]:
    group, _, name = word.partition(":")
    if not ("_" + group).isidentifier() or not ("_" + name).isidentifier() or not group or not name:
        raise ValueError(f'"{word}" is not a tracepoint such as sched:sched_process_exec')
    return group, name


def _show_cpus(cpus: Sequence[int]) -> str:
    return ",".join(map(str, cpus))


OPTIONS = (
    Option(_CPUS, Kind("CPU,…", _parse_cpus, show=_show_cpus), (), "CPUs to count on, such as 0,2-6; all by default."),
    Option(
        *(_TRACEPOINTS, Kind("GROUP:NAME", _parse_tracepoint, show=":".join), ()),
        "Tracepoint to count.",
        repeatable=True,
    ),
    *(
        Option(f"{_PREFIX}disable-{name}-profilers", BOOLEAN, False, f"Count none of the {name} events.")
        for name in PROFILERS
    ),
    *(
        Option(f"{_PREFIX}{name}-profilers", choice(*events), (), f"Of the {name} events, count this.", repeatable=True)
        for name, (_, events) in PROFILERS.items()
    ),
)


class Collector:
    """Keeps the counters, which count only while they are kept, until other CPUs are online."""

    def __init__(self, host: Host) -> None:
        self._sys = host.sys
        self._given: Sequence[int] = host.flags[_CPUS]
        self._tracepoints: Sequence[tuple[str, str]] = host.flags[_TRACEPOINTS]
        self._events = [event for name in PROFILERS for event in _wanted(host, name)]
        self._online: bytes | None = None
        self._counters: list[Counter] = []
        self._frame = Frame(())

    def collect(self) -> list[Family]:
        online = _online(self._sys)
        if online != self._online:
            self._open(online)
        return [self._frame.fill([counter.count() for counter in self._counters])]

    def _open(self, online: bytes) -> None:
        self._online, self._counters = None, []
        cpus = self._given or _cpus.numbers(online)
        tracepoints = [_tracepoint(self._sys, *each) for each in self._tracepoints]
        _check_files((len(self._events) + len(tracepoints)) * len(cpus))
        counted = [(event, _counters(event, cpus)) for event in [*self._events, *tracepoints]]
        self._frame = Frame(
            [
                ("counter", f"node_perf_{family}", help, [labels(cpu=str(cpu)) for cpu in counters])
                for (_, _, family, help), counters in counted
            ]
        )
        self._counters = list(chain.from_iterable([counters.values() for _, counters in counted]))
        self._online = online


def _online(sys: Tree) -> bytes:
    try:
        return sys(f"{_cpus.FOLDER}/online")
    except FileNotFoundError:
        return b"0-%d" % ((os.cpu_count() or 1) - 1)  # a kernel for one CPU, or a /sys that is masked


def _wanted(host: Host, name: str) -> Iterator[_Event]:
    if not host.flags[f"{_PREFIX}disable-{name}-profilers"]:
        kind, events = PROFILERS[name]
        chosen = frozenset(host.flags[f"{_PREFIX}{name}-profilers"])
        yield from [(kind, *event) for flag, event in events.items() if not chosen or flag in chosen]


def _tracepoint(sys: Tree, group: str, name: str) -> _Event:
    for folder in _TRACING:
        if sys.exists(f"{folder}/{group}/{name}/id"):
            number = int(sys.value(f"{folder}/{group}/{name}/id"))
            return TRACEPOINT, number, f"{group}_{name}", f"Tracepoint {group}:{name}."
    raise Failed(f"there is no tracepoint {group}:{name} in {' or '.join(map(sys.path, _TRACING))}")


def _check_files(counters: int) -> None:
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if allowed != resource.RLIM_INFINITY and counters > allowed // 2:
        raise Failed(
            f"{counters} counters are too many for the {allowed} files that may be open: "
            f"choose some with --{_CPUS} or --{_PREFIX}hardware-profilers and the like"
        )


def _counters(event: _Event, cpus: Sequence[int]) -> dict[int, Counter]:
    """By CPU, as far as the machine counts this."""
    kind, config, _, _ = event
    found = {}
    for cpu in cpus:
        try:
            found[cpu] = opened(kind, config, cpu)
        except OSError as error:
            if error.errno == errno.ENOSYS:
                raise NoData from None
            if error.errno in _REFUSALS or kind == TRACEPOINT:
                raise
    return found


def opened(kind: int, config: int, cpu: int) -> Counter:
    return Counter(kind, config, cpu)
