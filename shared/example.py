"""The text of --config.example, made from the options' declarations: a TOML file that changes nothing as it is.

What stands behind `#` at once is to be taken as it is; what is for people has a space between.
"""

from collections.abc import Iterable, Mapping, Sequence

from motes.shared.common import TABLES, WEB
from motes.shared.help import wrapped
from motes.shared.options import BOOLEAN, Catalogue, Kind, Option
from motes.shared.pairs import Pairs
from motes.shared.plugin import Plugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ABOUT = (
    "What {name} can be told, with the defaults. To change one, take away the # in front of it, and in front of its "
    "table. {name} --config.check says whether all is well; SIGHUP has the file read again. What stands on the command "
    "line or in the environment comes before what stands here."
)
_EXPORTERS = (
    "The exporters: those run that have a table here. Besides its options, each table takes labels, which all of its "
    "series get, and addresses: then it is served there, and nowhere else. A table below is one more exporter of "
    'the same kind, whose series have the label instance_name="kitchen". So this could be, too:'
)
_AS_WELL = """
    [lywsd03mmc]
    labels = { site = "home" }
    listen = ["127.0.0.1:9265"]

    [card10-bme680.kitchen]
    device = ["/dev/ttyACM1"]
"""


def example(name: str, plugins: Mapping[str, Plugin], on: Iterable[str], defaults: "Mapping[str, Any]") -> str:
    """For a program. The tables of those exporters that are `on` stand as they are, those of others behind `#`."""
    lines = _prose(_ABOUT.format(name=name))
    for table in TABLES:
        lines += ["", f"[{table}]"]
        options = [option for option in WEB if option.name.startswith(f"{table}.")]
        lines += _options(options, f"{table}.", Catalogue(options), defaults)
    lines += ["", *_prose(_EXPORTERS), *[f"# {line}".rstrip() for line in _AS_WELL.splitlines()]]
    for kind, plugin in plugins.items():
        lines += ["", f"[{kind}]" if kind in on else f"#[{kind}]"]
        lines += _options(plugin.options.all(), plugin.prefix, plugin.options, {})
    return "\n".join(lines) + "\n"


def _options(options: Sequence[Option], prefix: str, known: Catalogue, defaults: "Mapping[str, Any]") -> list[str]:
    lines = []
    for option in options:
        if option.hidden:
            continue
        lines += ["", *_prose(f"{option.help}{_kind(option)}")]
        key = _key(option.name.removeprefix(prefix))
        default = defaults.get(option.name, option.default)
        value = _value(option, option.example if default is None else default)
        # One that stands for many, and is none itself, is for people.
        lines.append(f"#{key} = {value}" if known.find(option.name) else f"#     {key} = {value}")
    return lines


def _prose(text: str) -> list[str]:
    return wrapped(text, "# ")


def _kind(option: Option) -> str:
    # So that lines can be broken where there are many words to choose from.
    metavar = option.kind.metavar.replace("|", " | ")
    if isinstance(option.kind, Pairs):
        key, _, value = metavar.partition("=")
        return f' A table: {{ "{key}" = "{value}", … }}.'
    if option.repeatable:
        return f' An array: ["{metavar}", …].'
    return "" if option.kind is BOOLEAN else f" ({metavar})"


def _key(name: str) -> str:
    return _string(name) if "." in name else name


def _value(option: Option, default: "Any") -> str:
    if isinstance(option.kind, Pairs):
        return "{}"
    if option.repeatable:
        return f"[{', '.join([_literal(option.kind, each) for each in default])}]"
    return _literal(option.kind, default)


def _literal(kind: Kind, value: object) -> str:
    text = "" if value is None else kind.show(value)
    return _string(text) if str in kind.types else text.lower()


def _string(text: str) -> str:
    """In single quotes, where nothing has to be escaped, if that spares something."""
    if "\\" in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    shown = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in shown) + '"'
