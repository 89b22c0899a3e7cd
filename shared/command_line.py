"""Values of options from a command line: `--name value`, `--name=value`, `--name`, `--no-name`, `-n`, and bare words.

Errors: Misconfigured, with all that is wrong and what would be right.
"""

from collections.abc import Iterator, Mapping, Sequence

from motes.shared import config
from motes.shared.config import Misconfigured
from motes.shared.options import BOOLEAN, Catalogue, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.config import Old, Values

    Flag = tuple[Option, str]


class CommandLine:
    """One program's: its options, those that have a letter as well, and the repeatable one that bare words are for."""

    def __init__(self, options: Catalogue, letters: Mapping[str, str], bare: str = "") -> None:
        self._options = options
        self._letters = letters
        self._bare = bare

    def read(self, words: Sequence[str], old: "Old") -> "Values":
        """Values by option name; an alias that was given is put into `old`, with the name that it has now."""
        values, problems = self.look(words, old)
        if problems:
            raise Misconfigured(problems)
        return values

    def look(self, words: Sequence[str], old: "Old") -> "tuple[Values, list[str]]":
        """As `read`, with a line for each thing that is wrong."""
        given: dict[str, tuple[Option, list[str]]] = {}
        values: Values = {}
        problems: list[str] = []
        for option, text in self._flags(list(words), old, problems):
            given.setdefault(option.name, (option, []))[1].append(text)
        for name, (option, texts) in given.items():
            try:
                values[name] = _value(option, texts)
            except Misconfigured as error:
                problems += error.problems
        return values, problems

    def _flags(self, rest: list[str], old: "Old", problems: list[str]) -> "Iterator[Flag]":
        """Each option that is given, with its value's text."""
        while rest:
            word = rest.pop(0)
            flag = word.startswith("-") and word.strip("-")
            try:
                yield self._flag(word, rest, old) if flag else self._bare_word(word)
            except Misconfigured as error:
                problems += error.problems
                # It may be the value of what is not taken, and none that anybody should see.
                if flag and "=" not in word and rest and not rest[0].startswith("-"):
                    del rest[0]

    def _bare_word(self, word: str) -> "Flag":
        option = self._options.find(self._bare)
        if option is None:
            raise Misconfigured([f'unexpected argument "{word}": options begin with --, see --help'])
        return option, word

    def _flag(self, word: str, rest: list[str], old: "Old") -> "Flag":
        flag, given, text = word.partition("=")
        option, negated = self._find(flag)
        if option is None:
            raise Misconfigured([f"unknown option {flag}{self._near(flag)}; see --help"])
        if option.kind.private:
            raise Misconfigured([config.refusal(flag, option)])
        if flag.startswith("--") and flag not in (f"--{option.name}", f"--no-{option.name}"):
            old[flag] = f"--{option.name}"
        if option.kind is BOOLEAN:
            return option, _switched(flag, text if given else None, negated)
        return option, text if given else _next(option, rest)

    def _find(self, flag: str) -> tuple[Option | None, bool]:
        """The option that a flag stands for, and whether the flag denies it."""
        if not flag.startswith("--"):
            return self._options.find(self._letters.get(flag[1:], "")), False
        option = self._options.find(flag[2:])
        if option is not None or not flag.startswith("--no-"):
            return option, False
        option = self._options.find(flag[5:])
        return (option, True) if option is not None and option.kind is BOOLEAN else (None, False)

    def _near(self, flag: str) -> str:
        """What may have been meant, as ` (--name?)`."""
        name, options = flag.lstrip("-"), self._options.all()
        switches = [f"no-{option.name}" for option in options if option.kind is BOOLEAN]
        near = config.near(name, [option.name for option in options] + (switches if name.startswith("no-") else []))
        return f" (--{near}?)" if near else ""


def _switched(flag: str, text: str | None, negated: bool) -> str:
    if text is None:
        return "false" if negated else "true"
    if negated:
        raise Misconfigured([f"{flag} takes no value: write {flag}, or --{flag[5:]}={text}"])
    return text


def _next(option: Option, rest: list[str]) -> str:
    """The word that is an option's value; one that begins with a dash has to be given with =."""
    if not rest or (rest[0].startswith("-") and rest[0] != "-"):
        raise Misconfigured([f"--{option.name} needs a value: --{option.name}={option.kind.metavar}"])
    return rest.pop(0)


def _value(option: Option, texts: Sequence[str]) -> object:
    values: list[object] = config.taken(f"--{option.name}", option.kind.parse_all, texts)
    if option.repeatable:
        return values
    if len(values) > 1 and option.kind is not BOOLEAN:
        raise Misconfigured([f"--{option.name} is given twice"])
    return values[-1]
