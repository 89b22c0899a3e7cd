"""Values of options from the environment, a TOML file and the defaults; see command_line.py for what comes before.

An alias that was given is put into `old`, with the name that it has now: a warning is the caller's.
Errors: Misconfigured, with a line for each thing that is wrong and what would be right.
"""

import os
import select
from collections.abc import Callable, Iterable, Mapping, Sequence

from motes.shared.options import Catalogue, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

    Values = dict[str, Any]
    Old = dict[str, str]

_ENVIRONMENT = "MOTES_"
# Where a file is looked for, of the system and, below the folder of a user's own, of that.
SYSTEM_FILE = "/etc/motes/motes.toml"
_USERS_FILE = "motes/motes.toml"
_LONGEST_FILE = 16 << 20
# How long a pipe may stay empty, in milliseconds.
_PATIENCE = 1000


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


def from_environment(environment: Mapping[str, str], options: Iterable[Option]) -> tuple["Values", list[str]]:
    """Values from `MOTES_WEB_LISTEN_ADDRESS` and the like, and a line for each that is wrong.

    A repeatable option's are divided by white space. An empty variable is as good as none.
    """
    values: Values = {}
    problems = []
    for option in options:
        name = variable(option)
        text = environment.get(name, "")
        if text and option.kind.private:
            problems.append(refusal(name, option))
        elif text:
            try:
                values[option.name] = (
                    option.kind.parse_all(text.split()) if option.repeatable else option.kind.parse(text)
                )
            except ValueError as error:
                problems.append(f"{name}: {error}")
    return values, problems


def variable(option: Option) -> str:
    return _ENVIRONMENT + option.name.upper().replace(".", "_").replace("-", "_")


def variables(environment: Mapping[str, str]) -> Iterable[str]:
    """Those that are meant for us."""
    return (name for name, text in environment.items() if name.startswith(_ENVIRONMENT) and text)


def from_table(
    name: str, table: object, prefix: str, options: Catalogue, old: "Old", *, besides: Sequence[str] = ()
) -> tuple["Values", list[str]]:
    """Values from one table of a TOML file, and a line for each thing in it that is wrong.

    A key is an option's name without the table's prefix (`listen-address` in [web]), or one of those `besides`, which
    are read elsewhere.
    """
    if not isinstance(table, dict):
        return {}, [f"{name} is a table: write [{name}], and its options below"]
    values: Values = {}
    problems = []
    for key in [key for key in table if key not in besides]:
        given = table[key]
        option = options.find(prefix + key)
        if option is None:
            problems.append(f"[{name}] {_unknown_key(key, given, prefix, options, besides)}")
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


def _unknown_key(key: str, given: object, prefix: str, options: Catalogue, besides: Sequence[str]) -> str:
    whole = key
    while isinstance(given, dict) and given:
        inner, given = next(iter(given.items()))
        whole += f".{inner}"
    if options.find(prefix + whole) is not None:
        return f'{whole}: a key with dots stands in quotes: "{whole}" = …'
    names = [option.name.removeprefix(prefix) for option in options.all() if option.name.startswith(prefix)]
    names += besides
    meant = near(whole, names) or near(key, names)
    return f"{whole}: no such option" + (f" ({meant}?)" if meant else "")


def default_file(environment: Mapping[str, str]) -> str:
    """The file that is used without being named, or nothing where there is none: a user's own before the system's."""
    own = _users_file(environment) if os.geteuid() else ""
    if own and os.path.lexists(own):
        return own
    try:
        os.lstat(SYSTEM_FILE)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError:
        # It may be there; to go on without it would be to do what nobody wants.
        pass
    return SYSTEM_FILE


def _users_file(environment: Mapping[str, str]) -> str:
    """As the XDG Base Directory Specification has it, which takes no relative folder; empty where that is not known."""
    home = environment.get("HOME", "")
    for folder in (environment.get("XDG_CONFIG_HOME", ""), home and os.path.join(home, ".config")):
        if folder.startswith("/"):
            return os.path.join(folder, _USERS_FILE)
    return ""


def load_file(path: str) -> "Values":
    """The tables of a TOML file."""
    import tomllib  # noqa: PLC0415 - three megabytes, for those who have a file

    try:
        return tomllib.loads(_content(path).decode())
    except OSError as error:
        raise Misconfigured([f"--config.file: cannot read {path}: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise Misconfigured(
            [f"{path}: not UTF-8, as TOML is: line {_line(error)} has the byte {error.object[error.start]:#x}"]
        ) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Misconfigured([f"{path}: not TOML: {error}"]) from None


def _content(path: str) -> bytes:
    content = b""
    with open(path, "rb", buffering=0, opener=_unhurried) as file:
        while more := _more(file, path):
            content += more
            if len(content) > _LONGEST_FILE:
                raise Misconfigured([f"--config.file: {path} has no end within {_LONGEST_FILE >> 20} MiB"])
    return content


def _more(file: "IO[bytes]", path: str) -> bytes:
    # A pipe that nobody writes to is not waited for: on SIGHUP, all would wait.
    ready = select.poll()
    ready.register(file, select.POLLIN)
    if not ready.poll(_PATIENCE):
        raise Misconfigured([f"--config.file: nothing more comes out of {path}"])
    return file.read(_LONGEST_FILE)


def _unhurried(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _line(error: UnicodeDecodeError) -> int:
    return error.object.count(b"\n", 0, error.start) + 1


def defaults(options: Iterable[Option]) -> "Values":
    return {option.name: option.default for option in options}
