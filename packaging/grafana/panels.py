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

_NEWEST = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_LEGEND = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
_STAT: Json = {
    "reduceOptions": _NEWEST,
    "orientation": "auto",
    "textMode": "auto",
    "colorMode": "value",
    "justifyMode": "auto",
}
_BARS: Json = {
    "reduceOptions": _NEWEST,
    "orientation": "horizontal",
    "displayMode": "basic",
    "valueMode": "color",
    "showUnfilled": True,
    "minVizWidth": 8,
    "minVizHeight": 16,
}
_LINES: Json = {"legend": _LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}}
_STATES: Json = {
    "mergeValues": True,
    "showValue": "never",
    "alignValue": "left",
    "rowHeight": 0.9,
    "legend": _LEGEND,
    "tooltip": {"mode": "single", "sort": "none"},
}

_CHOSEN = 'job=~"$job",instance=~"$instance"'
_BRACES = re.compile(r"\{\{|\}\}|\{\}|\{")
_FILLED = {"{{": "{", "}}": "}", "{}": "{" + _CHOSEN + "}", "{": "{" + _CHOSEN + ","}


@dataclass(frozen=True)
class Panel:
    """What Grafana is told of it but for its number and its place; `height` in Grafana's units, of 24 a row is wide."""

    width: int
    height: int
    json: Json = field(repr=False)


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
    options = _STAT | {"graphMode": "area" if trend else "none"}
    defaults = fields(unit, steps, meanings or {}, decimals)
    if none:
        defaults["noValue"] = none
    targets = [target("A", query, legend, instant=not trend)]
    return panel("stat", title, about, targets=targets, defaults=defaults, options=options, size=(width, height))


def bars(
    title: str, query: str, unit: str, *, legend: str, steps: Steps, span: tuple[float, float], width: int = 8
) -> Panel:
    """One bar a series."""
    defaults = fields(unit, steps, {}, None) | {"min": span[0], "max": span[1]}
    targets = [target("A", query, legend, instant=True)]
    return panel("bargauge", title, "", targets=targets, defaults=defaults, options=_BARS, size=(width, 8))


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
    defaults = fields(unit, steps or ((None, GOOD),), {}, None)
    defaults |= {"color": {"mode": "palette-classic"}, "custom": _drawn(stacked=stacked, graded=bool(steps))}
    defaults |= {name: end for name, end in zip(("min", "max"), span, strict=True) if end is not None}
    by_legend = {legend: queries} if isinstance(queries, str) else queries
    targets = [target(chr(65 + at), query, name) for at, (name, query) in enumerate(by_legend.items())]
    made = panel("timeseries", title, about, targets=targets, defaults=defaults, options=_LINES, size=(width, height))
    if step:
        made.json["interval"] = step
    return made


def _drawn(*, stacked: bool, graded: bool) -> Json:
    return {
        "drawStyle": "line",
        "lineWidth": 1,
        "fillOpacity": 40 if stacked else 8,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
        "thresholdsStyle": {"mode": "area" if graded else "off"},
    }


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
    defaults = fields(unit, steps, meanings or {}, None)
    defaults["custom"] = {"lineWidth": 0, "fillOpacity": 70}
    targets = [target("A", query, legend)]
    size = width, height
    return panel("state-timeline", title, about, targets=targets, defaults=defaults, options=_STATES, size=size)


def filled(query: str) -> str:
    """A query with the job and the host that were chosen, as the module says."""
    return _BRACES.sub(lambda found: _FILLED[found.group()], query)


def panel(
    kind: str, title: str, about: str, *, targets: list[Json], defaults: Json, options: Json, size: tuple[int, int]
) -> Panel:
    json: Json = {"type": kind, "title": title}
    if about:
        json["description"] = about
    json |= {"datasource": DATASOURCE, "targets": targets}
    json |= {"fieldConfig": {"defaults": defaults, "overrides": []}, "options": options}
    return Panel(*size, json)


def target(ref: str, query: str, legend: str, *, instant: bool = False, table: bool = False) -> Json:
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


def fields(unit: str, steps: Steps, meanings: Meanings, decimals: int | None) -> Json:
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
