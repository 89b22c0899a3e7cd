"""Which process has something: a port, a unix socket, a file.

Source: proc/net/{tcp,tcp6,unix} and proc/PID/fd, see proc(5). Without privilege, others' descriptors are not told.
Errors: what cannot be read is left out.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import pairwise

_TCP = ("/proc/net/tcp", "/proc/net/tcp6")
_LISTENING = "0A"  # TCP_LISTEN, include/net/tcp_states.h
_ACCEPTING = "00010000"  # __SO_ACCEPTCON, see proc_net_unix(5)


class Process:
    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.name = _text(f"/proc/{pid}/comm").strip() or "a process"
        self._words = _text(f"/proc/{pid}/cmdline").split("\0")

    def __str__(self) -> str:
        return f"{self.name} (pid {self.pid})"

    @property
    def is_ours(self) -> bool:
        """Whether it is a program of motes: by its name, as Python's script, or as `python -m`."""
        script = self._words[1:] if _last(self._words[0]).startswith("python") else self._words
        modules = [word for before, word in pairwise(script) if before == "-m"]
        name = _last(next(iter(script), ""))
        return name.startswith(("motesd", "motes-")) or any(word.startswith("motes.") for word in modules)


def listening_on_port(port: int) -> list[Process]:
    rows = [line.split() for path in _TCP for line in _text(path).splitlines()[1:]]
    ending = f":{port:04X}"
    return _with_sockets([row[9] for row in rows if row[3] == _LISTENING and row[1].endswith(ending)])


def listening_on_path(path: str) -> list[Process]:
    rows = [line.split(maxsplit=7) for line in _text("/proc/net/unix").splitlines()[1:]]
    return _with_sockets([row[6] for row in rows if len(row) == 8 and row[3] == _ACCEPTING and row[7] == path])


def having_open(path: str) -> list[Process]:
    """Those, but for this one, that have a file open."""
    real = os.path.realpath(path)
    return [Process(pid) for pid, opened in _descriptors() if real in opened]


def _with_sockets(inodes: Iterable[str]) -> list[Process]:
    wanted = {f"socket:[{inode}]" for inode in inodes}
    return [Process(pid) for pid, opened in _descriptors() if wanted & opened] if wanted else []


def _descriptors() -> Iterator[tuple[int, set[str]]]:
    """Each other process that may be looked into, with what it has open."""
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid() and (opened := _opened(f"/proc/{name}/fd")):
            yield int(name), opened


def _opened(folder: str) -> set[str]:
    try:
        return {_link(entry.path) for entry in os.scandir(folder)}
    except OSError:
        return set()


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
