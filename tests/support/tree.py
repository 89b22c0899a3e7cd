"""A machine's files in one text: what the kernel writes to /proc and /sys, cut down, to be unpacked into a folder.

`PATH: CONTENT` is a file of one line, `PATH:` one with the lines that follow, each behind a tab, or without any;
`PATH -> TARGET` a link; `PATH/` a folder, with what follows behind a tab in it. `{a,b}` in a path stands for each of
them. # begins a comment.
"""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

_CHOICE = re.compile(r"\{([^}]*)\}")


def unpack(text: str, folder: Path) -> None:
    """ValueError for a line that is none of these."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    while lines:
        line = lines.pop(0)
        inner = list(_behind_tabs(lines))
        if line.endswith(":"):
            for path in _each(folder, line[:-1]):
                _write(path, "".join(f"{one}\n" for one in inner))
        elif line.endswith("/"):
            for path in _each(folder, line[:-1]):
                path.mkdir(parents=True, exist_ok=True)
                for one in inner:
                    _put(path, one)
        else:
            _put(folder, line)


def _behind_tabs(lines: list[str]) -> Iterator[str]:
    while lines and lines[0].startswith("\t"):
        yield lines.pop(0)[1:]


def _put(folder: Path, line: str) -> None:
    name, link, target = line.partition(" -> ")
    if link:
        for path in _each(folder, name):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)
        return
    # A PCI address has colons in it.
    name, colon, content = re.sub(r":( |$)", "\0", line, count=1).partition("\0")
    if not colon:
        raise ValueError(f"neither a file nor a link nor a folder: {line!r}")
    for path in _each(folder, name):
        _write(path, f"{content}\n")


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def _each(folder: Path, name: str) -> Iterator[Path]:
    """One path for every combination of what stands in braces."""
    pieces = _CHOICE.split(name)
    for chosen in itertools.product(*(piece.split(",") if at % 2 else [piece] for at, piece in enumerate(pieces))):
        yield folder / "".join(chosen)
