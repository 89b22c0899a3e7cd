"""Text files with metrics: where they are, and what one of them holds.

Errors: what is wrong with a file is kept with it, as text; a folder that cannot be listed raises OSError.
"""

import os
import re
import stat
import time
from collections.abc import Iterable

from motes.shared.textformat import TextFamily, parse

MOST_BYTES = 8 << 20
# A file may be written once more within the resolution of its time stamp, which is a timer tick or two seconds (FAT).
_SETTLED = 2.0
_MAGIC = re.compile(r"[*?\[\\]")

_Stamp = tuple[int, int, int, int]


class TextFile:
    """What one file held, or why nothing; `stamp` is None while the file must be read again each time."""

    __slots__ = ("error", "families", "modified", "stamp")

    def __init__(self, path: str) -> None:
        self.families: dict[str, TextFamily] = {}
        self.error = ""
        self.stamp: _Stamp | None = None
        self.modified = 0
        try:
            self.families = parse(self._read(path))
        except OSError as error:
            self.error = error.strerror or str(error)
        except ValueError as error:
            self.error = str(error)

    def is_of(self, path: str) -> bool:
        """Whether the file is still what was read."""
        try:
            return self.stamp is not None and self.stamp == _stamp(os.stat(path))
        except OSError:
            return False

    def _read(self, path: str) -> bytes:
        # A FIFO that nobody writes to would wait.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise ValueError("it is no regular file")
            content = file.read(MOST_BYTES + 1)
        self.modified = status.st_mtime_ns // 1_000_000_000
        if time.time() - status.st_mtime > _SETTLED:
            self.stamp = _stamp(status)
        if len(content) > MOST_BYTES:
            raise ValueError(f"it is larger than {MOST_BYTES} bytes")
        return content


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def folders(patterns: Iterable[str]) -> list[str]:
    """The folders that the patterns name; a pattern that matches nothing stands for itself."""
    found = [folder for pattern in patterns if pattern for folder in _matching(pattern) or [pattern]]
    return list(dict.fromkeys(found))


def _matching(pattern: str) -> list[str]:
    if not _MAGIC.search(pattern):
        return [pattern]
    from glob import glob  # noqa: PLC0415 - for patterns only

    # Go's patterns quote with a backslash and negate a class with ^.
    python = re.sub(r"\\(.)|\[\^", lambda found: f"[{found[1]}]" if found[1] else "[!", pattern)
    return sorted(glob(python, include_hidden=True))


def inside(folder: str) -> list[str]:
    names = sorted(name for name in os.listdir(folder) if name.endswith(".prom"))
    return [os.path.normpath(os.path.join(folder, name)) for name in names]
