"""Which of a profile's session files is true now, and whether what it has is open.

While it runs, the browser writes `recovery.jsonlz4` when something has changed, 15 seconds after the last time at the
earliest; what was there becomes `recovery.baklz4` first, so that for a moment there is no other. When it quits, it
writes `sessionstore.jsonlz4`, and leaves the two as they are. After the next start that stays until the first
`recovery.jsonlz4` is written, and is moved away then; until then nobody but the browser knows what is open.

Source: SessionFile and SessionWriter in Firefox, and watching it.
Errors: None where no file tells.
"""

from collections.abc import Mapping

from motes.exporters.firefox_tabs.lock import Lock
from motes.exporters.firefox_tabs.opening import Identity

RECOVERY = "sessionstore-backups/recovery.jsonlz4"
BACKUP = "sessionstore-backups/recovery.baklz4"
CLEAN = "sessionstore.jsonlz4"
FILES = (RECOVERY, BACKUP, CLEAN)


class Choice:
    """The files that may be read, the best one first; `open` says whether what they have is open."""

    __slots__ = ("names", "open")

    def __init__(self, names: list[str], *, open: bool) -> None:
        self.names = names
        self.open = open


class Chooser:
    """Of one profile. It remembers which files were there before the browser that runs wrote any."""

    def __init__(self) -> None:
        self._key: object = None
        self._before: frozenset[Identity] = frozenset()

    def choose(self, lock: Lock, files: Mapping[str, Identity]) -> Choice | None:
        """`files` are those that are there, by name."""
        if not lock.running:
            self._key = None
            return _left_behind(files, open=lock.running is None)
        if lock.key != self._key:
            self._key = lock.key
            self._before = frozenset(each for each in files.values() if _written(each) < lock.since)
        return _written_since({name: each for name, each in files.items() if each not in self._before})


def _left_behind(files: Mapping[str, Identity], *, open: bool) -> Choice | None:
    """Where no browser is known to run: after it has quit, that is what it wrote then."""
    recovery = [name for name in (RECOVERY, BACKUP) if name in files]
    if CLEAN in files and all(_written(files[CLEAN]) >= _written(files[name]) for name in recovery):
        return Choice([CLEAN, *recovery], open=False)
    return Choice(recovery, open=open) if recovery else None


def _written_since(files: Mapping[str, Identity]) -> Choice | None:
    """While a browser runs: it may be about to quit, and have said so."""
    return _left_behind(files, open=True)


def _written(file: Identity) -> int:
    return file[3]
