"""Panels of Grafana's dashboards, each made by a line or two: a title, queries, a unit, and how large it is.

A query is PromQL in which every selector has braces, to which the job and the host that were chosen are added:
`up{}` becomes `up{job=~"$job",instance=~"$instance"}`. Braces that are doubled stand for themselves.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Steps = Sequence[tuple[float | None, str]]  # from where on, and the color; the first has no beginning
Meanings = Mapping[int, tuple[str, str]]  # a number's text and color

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
# Colors by what they mean, as Grafana has them in both of its themes.
GOOD, FAIR, WARN, BAD, COLD, PLAIN = "green", "yellow", "orange", "red", "blue", "text"
NO_STEPS: Steps = ((None, PLAIN),)
YES_NO: Meanings = {1: ("yes", GOOD), 0: ("no", BAD)}
UP: Meanings = {1: ("up", GOOD), 0: ("down", BAD)}

_CHOSEN = 'job=~"$job",instance=~"$instance"'
_BRACES = re.compile(r"\{\{|\}\}|\{\}|\{")
_FILLED = {"{{": "{", "}}": "}", "{}": "{" + _CHOSEN + "}", "{": "{" + _CHOSEN + ","}


@dataclass(frozen=True)
class Panel:
    """What Grafana is told of it but for its number and its place; `height` in Grafana's units, of 24 a row is wide."""

    width: int
    height: int
    json: Json = field(repr=False)


@dataclass(frozen=True)
class Column:
    """One of a table, which a query fills; without a title, the query fills labels alone."""

    title: str
    query: str
    unit: str = "none"
    steps: Steps = NO_STEPS
    meanings: Meanings = field(default_factory=dict)
    decimals: int | None = None


def row(title: str) -> Panel:
    return Panel(24, 1, {"type": "row", "title": title, "collapsed": False, "panels": []})


def stat(
    title: str,
    query: str,
    unit: str = "none",
    *,
    legend: str = "",
    steps: Steps = NO_STEPS,
    meanings: Meanings | None = None,
    about: str = "",
    none: str = "",
    decimals: int | None = None,
    trend: bool = False,
    width: int = 4,
    height: int = 4,
) -> Panel:
    """One number, or one a series, each in the color of the step that it is on."""
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "orientation": "auto",
        "textMode": "auto",
        "colorMode": "value",
        "graphMode": "area" if trend else "none",
        "justifyMode": "auto",
    }
    defaults = _defaults(unit, steps, meanings or {}, decimals)
    if none:
        defaults["noValue"] = none
    targets = [_target("A", query, legend, instant=not trend)]
    return _panel("stat", title, about, targets=targets, defaults=defaults, options=options, size=(width, height))


def bars(
    title: str, query: str, unit: str, *, legend: str, steps: Steps, span: tuple[float, float], width: int = 8
) -> Panel:
    """One bar a series."""
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "orientation": "horizontal",
        "displayMode": "basic",
        "valueMode": "color",
        "showUnfilled": True,
        "minVizWidth": 8,
        "minVizHeight": 16,
    }
    defaults = _defaults(unit, steps, {}, None) | {"min": span[0], "max": span[1]}
    targets = [_target("A", query, legend, instant=True)]
    return _panel("bargauge", title, "", targets=targets, defaults=defaults, options=options, size=(width, 8))


def lines(
    title: str,
    queries: str | Mapping[str, str],
    unit: str = "short",
    *,
    legend: str = "",
    about: str = "",
    stacked: bool = False,
    steps: Steps | None = None,
    span: tuple[float | None, float | None] = (None, None),
    step: str = "",
    width: int = 12,
    height: int = 8,
) -> Panel:
    """Series over time: a query, or several by their legends; with `steps` the background tells what is good."""
    custom = {
        "drawStyle": "line",
        "lineWidth": 1,
        "fillOpacity": 40 if stacked else 8,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
        "thresholdsStyle": {"mode": "area" if steps else "off"},
    }
    defaults = _defaults(unit, steps or ((None, GOOD),), {}, None)
    defaults |= {"color": {"mode": "palette-classic"}, "custom": custom}
    defaults |= {name: end for name, end in zip(("min", "max"), span, strict=True) if end is not None}
    options = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    by_legend = {legend: queries} if isinstance(queries, str) else queries
    targets = [_target(chr(65 + at), query, name) for at, (name, query) in enumerate(by_legend.items())]
    panel = _panel(
        "timeseries", title, about, targets=targets, defaults=defaults, options=options, size=(width, height)
    )
    if step:
        panel.json["interval"] = step
    return panel


def states(
    title: str,
    query: str,
    *,
    legend: str,
    meanings: Meanings | None = None,
    steps: Steps = NO_STEPS,
    unit: str = "none",
    about: str = "",
    width: int = 12,
    height: int = 6,
) -> Panel:
    """A strip a series, colored by what it was over time."""
    defaults = _defaults(unit, steps, meanings or {}, None)
    defaults["custom"] = {"lineWidth": 0, "fillOpacity": 70}
    options = {
        "mergeValues": True,
        "showValue": "never",
        "alignValue": "left",
        "rowHeight": 0.9,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    targets = [_target("A", query, legend)]
    size = width, height
    return _panel("state-timeline", title, about, targets=targets, defaults=defaults, options=options, size=size)


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

    A query is to have no other labels, and what has the same ones becomes one line.
    """
    refs = [chr(65 + at) for at in range(len(columns))]
    fields = ["Value"] if len(refs) == 1 else [f"Value #{ref}" for ref in refs]
    titles = {name: each.title for name, each in zip(fields, columns, strict=True)}
    organize = {
        "excludeByName": {"Time": True} | {name: True for name, title in titles.items() if not title},
        "indexByName": {name: at for at, name in enumerate([*names, *fields])},
        "renameByName": dict(names) | {name: title for name, title in titles.items() if title},
    }
    transformations = [{"id": "merge", "options": {}}, {"id": "organize", "options": organize}]
    targets = [_target(ref, each.query, "", instant=True, table=True) for ref, each in zip(refs, columns, strict=True)]
    options = {
        "showHeader": True,
        "cellHeight": "sm",
        "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""},
        "sortBy": [{"displayName": sort.lstrip("-"), "desc": sort.startswith("-")}] if sort else [],
    }
    defaults = _defaults("none", NO_STEPS, {}, None)
    defaults["custom"] = {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False, "filterable": False}
    if none:
        defaults["noValue"] = none
    panel = _panel("table", title, about, targets=targets, defaults=defaults, options=options, size=(width, height))
    panel.json["fieldConfig"]["overrides"] = [_override(each) for each in columns if each.title]
    panel.json["transformations"] = transformations
    return panel


def filled(query: str) -> str:
    """A query with the job and the host that were chosen, as the module says."""
    return _BRACES.sub(lambda found: _FILLED[found.group()], query)


def _panel(
    kind: str, title: str, about: str, *, targets: list[Json], defaults: Json, options: Json, size: tuple[int, int]
) -> Panel:
    json: Json = {"type": kind, "title": title}
    if about:
        json["description"] = about
    json |= {"datasource": DATASOURCE, "targets": targets}
    json |= {"fieldConfig": {"defaults": defaults, "overrides": []}, "options": options}
    return Panel(*size, json)


def _target(ref: str, query: str, legend: str, *, instant: bool = False, table: bool = False) -> Json:
    return {
        "refId": ref,
        "datasource": DATASOURCE,
        "expr": filled(query),
        "legendFormat": legend or "__auto",
        "format": "table" if table else "time_series",
        "instant": instant,
        "range": not instant,
        "editorMode": "code",
    }


def _defaults(unit: str, steps: Steps, meanings: Meanings, decimals: int | None) -> Json:
    defaults: Json = {
        "unit": unit,
        "color": {"mode": "thresholds"},
        "mappings": _mappings(meanings),
        "thresholds": {"mode": "absolute", "steps": [{"value": start, "color": color} for start, color in steps]},
    }
    if decimals is not None:
        defaults["decimals"] = decimals
    return defaults


def _mappings(meanings: Meanings) -> list[Json]:
    if not meanings:
        return []
    options = {
        str(number): {"text": text, "color": color, "index": at}
        for at, (number, (text, color)) in enumerate(meanings.items())
    }
    return [{"type": "value", "options": options}]


def _override(column: Column) -> Json:
    told = _defaults(column.unit, column.steps, column.meanings, column.decimals)
    if column.steps is not NO_STEPS or column.meanings:
        told["custom.cellOptions"] = {"type": "color-text"}
    properties = [{"id": name, "value": value} for name, value in told.items()]
    return {"matcher": {"id": "byName", "options": column.title}, "properties": properties}
