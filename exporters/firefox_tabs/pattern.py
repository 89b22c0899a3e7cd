"""Globs, in two parts: what is found by listing one folder, and what is below that.

A match of the first part may be on a mount that is dead, and is not touched: who looks below it does so in a thread of
its own.

Errors: ValueError for a pattern that is none; OSError where a folder cannot be listed.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

_WILD = frozenset("*?[")
# Names of one folder that are looked at.
MOST_NAMES = 10_000


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
        with os.scandir(self.before) as entries:
            first = {entry.name: entry for entry in islice(entries, MOST_NAMES)}
        for name in _matching(first, self.wild):
            entry = first[name]
            linked = entry.is_symlink()
            if linked or entry.is_dir(follow_symlinks=False):
                yield entry.path, linked and entry.stat(follow_symlinks=False).st_uid != 0


def expanded(text: str) -> str:
    """With the home in place of `~`."""
    path = os.path.expanduser(text)
    if not os.path.isabs(path) or "\0" in path:
        raise ValueError(f'"{text}" is neither an absolute path nor one such as ~/.mozilla/firefox')
    return path


def below(folder: str, pattern: str, names: Callable[[str], Iterable[str]]) -> Iterator[str]:
    """What may match a pattern below a folder; `names` lists one, as far as that is allowed."""
    if not pattern:
        yield folder
        return
    first, _, rest = pattern.partition("/")
    for name in _matching(names(folder), first) if _WILD.intersection(first) else [first]:
        yield from below(os.path.join(folder, name), rest, names)


def _matching(names: Iterable[str], wild: str) -> list[str]:
    """In their order; hidden ones only where the pattern begins so, too."""
    from fnmatch import fnmatchcase  # noqa: PLC0415 - and with it `re`, for those who have a glob

    hidden = wild.startswith(".")
    return sorted(name for name in names if name.startswith(".") <= hidden and fnmatchcase(name, wild))
