"""Session files and profiles as Firefox writes them, made up for tests: smaller, and as wrong as a test wants them."""

import json
import os
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import lz4.block

MAGIC = b"mozLz40\0"
RECOVERY = "sessionstore-backups/recovery.jsonlz4"
BACKUP = "sessionstore-backups/recovery.baklz4"
CLEAN = "sessionstore.jsonlz4"
# Milliseconds, as the browser has them: 2026-11-03.
NOW = 1_793_700_000_000
# What must never be seen outside of the file.
MARK = "https://hush.example/?q=hush"

Json = Mapping[str, object]


def tab(accessed: object = NOW, **more: object) -> Json:
    """`pinned`, `hidden`, `groupId` and `userContextId` as the browser writes them: not at all where they are not."""
    entries = [{"url": MARK, "title": MARK, "ID": 1, "docshellUUID": "{0}"}]
    return {"entries": entries, "lastAccessed": accessed, "hidden": False, "userContextId": 0, "index": 1, **more}


def window(*tabs: object, closed: int = 0, groups: int = 0, **more: object) -> Json:
    """With so many closed tabs, and so many groups that are open."""
    return {
        "tabs": list(tabs),
        "groups": [{"id": f"{n}-1", "name": MARK, "color": "blue", "collapsed": False} for n in range(groups)],
        "closedGroups": [],
        "selected": 1,
        "_closedTabs": [{"state": tab(), "title": MARK, "closedAt": NOW, "closedId": n} for n in range(closed)],
        "sizemode": "normal",
        **more,
    }


def session(*windows: object, closed: Sequence[object] = (), **more: object) -> Json:
    """`closed` are its _closedWindows."""
    return {
        "version": ["sessionrestore", 1],
        "windows": list(windows),
        "selectedWindow": 1,
        "_closedWindows": list(closed),
        "savedGroups": [],
        "session": {"lastUpdate": NOW, "startTime": NOW, "recentCrashes": 0},
        **more,
    }


def tabs(number: int) -> Json:
    """A session of one window with so many tabs."""
    return session(window(*[tab() for _ in range(number)]))


def packed(content: object, *, claims: int | None = None) -> bytes:
    """As a file; bytes are compressed as they are, all else as JSON. `claims` is a size that it may not have."""
    plain = content if isinstance(content, bytes) else json.dumps(content, separators=(",", ":")).encode()
    block: bytes = lz4.block.compress(plain, store_size=False)
    return MAGIC + struct.pack("<I", len(plain) if claims is None else claims) + block


class Profile:
    """A profile's folder."""

    def __init__(self, folder: Path) -> None:
        """It may be there already."""
        self.path = folder
        (folder / "sessionstore-backups").mkdir(parents=True, exist_ok=True)
        (folder / "times.json").write_text("{}")

    def write(self, content: object, name: str = RECOVERY, *, at: float | None = None) -> Path:
        """As the browser does it: beside it first, then in its place; `at` is when, Unix time."""
        file = self.path / name
        beside = file.with_name(file.name + ".tmp")
        beside.write_bytes(content if isinstance(content, bytes) else packed(content))
        if at is not None:
            os.utime(beside, (at, at))
        beside.rename(file)
        return file

    def save(self, content: object) -> None:
        """What was the newest is the backup now."""
        recovery = self.path / RECOVERY
        if recovery.exists():
            recovery.rename(self.path / BACKUP)
        self.write(content)

    def lock(self, pid: int, *, at: float | None = None) -> None:
        """The link that says who has it."""
        self.unlock()
        link = self.path / "lock"
        link.symlink_to(f"127.0.1.1:+{pid}")
        if at is not None:
            os.utime(link, (at, at), follow_symlinks=False)

    def unlock(self) -> None:
        (self.path / "lock").unlink(missing_ok=True)


class Place:
    """A folder with a profiles.ini, which is written with each profile that is added."""

    def __init__(self, folder: Path) -> None:
        self.path = folder
        folder.mkdir(parents=True)
        self._paths: list[str] = []
        self._used = ""

    def profile(self, name: str, *, used: bool = False) -> Profile:
        made = Profile(self.path / name)
        self.name(name, used=used)
        return made

    def name(self, path: str, *, used: bool = False) -> None:
        """A profile that may be anywhere, or nowhere."""
        self._paths.append(path)
        self._used = path if used else self._used
        parts = [f"[Install4F96D1932A9F858E]\nDefault={self._used}\nLocked=1\n"] if self._used else []
        for number, each in enumerate(self._paths):
            relative = int(not each.startswith("/"))
            parts.append(f"[Profile{number}]\nName=profile{number}\nIsRelative={relative}\nPath={each}\n")
        parts.append("[General]\nStartWithLastProfile=1\nVersion=2\n")
        (self.path / "profiles.ini").write_text("\n".join(parts))
