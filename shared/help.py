"""The text of --help, made from the options' declarations."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence

from motes.shared.options import BOOLEAN, Option

_WIDTH = 100
_INDENT = " " * 6
_ELSEWHERE = (
    "Each of them can also stand in the environment, as in MOTES_WEB_ALLOW, or in the file of --config.file, as in "
    "[web] allow = [...]. The command line comes before the environment, that before the file."
)


def usage(line: str, about: str, groups: Iterable[tuple[str, Sequence[Option]]], defaults: Mapping[str, str]) -> str:
    """A usage line, what the program is for, and its options by group; `defaults` are the program's own."""
    parts = [f"usage: {line}", "", *_wrapped(about)]
    for title, options in groups:
        shown = [option for option in options if not option.hidden]
        if shown:
            parts += ["", f"{title}:"]
        for option in shown:
            parts += _lines(option, defaults.get(option.name) or _default(option))
    return "\n".join([*parts, "", *_wrapped(_ELSEWHERE)]) + "\n"


def _lines(option: Option, default: str) -> list[str]:
    if option.kind is BOOLEAN:
        flag = f"  --{'[no-]' if option.default else ''}{option.name}"
    else:
        flag = f"  --{option.name}={option.kind.metavar}"
    told = option.help + (" Repeatable." if option.repeatable else "") + (f" Default: {default}" if default else "")
    return [flag, *_wrapped(told, _INDENT)]


def _default(option: Option) -> str:
    if option.kind is BOOLEAN or option.repeatable or option.default in ("", None):
        return ""
    return option.kind.show(option.default)


def _wrapped(text: str, indent: str = "") -> list[str]:
    # An expression is to be copied whole.
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
