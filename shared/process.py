"""The program's own process, under the names that all Prometheus clients use.

Source: /proc/self/stat and /proc/self/fd, see proc_pid_stat(5); clock ticks and pages become seconds and bytes.
Errors: what the kernel or a sandbox hides fails this collector and no other.
"""

import os
import resource
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from motes.shared.collector import OWN, Collector
from motes.shared.exposition import Family, labels
from motes.shared.frame import Frame

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
_UNLIMITED = 2**64 - 1
_NONE = (b"",)
_FAMILIES = (
    ("counter", "process_cpu_seconds_total", "Processor time, user and system.", _NONE),
    ("gauge", "process_start_time_seconds", "When the process started, Unix time.", _NONE),
    ("gauge", "process_virtual_memory_bytes", "Virtual memory.", _NONE),
    ("gauge", "process_virtual_memory_max_bytes", "Virtual memory allowed.", _NONE),
    ("gauge", "process_resident_memory_bytes", "Resident memory.", _NONE),
    ("gauge", "process_open_fds", "Open file descriptors.", _NONE),
    ("gauge", "process_max_fds", "Open file descriptors allowed.", _NONE),
)


def collector(version: str, more: Callable[[], Iterable[Family]]) -> Collector:
    """`more` gives what else the program has to tell of itself."""
    build = labels(version=version, pythonversion=".".join(map(str, sys.version_info[:3])))
    help = "1, labelled by the version of motes and of its Python."
    frame = Frame([("gauge", "motes_build_info", help, (build,)), *_FAMILIES])

    def collect(deadline: float) -> Iterator[Family]:  # noqa: ARG001 - nothing here takes long
        # The program's name, in parentheses, may hold anything; the third field comes after the last of them.
        fields = _stat().rpartition(b")")[2].split()
        values = (
            (int(fields[11]) + int(fields[12])) / _TICKS,
            _boot_time() + int(fields[19]) / _TICKS,
            int(fields[20]),
            _limit(resource.RLIMIT_AS),
            int(fields[21]) * _PAGE,
            _open_files(),
            _limit(resource.RLIMIT_NOFILE),
        )
        yield frame.fill((1, *values))
        yield from more()

    return Collector(OWN, "process", collect)


def _open_files() -> int:
    # Linux 6.2 tells the number as the folder's size; counting costs as much as three collectors do.
    # Of what is counted, one is the listing's own.
    return os.stat("/proc/self/fd").st_size or len(os.listdir("/proc/self/fd")) - 1


def _limit(which: int) -> int:
    soft = resource.getrlimit(which)[0]
    return _UNLIMITED if soft == resource.RLIM_INFINITY else soft


@cache
def _boot_time() -> int:
    # When it is needed and not before: with systemd's ProcSubset=pid there is no such file.
    with open("/proc/stat", "rb") as lines:
        return next((int(line.split()[1]) for line in lines if line.startswith(b"btime ")), 0)


def _stat() -> bytes:
    descriptor = os.open("/proc/self/stat", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
