"""Options, declared once beside the code that uses them: each is a flag, an environment variable and a TOML key.

A kind reads a value from a word (command line, environment) or from a TOML value.
Errors: ValueError with what would be right; the caller adds the option's name.
"""

import os
from collections.abc import Callable, Iterable, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
# What the loop can wait for at once is less than a month.
_LONGEST = 86400.0
# As many digits as a number of 64 bits can have at least.
_MOST_DIGITS = 18
_IN_TOML = {str: "a string in quotes", int: "a whole number", float: "a number", bool: "true or false"}


class Kind:
    """How one kind of value is read, and shown. `types` are the TOML types that it takes.

    What is `private` is taken from the configuration file alone, and shown nowhere: its `parse` tells what is wrong
    without the word. The text names what takes it besides the file, such as --ble.key-file.
    """

    __slots__ = ("metavar", "parse", "private", "show", "types")

    def __init__(
        self,
        metavar: str,
        parse: "Callable[[str], Any]",
        types: tuple[type, ...] = (str,),
        show: "Callable[[Any], str]" = str,
        *,
        private: str = "",
    ) -> None:
        self.metavar = metavar
        self.parse = parse
        self.types = types
        self.show = show
        self.private = private

    def parse_all(self, words: Iterable[str]) -> "list[Any]":
        """The values of a repeatable option from words."""
        return take_each(self.parse, words)

    def read(self, value: object) -> "Any":
        """A value from a TOML file."""
        if not isinstance(value, self.types) or isinstance(value, bool) != (bool in self.types):
            wanted = f"{self.metavar} is wanted, {_IN_TOML[self.types[0]]}"
            raise ValueError(f"{'this' if self.private else _shown(value)} is of the wrong type: {wanted}")
        return self.parse(_bare(value))

    def read_all(self, given: object) -> "list[Any]":
        """The values of a repeatable option from a TOML file."""
        if not isinstance(given, list):
            raise ValueError('this is an array: write ["…", "…"]')
        return take_each(self.read, given)


class Option:
    """One option: `web.listen-address` is `--web.listen-address`, and `listen-address` in table `[web]`.

    `aliases` are names that are still taken, with a warning. A `hidden` option is not shown by --help. `example` is a
    value to show where there is no default, and none that could be written.
    """

    __slots__ = ("aliases", "default", "example", "help", "hidden", "kind", "name", "repeatable")

    def __init__(
        self,
        name: str,
        kind: Kind,
        default: object,
        help: str,
        *,
        repeatable: bool = False,
        aliases: Sequence[str] = (),
        hidden: bool = False,
        example: object = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.default = default
        self.help = help
        self.repeatable = repeatable
        self.aliases = aliases
        self.hidden = hidden
        self.example = example


def _text(word: str) -> str:
    return word


def _integer(word: str) -> int:
    if word.isascii() and word.isdigit() and len(word) <= _MOST_DIGITS:
        return int(word)
    raise ValueError(f"{_shown(word)} is not a whole number such as 40")


def _boolean(word: str) -> bool:
    try:
        return {"true": True, "false": False, "1": True, "0": False}[word.lower()]
    except KeyError:
        raise ValueError(f"{_shown(word)} is not true or false") from None


def _duration(word: str) -> float:
    """Seconds, from a bare number or from Go's form: 1.5s, 500ms, 1h30m."""
    seconds, rest = 0.0, word or "?"
    try:
        while rest:
            number = rest[: len(rest) - len(rest.lstrip("0123456789."))]
            unit = rest[len(number) :][: 2 if rest[len(number) :].startswith("ms") else 1]
            seconds += float(number) * UNITS[unit or "s"]
            rest = rest[len(number) + len(unit) :]
    except (KeyError, ValueError):
        raise ValueError(f"{_shown(word)} is not a duration such as 10s, 500ms or 1h30m") from None
    if seconds > _LONGEST:
        raise ValueError(f"{_shown(word)} is longer than a day")
    return seconds


def _positive(word: str) -> float:
    seconds = _duration(word)
    if not seconds:
        raise ValueError(f"{_shown(word)} is no time at all; a duration such as 10s is wanted")
    return seconds


def _seconds(value: float) -> str:
    return f"{value:g}s"


def _folder(word: str) -> str:
    if os.path.isdir(word):
        return word
    raise ValueError(f"{_shown(word)} is not a folder on this machine")


def _bare(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def take_each(take: "Callable[[Any], Any]", given: "Iterable[Any]") -> "list[Any]":
    """What is made of each; ValueError with all that is wrong."""
    taken = []
    problems = []
    for one in given:
        try:
            taken.append(take(one))
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ValueError("; ".join(problems))
    return taken


def choice(*words: str) -> Kind:
    def parse(word: str) -> str:
        if word in words:
            return word
        raise ValueError(f"{_shown(word)} is not one of: {', '.join(words)}")

    return Kind("|".join(words), parse)


def interval(least: float, why: str) -> Kind:
    """Durations of so many seconds at least; `why` goes on after "…s, which"."""

    def parse(word: str) -> float:
        seconds = _positive(word)
        if seconds < least:
            raise ValueError(f"{_shown(word)} is shorter than {_seconds(least)}, which {why}")
        return seconds

    return Kind("DURATION", parse, (str, int, float), _seconds)


TEXT = Kind("TEXT", _text)
PATH = Kind("PATH", _text)
FOLDER = Kind("PATH", _folder)
INTEGER = Kind("N", _integer, (int,))
BOOLEAN = Kind("true|false", _boolean, (bool,))
DURATION = Kind("DURATION", _duration, (str, int, float), _seconds)
TIMEOUT = Kind("DURATION", _positive, (str, int, float), _seconds)


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else _bare(value)


class Catalogue:
    """Options by name. `more` finds those whose module is imported only when one of them is asked for."""

    def __init__(
        self,
        options: Iterable[Option],
        more: "Callable[[str], Iterable[Option]] | None" = None,
        everything: "Callable[[], Iterable[Option]] | None" = None,
    ) -> None:
        self.options = list(options)
        self._names = {name: option for option in self.options for name in (option.name, *option.aliases)}
        self._more = more
        self._everything = everything

    def find(self, name: str) -> Option | None:
        """The option of this name or alias."""
        found = self._names.get(name)
        if found is None and self._more is not None:
            found = next((option for option in self._more(name) if name in (option.name, *option.aliases)), None)
        return found

    def all(self) -> Sequence[Option]:
        """Every option there is, for --help."""
        return [*self.options, *self.everything()]

    def everything(self) -> Iterable[Option]:
        """Those that are found by `more`."""
        return self._everything() if self._everything else ()


def joined(*catalogues: Catalogue) -> Catalogue:
    """Several as one."""
    return Catalogue(
        [option for each in catalogues for option in each.options],
        lambda name: [option for each in catalogues if (option := each.find(name))],
        lambda: [option for each in catalogues for option in each.everything()],
    )
