"""Processes and threads, by their state.

Source: proc/PID/stat and proc/PID/task, see proc_pid_stat(5); proc/sys/kernel/threads-max and pid_max.
Unit:   processes and threads. States are the kernel's letters.
Errors: a process or a thread that ends in the meantime is not counted, and costs nothing; a file of another form, or
        one that may not be read, fails the collector.
"""

import os
from collections.abc import Iterator

from motes.exporters.node._attributes import decimal
from motes.exporters.node.host import Host, Tree
from motes.shared.exposition import Family, gauge, labels

# A line of stat is shorter.
_LONGEST = 4096
# Behind the command's name; Linux 2.6.18 has the last of them (delayacct_blkio_ticks).
_FIELDS = 40
_STATE, _THREADS = 0, 17
_GONE = (FileNotFoundError, ProcessLookupError)


class _States:
    """How many there are in each state."""

    def __init__(self) -> None:
        self.all: dict[bytes, int] = {}

    def count(self, state: bytes) -> None:
        self.all[state] = self.all.get(state, 0) + 1

    def samples(self, label: str) -> dict[bytes, int]:
        return {labels(**{label: state}): count for state, count in sorted(self.all.items())}


def collect(host: Host) -> Iterator[Family]:
    processes, threads, allocated = _count(host.proc)
    limit, pids = (host.proc.value(f"sys/kernel/{name}") for name in ("threads-max", "pid_max"))
    yield gauge("node_processes_threads", "Threads.", allocated)
    yield gauge("node_processes_max_threads", "How many threads there may be.", decimal(limit))
    yield gauge("node_processes_state", "Processes, by their state.", processes.samples("state"))
    yield gauge("node_processes_threads_state", "Threads, by their state.", threads.samples("thread_state"))
    yield gauge("node_processes_pids", "Processes.", sum(processes.all.values()))
    yield gauge("node_processes_max_processes", "How many process IDs there may be.", decimal(pids))


def _count(proc: Tree) -> tuple[_States, _States, int]:
    """Processes and threads by their state, and how many threads the processes say that they have."""
    processes, threads = _States(), _States()
    allocated = 0
    for name in os.listdir(proc.path()):
        if not name.isdigit():
            continue
        try:
            state, own = _stat(proc, name)
        except _GONE:
            continue
        processes.count(state)
        allocated += own
        # The kernel's own task would list that one alone.
        tasks = [name] if own == 1 and proc.is_kernels else _tasks(proc, name)
        for each in _threads(proc, name, state, tasks):
            threads.count(each)
    return processes, threads, allocated


def _tasks(proc: Tree, name: str) -> list[str]:
    try:
        return os.listdir(proc.path(f"{name}/task"))
    except _GONE:
        return []


def _threads(proc: Tree, name: str, state: bytes, tasks: list[str]) -> Iterator[bytes]:
    """The states of a process's threads, of which the first has its name, and its state."""
    for task in tasks:
        if task == name:
            yield state
        elif task.isdigit():
            try:
                yield _stat(proc, f"{name}/task/{task}")[0]
            except _GONE:
                pass


def _stat(proc: Tree, folder: str) -> tuple[bytes, int]:
    """The state, and the number of threads. Not by a call of the tree, which would keep the file open."""
    descriptor = os.open(proc.path(f"{folder}/stat"), os.O_RDONLY | os.O_CLOEXEC)
    try:
        line = os.read(descriptor, _LONGEST)
    finally:
        os.close(descriptor)
    # The name may hold anything, brackets included.
    _, bracket, rest = line.rpartition(b")")
    if not bracket or rest.count(b" ") < _FIELDS:
        raise ValueError(f"{folder}/stat: {line!r}")
    fields = rest.split(None, _THREADS + 1)
    return fields[_STATE], int(fields[_THREADS])
