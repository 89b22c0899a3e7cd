"""Which of a profile's session files is true now, and whether what it has is open.

While it runs, the browser writes `recovery.jsonlz4` when something has changed, 15 seconds after the last time at the
earliest; what was there becomes `recovery.baklz4` first, so that for a moment there is no other. When it quits, it
writes `sessionstore.jsonlz4`, and leaves the two, or removes them. That stays until the next browser writes its first
`recovery.jsonlz4`, and is moved away then. Until then nobody but the browser knows what is open, and what it was at
last counts.

Source: SessionFile and SessionWriter in Firefox, and watching it.
Errors: None where no file tells.
"""

from collections.abc import Mapping

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


def choose(files: Mapping[str, Identity], *, running: bool | None) -> Choice | None:
    """`files` are those that are there, by name; `running` is None where nobody knows whether a browser does."""
    recovery = [name for name in (RECOVERY, BACKUP) if name in files]
    if CLEAN in files and all(_written(files[CLEAN]) >= _written(files[name]) for name in recovery):
        return Choice([CLEAN, *recovery], open=False)
    return Choice(recovery, open=running is not False) if recovery else None


def _written(file: Identity) -> int:
    return file[3]
