"""What a PromQL expression asks for: its vector selectors, and the labels that it groups by and joins on."""

import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<left>\#[^\n]*|\[[^\]]*\]|\d[\w.]*)
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<word>[a-zA-Z_:][\w:]*)|(?P<sign>\S)""",
    re.VERBOSE,
)
_GROUPING = ("by", "without", "on", "ignoring", "group_left", "group_right")
_OPERATORS = ("and", "or", "unless", "atan2", "bool", "offset", "inf", "nan")


class Selector(NamedTuple):
    """`matchers` as they stand in the expression, in their braces or empty."""

    name: str
    matchers: str

    def __str__(self) -> str:
        return self.name + self.matchers


def selectors(expression: str) -> list[Selector]:
    """In the order in which they stand, each as often as it does."""
    return [part for part in _parts(expression) if isinstance(part, Selector)]


def grouped(expression: str) -> set[str]:
    """The labels behind `by`, `on`, `group_left` and the like."""
    return {part for part in _parts(expression) if isinstance(part, str)}


def _parts(expression: str) -> Iterator[Selector | str]:
    tokens = deque(match.group() for match in _TOKEN.finditer(expression) if match.lastgroup != "left")
    while tokens:
        if tokens[0].startswith("{"):
            yield Selector("", _enclosed(tokens))
            continue
        word = tokens.popleft()
        behind = tokens[0] if tokens else ""
        if word.lower() in _GROUPING and behind == "(":
            yield from filter(None, _enclosed(tokens)[1:-1].split(","))
        elif _is_metric(word, behind):
            yield Selector(word, _enclosed(tokens) if behind == "{" else "")


def _is_metric(word: str, behind: str) -> bool:
    """And no operator, function or aggregation, nor a text or a sign."""
    known = word.lower() in (*_GROUPING, *_OPERATORS)
    return not known and behind != "(" and behind.lower() not in _GROUPING and bool(re.match(r"[a-zA-Z_:]", word))


def _enclosed(tokens: deque[str]) -> str:
    """Brackets, with what is in them; they are taken."""
    taken: list[str] = []
    while not taken or taken[-1] not in (")", "}"):
        taken.append(tokens.popleft())
    return "".join(taken)
