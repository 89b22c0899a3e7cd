"""What the README says, in the order in which a person reads it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tests.support.program import ROOT

_HEADING = re.compile(r"#+ (.+)")
_FENCE = "```"
_CELL = re.compile(r"(?<!\\)\|")
_CODE = re.compile(r"`([^`]+)`")


class Block(NamedTuple):
    """What stands in a fence: below which heading, in which language."""

    heading: str
    language: str
    text: str


def lines() -> list[str]:
    return (ROOT / "README.md").read_text().splitlines()


def blocks(language: str) -> list[Block]:
    return [block for block in _blocks() if block.language == language]


def rows(heading: str) -> list[list[str]]:
    """The cells of the tables below a heading, without their titles."""
    found = []
    below = ""
    for line in lines():
        if match := _HEADING.fullmatch(line):
            below = match[1]
        elif below == heading and line.startswith("| "):
            found.append([cell.strip() for cell in _CELL.split(line.strip("|"))])
    return found


def code(cell: str) -> list[str]:
    """What stands in a cell as code."""
    return _CODE.findall(cell)


def _blocks() -> Iterator[Block]:
    heading = ""
    inside: list[str] | None = None
    language = ""
    for line in lines():
        if line.startswith(_FENCE):
            if inside is not None:
                yield Block(heading, language, "".join(f"{each}\n" for each in inside))
            inside = [] if inside is None else None
            language = line.removeprefix(_FENCE)
        elif inside is not None:
            inside.append(line)
        elif match := _HEADING.fullmatch(line):
            heading = match[1]
