"""Values of options, from the command line, the environment, a TOML file and the defaults, in that order.

An alias that was given is put into `old`, with the name that it has now: a warning is the caller's.
Errors: Misconfigured, with a line for each thing that is wrong and what would be right.
"""

from collections.abc import Iterable, Mapping, Sequence

from motes.shared.options import BOOLEAN, Catalogue, Option

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


def from_words(words: Sequence[str], options: Catalogue, old: "Old") -> "Values":
    """Values by option name, from a command line: `--name value`, `--name=value`, `--name` and `--no-name`."""
    values: Values = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        word = "--help" if word == "-h" else word
        if not word.startswith("--") or word == "--":
            raise Misconfigured([f'unexpected argument "{word}": options begin with --, see --help'])
        name, given, text = word[2:].partition("=")
        option, negated = _named(name, options)
        if option is None:
            raise Misconfigured([f"unknown option --{name}{_near_flag(name, options)}; see --help"])
        if name not in (option.name, f"no-{option.name}"):
            old[f"--{name}"] = f"--{option.name}"
        if option.kind is BOOLEAN:
            value: object = _switched(name, text if given else None, negated)
        else:
            value = _parsed(f"--{option.name}", option, text if given else _next(option, rest))
        _put(values, option, value)
    return values


def _named(name: str, options: Catalogue) -> tuple[Option | None, bool]:
    """The option that a flag stands for, and whether the flag denies it."""
    option = options.find(name)
    if option is not None or not name.startswith("no-"):
        return option, False
    option = options.find(name[3:])
    return (option, True) if option is not None and option.kind is BOOLEAN else (None, False)


def _switched(name: str, text: str | None, negated: bool) -> bool:
    if text is None:
        return not negated
    if negated:
        raise Misconfigured([f"--{name} takes no value: write --{name}, or --{name[3:]}={text}"])
    try:
        return bool(BOOLEAN.parse(text))
    except ValueError as error:
        raise Misconfigured([f"--{name}: {error}"]) from None


def _next(option: Option, rest: list[str]) -> str:
    """The word that is an option's value; one that begins with a dash has to be given with =."""
    if not rest or (rest[0].startswith("-") and rest[0] != "-"):
        raise Misconfigured([f"--{option.name} needs a value: --{option.name}={option.kind.metavar}"])
    return rest.pop(0)


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


def _near_flag(name: str, options: Catalogue) -> str:
    """What may have been meant, as ` (--name?)`."""
    switches = [f"no-{option.name}" for option in options.all() if option.kind is BOOLEAN]
    near = _near(name, [option.name for option in options.all()] + (switches if name.startswith("no-") else []))
    return f" (--{near}?)" if near else ""


def _near(name: str, names: Iterable[str]) -> str:
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
        parsed = [_parsed(name, option, word) for word in (text.split() if option.repeatable else [text])]
        values[option.name] = parsed if option.repeatable else parsed[0]
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
            try:
                values[option.name] = _read(option, given)
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
    near = _near(key, names)
    return f"{key}: no such option" + (f" ({near}?)" if near else "")


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
    except UnicodeDecodeError as error:
        raise Misconfigured(
            [f"{path}: not UTF-8, as TOML is: byte {error.start} is {error.object[error.start]:#x}"]
        ) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Misconfigured([f"{path}: not TOML: {error}"]) from None


def defaults(options: Iterable[Option]) -> "Values":
    return {option.name: option.default for option in options}
