"""The program's own process, under the names that all Prometheus clients use.

Source: /proc/self/stat and /proc/self/fd, see proc_pid_stat(5); clock ticks and pages become seconds and bytes.
Errors: what the kernel or a sandbox hides fails this collector and no other.
"""

import os
import resource
import sys
from collections.abc import Callable, Iterable, Iterator

from motes.shared.collector import Collector
from motes.shared.exposition import Family, counter, gauge, labels

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
_UNLIMITED = 2**64 - 1


def collector(version: str, more: Callable[[], Iterable[Family]]) -> Collector:
    """`more` gives what else the program has to tell of itself."""
    python = ".".join(map(str, sys.version_info[:3]))
    build = labels(version=version, pythonversion=python)
    booted = _boot_time()

    def collect(deadline: float) -> Iterator[Family]:  # noqa: ARG001 - nothing here takes long
        yield gauge("motes_build_info", "1, labelled by the version of motes and of its Python.", {build: 1})
        yield from _process(booted)
        yield from more()

    return Collector("motes", "process", collect)


def _process(booted: int) -> Iterator[Family]:
    # The program's name, in parentheses, may hold anything; the third field comes after the last of them.
    fields = _stat().rpartition(b")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    yield counter("process_cpu_seconds_total", "Processor time, user and system.", ticks / _TICKS)
    yield gauge("process_start_time_seconds", "When the process started, Unix time.", booted + int(fields[19]) / _TICKS)
    yield gauge("process_virtual_memory_bytes", "Virtual memory.", fields[20])
    yield gauge("process_virtual_memory_max_bytes", "Virtual memory allowed.", _limit(resource.RLIMIT_AS))
    yield gauge("process_resident_memory_bytes", "Resident memory.", int(fields[21]) * _PAGE)
    # One of them is the listing's own.
    yield gauge("process_open_fds", "Open file descriptors.", len(os.listdir("/proc/self/fd")) - 1)
    yield gauge("process_max_fds", "Open file descriptors allowed.", _limit(resource.RLIMIT_NOFILE))


def _limit(which: int) -> int:
    soft = resource.getrlimit(which)[0]
    return _UNLIMITED if soft == resource.RLIM_INFINITY else soft


def _boot_time() -> int:
    with open("/proc/stat", "rb") as lines:
        return next((int(line.split()[1]) for line in lines if line.startswith(b"btime ")), 0)


def _stat() -> bytes:
    with open("/proc/self/stat", "rb", buffering=0) as file:
        return file.read()
