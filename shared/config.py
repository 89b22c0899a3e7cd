"""Values of options, from the command line, the environment, a TOML file and the defaults, in that order.

Errors: Misconfigured, which names every option that is wrong and what would be right.
"""

from collections.abc import Iterable, Mapping, Sequence

from motes.shared import log
from motes.shared.options import BOOLEAN, Catalogue, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Values = dict[str, Any]


class Misconfigured(Exception):
    """The program cannot start with what it was told; `problems` has a line for each thing that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def from_words(words: Sequence[str], options: Catalogue) -> "Values":
    """Values by option name, from a command line: `--name value`, `--name=value`, `--name` and `--no-name`."""
    values: Values = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--") or word == "--":
            raise Misconfigured([f'unexpected argument "{word}": all options begin with --, see --help'])
        name, given, text = word[2:].partition("=")
        option, negated = _named(name, options)
        if option is None:
            raise Misconfigured([f"unknown option --{name}{_near(name, options)}; see --help"])
        if name.removeprefix("no-" if negated else "") in option.aliases:
            log.warn("deprecated option", option=f"--{name}", instead=f"--{option.name}")
        if option.kind is BOOLEAN:
            text = text if given else "true"
        elif not given:
            if not rest:
                raise Misconfigured([f"--{option.name} needs a value: {option.kind.metavar}"])
            text = rest.pop(0)
        value = _parsed(f"--{option.name}", option, text)
        _put(values, option, not value if negated else value)
    return values


def _named(name: str, options: Catalogue) -> tuple[Option | None, bool]:
    """The option that a flag stands for, and whether the flag denies it."""
    option = options.find(name)
    if option is not None or not name.startswith("no-"):
        return option, False
    option = options.find(name[3:])
    return (option, True) if option is not None and option.kind is BOOLEAN else (None, False)


def _put(values: "Values", option: Option, value: object) -> None:
    if option.repeatable:
        values.setdefault(option.name, []).append(value)
    elif option.name in values and option.kind is not BOOLEAN:
        raise Misconfigured([f"--{option.name} is given twice"])
    else:
        values[option.name] = value


def _parsed(shown: str, option: Option, text: str) -> object:
    try:
        return option.kind.parse(text)
    except ValueError as error:
        raise Misconfigured([f"{shown}: {error}"]) from None


def _near(name: str, options: Catalogue) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only on the way out

    near = get_close_matches(name, [option.name for option in options.all()], 1)
    return f" (--{near[0]}?)" if near else ""


def from_environment(environment: Mapping[str, str], options: Iterable[Option]) -> "Values":
    """Values from `MOTES_WEB_LISTEN_ADDRESS` and the like; a repeatable option's are divided by white space."""
    values: Values = {}
    for option in options:
        name = variable(option)
        if name in environment:
            words = environment[name].split() if option.repeatable else [environment[name]]
            parsed = [_parsed(name, option, word) for word in words]
            values[option.name] = parsed if option.repeatable else parsed[0]
    return values


def variable(option: Option) -> str:
    return "MOTES_" + option.name.upper().replace(".", "_").replace("-", "_")


def from_table(name: str, table: object, prefix: str, options: Catalogue) -> tuple["Values", list[str]]:
    """Values from one table of a TOML file, and a line for each thing in it that is wrong.

    A key is an option's name without the table's prefix (`listen-address` in [web]).
    """
    if not isinstance(table, dict):
        return {}, [f"{name} is not a table: write [{name}]"]
    values: Values = {}
    problems = []
    for key, given in table.items():
        option = options.find(prefix + key)
        if option is None:
            problems.append(f"[{name}] {key}: {_unknown_key(key, given)}")
            continue
        try:
            values[option.name] = _read(option, given)
        except ValueError as error:
            problems.append(f"[{name}] {key}: {error}")
    return values, problems


def _unknown_key(key: str, given: object) -> str:
    if isinstance(given, dict):
        return f'no such option; a key with dots stands in quotes, as in "{key}.…" = …'
    return "no such option"


def _read(option: Option, given: object) -> object:
    if not option.repeatable:
        return option.kind.read(given)
    if not isinstance(given, list):
        raise ValueError('this is an array: write ["…", "…"]')
    return [option.kind.read(one) for one in given]


def load_file(path: str) -> "Values":
    """The tables of a TOML file."""
    import tomllib  # noqa: PLC0415 - three megabytes, for those who have a file

    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise Misconfigured([f"--config.file: cannot read {path}: {error.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured([f"{path}: {error}"]) from None


def defaults(options: Iterable[Option]) -> "Values":
    return {option.name: option.default for option in options}
