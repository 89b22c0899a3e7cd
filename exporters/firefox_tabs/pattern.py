"""Globs, in two parts: what is found by listing one folder, and what is below that.

A match of the first part may be on a mount that is dead, and is not touched: who looks below it does so in a thread of
its own.

Errors: ValueError for a pattern that is none; OSError where a folder cannot be listed.
"""

import os
from collections.abc import Iterator

_WILD = frozenset("*?[")
# Names of one folder that are looked at.
_MOST_NAMES = 10_000


class Pattern:
    """`before` is the folder to list, and `wild` what its names are compared with; both are empty where nothing is."""

    def __init__(self, text: str) -> None:
        self.text = expanded(text)
        parts = [part for part in self.text.split("/") if part]
        first = next((n for n, part in enumerate(parts) if _WILD.intersection(part)), None)
        self.before = "" if first is None else "/" + "/".join(parts[:first])
        self.wild = "" if first is None else parts[first]
        self.below = "" if first is None else "/".join(parts[first + 1 :])

    def bases(self) -> Iterator[tuple[str, bool]]:
        """What matches the first part, and whether somebody who is not root has put a link there."""
        for entry in _matching(self.before, self.wild):
            linked = entry.is_symlink()
            if linked or entry.is_dir(follow_symlinks=False):
                yield entry.path, linked and entry.stat(follow_symlinks=False).st_uid != 0


def expanded(text: str) -> str:
    """With the home in place of `~`."""
    path = os.path.expanduser(text)
    if not os.path.isabs(path) or "\0" in path:
        raise ValueError(f'"{text}" is neither an absolute path nor one such as ~/.mozilla/firefox')
    return path


def below(folder: str, pattern: str) -> Iterator[str]:
    """What matches a pattern below a folder."""
    if not pattern:
        yield folder
        return
    first, _, rest = pattern.partition("/")
    if not _WILD.intersection(first):
        yield from below(os.path.join(folder, first), rest)
        return
    try:
        entries = _matching(folder, first)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        yield from below(entry.path, rest)


def _matching(folder: str, wild: str) -> "list[os.DirEntry[str]]":
    """In the order of their names; hidden ones only where the pattern begins so, too."""
    from fnmatch import fnmatchcase  # noqa: PLC0415 - and with it `re`, for those who have a glob

    with os.scandir(folder) as entries:
        first = [entry for entry, _ in zip(entries, range(_MOST_NAMES), strict=False)]
    hidden = wild.startswith(".")
    found = [each for each in first if each.name.startswith(".") <= hidden and fnmatchcase(each.name, wild)]
    return sorted(found, key=lambda entry: entry.name)
