"""Whether a browser has a profile, by two witnesses, each of which is asked and not believed.

The browser holds a POSIX lock on `.parentlock` for as long as it lives; the kernel is asked for that, which also sees
into other process name spaces (flatpak's). And it makes a link `lock` to `ADDRESS:+PID`, which stays behind when it is
killed; the process is looked for, for the number may be another's by now.

Source: nsProfileLock in Firefox; fcntl(2) for F_GETLK; proc_pid_stat(5), proc_pid_status(5).
Unit:   seconds; nanoseconds of Unix time for when the link was made.
Errors: what cannot be read, or is not there, is no witness.
"""

import fcntl
import os
import struct
import time

from motes.exporters.firefox_tabs.opening import Folder, there
from motes.exporters.firefox_tabs.problems import Failure, Gone

_LINK, _FILE = "lock", ".parentlock"
# struct flock: type, whence, start, length, and who holds it. Python's has 64-bit offsets everywhere.
_FLOCK = "hhqqi0q"
# The beginnings of the main process's names; a browser's other processes have names of their own.
_BROWSERS = ("firefox", "geckomain", "librewolf", "waterfox", "zen", "floorp")
# A process is older than the link that it makes, as far as clocks that are set and times that are rounded tell.
_SLACK = 60.0
_LONGEST_PID = 10


class Locks:
    def __init__(self, proc: str = "/proc") -> None:
        self._proc = proc

    def running(self, folder: Folder) -> bool | None:
        """Whether a browser has the profile in this folder; None where there is no witness."""
        held = _held(folder)
        target, linked = _link(folder)
        alive = None if target is None else self._alive(target, linked, folder.owner)
        if held or alive:
            return True
        return None if held is None and alive is None else False

    def _alive(self, target: str, linked: int, owner: int) -> bool | None:
        """Whether the process that the link names is a browser of the owner's; None for a link that names none."""
        pid = target.rpartition(":")[2].removeprefix("+")
        if not (pid.isascii() and pid.isdigit() and len(pid) <= _LONGEST_PID):
            return None
        try:
            status = self._read(pid, "status")
            started = int(self._read(pid, "stat").rpartition(")")[2].split()[19])
        except (OSError, IndexError, ValueError):
            return False
        told = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        name = told.get("Name", "").strip().lstrip(".").lower()
        dead = told.get("State", "").strip()[:1] in ("Z", "X")
        theirs = told.get("Uid", "").split()[:1] == [str(owner)]
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - started / os.sysconf("SC_CLK_TCK")
        return theirs and not dead and name.startswith(_BROWSERS) and age > time.time() - linked / 1e9 - _SLACK

    def _read(self, pid: str, name: str) -> str:
        with open(f"{self._proc}/{pid}/{name}", encoding="utf-8", errors="replace") as file:
            return file.read()


def _held(folder: Folder) -> bool | None:
    """Whether somebody holds the lock."""
    try:
        with folder.open(_FILE) as file:
            asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind: int = struct.unpack(_FLOCK, fcntl.fcntl(file.number, fcntl.F_GETLK, asked))[0]
            return kind != fcntl.F_UNLCK
    except (Gone, Failure, OSError):
        return None


def _link(folder: Folder) -> tuple[str | None, int]:
    """Where the link leads, and when it was made."""
    try:
        found = there(folder, _LINK)
        return (None, 0) if found is None else (folder.read_link(_LINK), found.st_mtime_ns)
    except (Gone, Failure):
        return None, 0
