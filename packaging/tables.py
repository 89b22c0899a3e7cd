#!/usr/bin/python3 -B
"""Writes the README's tables of metrics and collectors anew: packaging/tables.py [PAGE...]

Pages are what programs served, of which a table has every metric that they tell; without one of its kind, a table stays
as it is. That of the collectors is made from the collectors.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / ".src"))

from motes.exporters.node import COLLECTORS

README = Path(__file__).parents[1] / "README.md"
# By what names of metrics begin with.
SENSORS = ("thermometer_", "card10_", "firefox_")

_BEGIN, _END = "<!-- table: {} -->\n", "<!-- end -->\n"
# On what is served of an instance beside another.
_INSTANCE = "instance_name"
_SAMPLE = re.compile(r"(\w+)(?:\{(.*)\})? \S+")
_LABEL = re.compile(r'(\w+)="(?:[^"\\]|\\.)*"')


def collectors() -> str:
    """What each tells of, in its own words."""
    rows = []
    for name, default in COLLECTORS.items():
        told = (import_module(f"motes.exporters.node.{name}").__doc__ or "").partition("\n")[0]
        rows.append((f"`{name}`", told.rstrip("."), "" if default else "off"))
    return _table(("collector", "tells of", "by default"), rows)


def metrics(page: str, prefix: str) -> str:
    """Every metric of a page that has samples and such a name, with its labels and what its HELP says."""
    helps: dict[str, str] = {}
    labels: dict[str, dict[str, None]] = {}
    for line in page.split("\n"):
        if line.startswith("# HELP "):
            name, _, help = line.removeprefix("# HELP ").partition(" ")
            helps[name] = help
        elif found := _SAMPLE.fullmatch(line):
            named = [label for label in _LABEL.findall(found[2] or "") if label != _INSTANCE]
            labels.setdefault(found[1], {}).update(dict.fromkeys(named))
    rows = [(_shown(name, labels[name]), helps[name].rstrip(".")) for name in labels if name.startswith(prefix)]
    return _table(("metric", ""), rows)


def replaced(text: str, tables: Mapping[str, str]) -> str:
    """The README with tables in the places that are marked for them. ValueError where there is no such place."""
    for name, table in tables.items():
        before, begin, rest = text.partition(_BEGIN.format(name))
        _, end, after = rest.partition(_END)
        if not end:
            raise ValueError(f"the README has no place for the table {name}")
        text = before + begin + table + end + after
    return text


def tables(pages: Iterable[str]) -> dict[str, str]:
    """By their names in the README."""
    found = {"collectors": collectors()}
    for page in pages:
        found |= {prefix: metrics(page, prefix) for prefix in SENSORS if f"\n{prefix}" in page}
    return found


def _shown(name: str, labels: Iterable[str]) -> str:
    inside = ", ".join(labels)
    return f"`{name}{{{inside}}}`" if inside else f"`{name}`"


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [titles, tuple("---" for _ in titles), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    written = replaced(README.read_text(), tables(Path(name).read_text() for name in sys.argv[1:]))
    README.write_text(written)
