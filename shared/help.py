"""The text of --help, made from the options' declarations."""

import textwrap
from collections.abc import Iterable, Sequence

from motes.shared.options import BOOLEAN, Option

_WIDTH = 100
_INDENT = " " * 6


def usage(line: str, about: str, groups: Iterable[tuple[str, Sequence[Option]]]) -> str:
    """A usage line, what the program is for, and its options by group."""
    parts = [f"usage: {line}", "", *textwrap.wrap(about, _WIDTH)]
    for title, options in groups:
        shown = [option for option in options if not option.hidden]
        if shown:
            parts += ["", f"{title}:"]
        for option in shown:
            parts += _lines(option)
    return "\n".join(parts) + "\n"


def _lines(option: Option) -> list[str]:
    if option.kind is BOOLEAN:
        flag = f"  --{'[no-]' if option.default else ''}{option.name}"
    else:
        flag = f"  --{option.name}={option.kind.metavar}"
    told = option.help + _default(option) + (" Repeatable." if option.repeatable else "")
    return [flag, *textwrap.wrap(told, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)]


def _default(option: Option) -> str:
    default = getattr(option.default, "pattern", option.default)
    if option.kind is BOOLEAN or default in ("", None, []) or "(default" in option.help:
        return ""
    return f" (default {default})"
