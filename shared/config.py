"""Values of options from the environment, a TOML file and the defaults; see command_line.py for what comes before.

An alias that was given is put into `old`, with the name that it has now: a warning is the caller's.
Errors: Misconfigured, with a line for each thing that is wrong and what would be right.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from motes.shared.options import Catalogue, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Values = dict[str, Any]
    Old = dict[str, str]

_ENVIRONMENT = "MOTES_"


class Misconfigured(Exception):
    """The program cannot start with what it was told; `problems` has a line for each thing that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def taken(shown: str, take: "Callable[[Any], Any]", given: object) -> "Any":
    """What is made of what was given; where that is a ValueError, it tells whose value it was."""
    try:
        return take(given)
    except ValueError as error:
        raise Misconfigured([f"{shown}: {error}"]) from None


def refusal(shown: str, option: Option) -> str:
    """Why what is private is not taken, and what to do instead."""
    return (
        f"{shown}: others can read what is on a command line or in the environment; "
        f"write it into the file of --config.file, or use {option.kind.private}"
    )


def near(name: str, names: Iterable[str]) -> str:
    """The name that may have been meant."""
    from difflib import get_close_matches  # noqa: PLC0415 - only on the way out

    return next(iter(get_close_matches(name, list(names), 1)), "")


def from_environment(environment: Mapping[str, str], options: Iterable[Option]) -> "Values":
    """Values from `MOTES_WEB_LISTEN_ADDRESS` and the like; a repeatable option's are divided by white space.

    An empty variable is as good as none.
    """
    values: Values = {}
    for option in options:
        name = variable(option)
        text = environment.get(name, "")
        if not text:
            continue
        if option.kind.private:
            raise Misconfigured([refusal(name, option)])
        if option.repeatable:
            values[option.name] = taken(name, option.kind.parse_all, text.split())
        else:
            values[option.name] = taken(name, option.kind.parse, text)
    return values


def variable(option: Option) -> str:
    return _ENVIRONMENT + option.name.upper().replace(".", "_").replace("-", "_")


def variables(environment: Mapping[str, str]) -> Iterable[str]:
    """Those that are meant for us."""
    return (name for name, text in environment.items() if name.startswith(_ENVIRONMENT) and text)


def from_table(name: str, table: object, prefix: str, options: Catalogue, old: "Old") -> tuple["Values", list[str]]:
    """Values from one table of a TOML file, and a line for each thing in it that is wrong.

    A key is an option's name without the table's prefix (`listen-address` in [web]).
    """
    if not isinstance(table, dict):
        return {}, [f"{name} is a table: write [{name}], and its options below"]
    values: Values = {}
    problems = []
    for key, given in table.items():
        option = options.find(prefix + key)
        if option is None:
            problems.append(f"[{name}] {_unknown_key(key, given, prefix, options)}")
        elif option.name in values:
            problems.append(f"[{name}] {key}: {option.name.removeprefix(prefix)} is given already")
        else:
            if option.name != prefix + key:
                old[f"[{name}] {key}"] = option.name.removeprefix(prefix)
            read = option.kind.read_all if option.repeatable else option.kind.read
            try:
                values[option.name] = read(given)
            except ValueError as error:
                problems.append(f"[{name}] {key}: {error}")
    return values, problems


def _unknown_key(key: str, given: object, prefix: str, options: Catalogue) -> str:
    while isinstance(given, dict) and given:
        inner, given = next(iter(given.items()))
        key += f".{inner}"
    if options.find(prefix + key) is not None:
        return f'{key}: a key with dots stands in quotes: "{key}" = …'
    names = [option.name.removeprefix(prefix) for option in options.all() if option.name.startswith(prefix)]
    meant = near(key, names)
    return f"{key}: no such option" + (f" ({meant}?)" if meant else "")


def load_file(path: str) -> "Values":
    """The tables of a TOML file."""
    import tomllib  # noqa: PLC0415 - three megabytes, for those who have a file

    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise Misconfigured([f"--config.file: cannot read {path}: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise Misconfigured(
            [f"{path}: not UTF-8, as TOML is: byte {error.start} is {error.object[error.start]:#x}"]
        ) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Misconfigured([f"{path}: not TOML: {error}"]) from None


def defaults(options: Iterable[Option]) -> "Values":
    return {option.name: option.default for option in options}
