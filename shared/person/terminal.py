"""Text for a person: as wide as the terminal, coloured where that is wanted, and without anything that steers it.

A line is made of pieces, each a text with a look; what comes from elsewhere goes through `plain` first.
"""

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO
from unicodedata import category, east_asian_width

Piece = tuple[str, str]
Line = Sequence[Piece]

# ECMA-48, "Select Graphic Rendition".
_LOOKS = {"good": "32", "note": "33", "bad": "1;31", "bold": "1", "dim": "2"}
# Of what is no terminal, and told no COLUMNS.
_WIDTH, _HEIGHT = 100, 24
_LEAST_WIDTH = 20
_LONGEST = 1000


class Terminal:
    """Where to write, and how."""

    def __init__(self, out: TextIO, environment: Mapping[str, str]) -> None:
        self.out = out
        self.is_one = out.isatty()
        self.steered = self.is_one and environment.get("TERM", "dumb") != "dumb"
        self.coloured = self.steered and not environment.get("NO_COLOR")

    @property
    def size(self) -> tuple[int, int]:
        """Its width and height at the moment."""
        width, height = self._measured() or shutil.get_terminal_size((_WIDTH, _HEIGHT))
        return max(width, _LEAST_WIDTH), max(height, 1)

    def _measured(self) -> os.terminal_size | None:
        """What the terminal says; COLUMNS and LINES may be of a time before it was made another size."""
        if not self.is_one:
            return None
        measured = os.get_terminal_size(self.out.fileno())
        return measured if measured.columns and measured.lines else None

    def text(self, line: Line) -> str:
        return "".join([self._painted(*piece) for piece in line])

    def write(self, lines: Iterable[Line]) -> None:
        """Lines at once; OSError as the file raises it."""
        self.out.write("".join([self.text(line) + "\n" for line in lines]))
        self.out.flush()

    def _painted(self, text: str, look: str) -> str:
        return f"\x1b[{_LOOKS[look]}m{text}\x1b[0m" if look and text and self.coloured else text


def plain(text: str) -> str:
    """A text on one line, without control characters or others that are not to be seen; not too long."""
    shown = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    return "".join([one if one.isprintable() else " " if one.isspace() else "\ufffd" for one in shown])


def columns(text: str) -> int:
    """How wide a text is."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(one: str) -> int:
    if category(one) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(one) in ("W", "F") else 1


def padded(text: str, width: int) -> str:
    return text + " " * (width - columns(text))


def cut(line: Line, width: int) -> Line:
    """As much of a line as fits."""
    pieces = []
    for text, look in line:
        fits = _fitting(text, width)
        pieces.append((text[:fits], look))
        width -= columns(text[:fits])
        if fits < len(text):
            break
    return pieces


def _fitting(text: str, width: int) -> int:
    """How many characters fit."""
    for number, one in enumerate(text):
        width -= _columns(one)
        if width < 0:
            return number
    return len(text)


def wrapped(text: str, width: int) -> list[str]:
    """Lines of whole words; a word that is too long is cut."""
    lines = [""]
    for word in text.split():
        rest = word
        if lines[-1] and columns(lines[-1]) + 1 + columns(word) > width:
            lines.append("")
        while columns(rest) > width:
            fits = max(1, _fitting(rest, width))
            lines[-1:] = [rest[:fits], ""]
            rest = rest[fits:]
        lines[-1] += " " * bool(lines[-1] and rest) + rest
    return lines


def paragraph(head: Line, text: str, width: int, look: str = "", *, indent: int | None = None) -> list[Line]:
    """A text behind a head, in lines that begin where the text does, or at `indent`."""
    taken = sum(columns(piece) for piece, _ in head)
    # Where little is left behind the head, the text begins below it.
    below = indent is None and taken > width // 2
    at = 4 if below else taken if indent is None else indent
    first, *rest = wrapped(text, max(8, width - (at if below else max(taken, at))))
    lines: list[Line] = [head, [(" " * at, ""), (first, look)]] if below else [[*head, (first, look)]]
    return lines + [[(" " * at, ""), (each, look)] for each in rest]
