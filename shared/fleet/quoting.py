"""Strings in double quotes that TOML, YAML and JSON take alike, and TOML from values.

What cannot be seen is escaped: YAML would take some of it for the end of a line.
"""

import datetime
import json
from collections.abc import Iterator, Mapping

_YAML_WORDS = ("true", "false", "yes", "no", "on", "off", "y", "n", "null")
_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def quoted(text: str) -> str:
    return "".join([one if one.isprintable() else _escaped(one) for one in json.dumps(text, ensure_ascii=False)])


def scalar(name: str) -> str:
    """The name of a host or of a label for YAML: without quotes where it cannot be taken for something else."""
    return quoted(name) if name[0].isdigit() or name.lower() in _YAML_WORDS else name


def toml_table(path: tuple[str, ...], table: Mapping[str, object]) -> Iterator[str]:
    """A table's lines, and those of the tables below it."""
    yield f"[{'.'.join(map(_key, path))}]"
    below = {key: value for key, value in table.items() if isinstance(value, dict)}
    for key, value in table.items():
        if key not in below:
            yield f"{_key(key)} = {_value(value)}"
    for key, value in below.items():
        yield ""
        yield from toml_table((*path, key), value)


def _key(key: str) -> str:
    return key if key and _BARE.issuperset(key) else quoted(key)


def _value(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return repr(value)


def _escaped(one: str) -> str:
    return f"\\u{ord(one):04x}" if ord(one) < 0x10000 else f"\\U{ord(one):08x}"
