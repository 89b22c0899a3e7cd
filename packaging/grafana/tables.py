"""Tables: a line for each host, room or profile, and a column for each query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from panels import NO_STEPS, Json, Meanings, Panel, Steps, fields, panel, target

_OPTIONS: Json = {
    "showHeader": True,
    "cellHeight": "sm",
    "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""},
}
_CELLS: Json = {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False, "filterable": False}


@dataclass(frozen=True)
class Column:
    """One of a table, which a query fills; without a title, the query fills labels alone."""

    title: str
    query: str
    unit: str = "none"
    steps: Steps = NO_STEPS
    meanings: Meanings = field(default_factory=dict)
    decimals: int | None = None


def table(
    title: str,
    names: Mapping[str, str],
    columns: Sequence[Column],
    *,
    about: str = "",
    sort: str = "",
    none: str = "",
    width: int = 24,
    height: int = 8,
) -> Panel:
    """A line for each set of labels; `names` are the labels that are shown, and what they are called.

    A query is to have no other labels, and what has the same ones becomes one line. `sort` is a column's title, behind
    a minus if what is most comes first.
    """
    refs = [chr(65 + at) for at in range(len(columns))]
    targets = [target(ref, each.query, "", instant=True, table=True) for ref, each in zip(refs, columns, strict=True)]
    by = [{"displayName": sort.lstrip("-"), "desc": sort.startswith("-")}] if sort else []
    defaults = fields("none", NO_STEPS, {}, None) | {"custom": _CELLS} | ({"noValue": none} if none else {})
    options = _OPTIONS | {"sortBy": by}
    made = panel("table", title, about, targets=targets, defaults=defaults, options=options, size=(width, height))
    made.json["fieldConfig"]["overrides"] = [_override(each) for each in columns if each.title]
    # Grafana calls them so: by the query's letter where there are several.
    values = ["Value"] if len(refs) == 1 else [f"Value #{ref}" for ref in refs]
    titles = {value: each.title for value, each in zip(values, columns, strict=True)}
    made.json["transformations"] = [{"id": "merge", "options": {}}, _organized(names, titles)]
    return made


def _organized(names: Mapping[str, str], titles: Mapping[str, str]) -> Json:
    """Labels first; what has no title is left out."""
    options = {
        "excludeByName": {"Time": True} | {value: True for value, title in titles.items() if not title},
        "indexByName": {name: at for at, name in enumerate([*names, *titles])},
        "renameByName": dict(names) | {value: title for value, title in titles.items() if title},
    }
    return {"id": "organize", "options": options}


def _override(column: Column) -> Json:
    told = fields(column.unit, column.steps, column.meanings, column.decimals)
    if column.steps is not NO_STEPS or column.meanings:
        told["custom.cellOptions"] = {"type": "color-text"}
    properties = [{"id": name, "value": value} for name, value in told.items()]
    return {"matcher": {"id": "byName", "options": column.title}, "properties": properties}
