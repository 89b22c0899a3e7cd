"""An exporter's table in the file: its options, its labels, where it listens, and further instances of it.

A sub-table that is no option is one more instance, such as [card10-bme680.kitchen]. The table itself is one, too, if
it has a key of its own, or no instance below.
Errors: a line for each thing that is wrong, and what would be right.
"""

from motes.shared import config
from motes.shared.common import ADDRESS
from motes.shared.plugin import Plugin
from motes.shared.settings import INSTANCE, Wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from motes.shared.config import Old, Values
    from motes.shared.settings import Labels

# Of every exporter's table, whatever its options are.
RESERVED = ("labels", "listen")
_IN_NAMES = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_LONGEST_NAME = 63
# The metrics about an exporter's collectors have the first two themselves.
_TAKEN = ("collector", "exporter", INSTANCE)


def wanted(plugin: Plugin, table: object, old: "Old") -> "tuple[list[Wanted], list[str]]":
    """The instances of one exporter, and what is wrong with them."""
    if not isinstance(table, dict):
        return [], config.from_table(plugin.name, table, plugin.prefix, plugin.options, old)[1]
    below = {key: given for key, given in table.items() if _is_instance(plugin, key, given)}
    itself = {key: given for key, given in table.items() if key not in below}
    problems = [_bad_name(f"{plugin.name}.{name}") for name in below if not _fits(name)]
    named = {name: given for name, given in below.items() if _fits(name)}
    if itself or not below:
        named = {"": itself, **named}
    found = []
    for name, given in named.items():
        instance, wrong = _instance(plugin, name, given, old)
        found.append(instance)
        problems += wrong
    return found, problems


def _is_instance(plugin: Plugin, key: str, given: object) -> bool:
    if not isinstance(given, dict) or key in RESERVED or _knows(plugin, key):
        return False
    names = [option.name.removeprefix(plugin.prefix) for option in plugin.options.all()]
    if any(name.startswith(f"{key}.") for name in names):
        # A key with dots that does not stand in quotes.
        return False
    # What takes a table, misspelt: what is in it is none of ours either.
    return not (given and config.near(key, [*names, *RESERVED]) and not any(_knows(plugin, inner) for inner in given))


def _knows(plugin: Plugin, key: str) -> bool:
    return key in RESERVED or plugin.options.find(plugin.prefix + key) is not None


def _instance(plugin: Plugin, name: str, table: "Values", old: "Old") -> "tuple[Wanted, list[str]]":
    title = f"{plugin.name}.{name}" if name else plugin.name
    problems = []
    labels, wrong = _labels(table.get("labels", {}))
    problems += [f"[{title}] labels: {each}" for each in wrong]
    listen, wrong = _listen(table.get("listen", []))
    problems += [f"[{title}] listen: {each}" for each in wrong]
    values, wrong = config.from_table(title, table, plugin.prefix, plugin.options, old, besides=RESERVED)
    problems += wrong
    return Wanted(plugin, name, values, labels, listen, sound=not problems), problems


def _fits(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_NAME and _IN_NAMES.issuperset(name)


def _bad_name(title: str) -> str:
    return f"[{title}]: an instance's name has letters, digits, - and _, {_LONGEST_NAME} at most"


def _labels(given: object) -> "tuple[Labels, list[str]]":
    if not isinstance(given, dict):
        return (), ['this is a table: write { site = "home" }']
    problems = [problem for name, value in given.items() if (problem := _bad_label(name, value))]
    return tuple(given.items()), problems


def _bad_label(name: str, value: object) -> str:
    if not name.isascii() or not name.isidentifier() or name.startswith("__"):
        return f'"{name}" is no name of a label, which has letters, digits and _, and begins with none of __ and digits'
    if name in _TAKEN:
        return f"the label {name} is motes' own: choose another name"
    return "" if isinstance(value, str) else f"{name} is a string in quotes"


def _listen(given: object) -> "tuple[Sequence[str], list[str]]":
    try:
        return ADDRESS.read_all(given), []
    except ValueError as error:
        return [], [str(error)]
