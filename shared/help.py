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


def usage(
    line: str,
    about: str,
    groups: Iterable[tuple[str, Sequence[Option]]],
    *,
    defaults: Mapping[str, str],
    letters: Mapping[str, str],
    bare: str,
) -> str:
    """A usage line, what a program is for, and its options by group; the rest is the program's own: see Program."""
    parts = [f"usage: {line}", "", *wrapped(about)]
    short = {name: f"-{letter}, " for letter, name in letters.items()}
    for title, options in groups:
        shown = [option for option in options if not option.hidden]
        if shown:
            parts += ["", f"{title}:"]
        for option in shown:
            text = told(option, defaults.get(option.name, ""), bare=option.name == bare)
            parts += [f"  {short.get(option.name, '')}{flag(option)}", *wrapped(text, _INDENT)]
    return "\n".join([*parts, "", *wrapped(_ELSEWHERE)]) + "\n"


def told(option: Option, default: str, *, bare: bool) -> str:
    """What it is for; `default` is the program's own, if it has one, and `bare` whether the flag may be left out."""
    parts = [option.help]
    if option.kind.private:
        parts.append("Only in the file of --config.file.")
    elif option.repeatable:
        parts.append("Repeatable; the flag may be left out." if bare else "Repeatable.")
    if default := default or _default(option):
        parts.append(f"Default: {default}")
    return " ".join(parts)


def flag(option: Option) -> str:
    """How it is written."""
    if option.kind is BOOLEAN:
        return f"--{'[no-]' if option.default else ''}{option.name}"
    return f"{'' if option.kind.private else '--'}{option.name}={option.kind.metavar}"


def _default(option: Option) -> str:
    if option.kind is BOOLEAN or option.repeatable or option.default in ("", None):
        return ""
    return option.kind.show(option.default)


def wrapped(text: str, indent: str = "") -> list[str]:
    """In lines, but for expressions, which are to be copied whole."""
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
