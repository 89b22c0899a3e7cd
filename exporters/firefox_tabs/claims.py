"""Which profile is whose to serve: each once, however many ways lead to it, and no two under one name.

Called by the threads of all bases.
"""

from _thread import allocate_lock

from motes.exporters.firefox_tabs.problems import Failure

# All profiles that are served.
MOST = 256

Key = tuple[int, int]


class Taken(Exception):
    """Another base serves it."""


class Claims:
    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._claims: dict[Key, tuple[bytes, object]] = {}

    def take(self, folder: Key, labels: bytes, holder: object) -> None:
        """A folder, by its device and inode. Taken, or Failure same_name or too_many, where it cannot be had."""
        with self._lock:
            labelled, served_by = self._claims.get(folder, (b"", None))
            if served_by is not None and served_by is not holder:
                raise Taken
            if any(labels == other for key, (other, _) in self._claims.items() if key != folder):
                raise Failure("same_name")
            if not labelled and len(self._claims) >= MOST:
                raise Failure("too_many")
            self._claims[folder] = labels, holder

    def release(self, folder: Key) -> None:
        with self._lock:
            self._claims.pop(folder, None)
