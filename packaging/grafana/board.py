"""A dashboard: its panels put in their places, and the choices at its top."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from panels import DATASOURCE, Json, Panel, filled
from queries import own

# Of Grafana 10.4; newer ones take it over to theirs.
_SCHEMA = 39
_COLUMNS = 24
_LINK = {
    "type": "dashboards",
    "title": "motes",
    "icon": "external link",
    "tags": ["motes"],
    "asDropdown": True,
    "includeVars": True,
    "keepTime": False,
    "targetBlank": False,
    "tooltip": "",
    "url": "",
}


@dataclass(frozen=True)
class Board:
    """`of` is a metric that tells which jobs and hosts there are to choose among."""

    name: str
    title: str
    about: str
    of: str
    panels: Sequence[Panel]
    since: str = "now-24h"
    refresh: str = "30s"

    def json(self) -> Json:
        return {
            "uid": f"motes-{self.name}",
            "title": self.title,
            "description": self.about,
            "tags": ["motes"],
            "schemaVersion": _SCHEMA,
            "version": 1,
            "editable": True,
            "graphTooltip": 1,
            "timezone": "browser",
            "time": {"from": self.since, "to": "now"},
            "timepicker": {},
            "refresh": self.refresh,
            "links": [_LINK],
            "annotations": {"list": [_STARTS]},
            "templating": {"list": list(_variables(self.of))},
            "panels": list(_placed(self.panels)),
        }


def _placed(panels: Sequence[Panel]) -> Iterator[Json]:
    """From left to right as long as there is room, and then below the highest of these."""
    x = y = highest = 0
    for number, panel in enumerate(panels, 1):
        if x + panel.width > _COLUMNS:
            x, y, highest = 0, y + highest, 0
        place = {"x": x, "y": y, "w": panel.width, "h": panel.height}
        yield {"id": number, "gridPos": place, **panel.json}
        x += panel.width
        highest = max(highest, panel.height)


def _variables(of: str) -> Iterator[Json]:
    yield {
        "type": "datasource",
        "name": "datasource",
        "label": "Data source",
        "query": "prometheus",
        "regex": "",
        "current": {},
        "options": [],
        "hide": 0,
        "includeAll": False,
        "multi": False,
        "refresh": 1,
        "skipUrlSync": False,
    }
    yield _choice("job", "Job", f"label_values({of}, job)")
    yield _choice("instance", "Host", f'label_values({of}{{job=~"$job"}}, instance)')


def _choice(name: str, label: str, query: str) -> Json:
    """Several may be chosen, and all are at first."""
    return {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": DATASOURCE,
        "query": {"query": query, "refId": "StandardVariableQuery"},
        "regex": "",
        "sort": 1,
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "options": [],
        "hide": 0,
        "allValue": ".*",
        "includeAll": True,
        "multi": True,
        "refresh": 2,
        "skipUrlSync": False,
    }


# A mark where an exporter was started: what is odd there may have its reason in that.
_STARTS = {
    "name": "Starts of motes",
    "datasource": DATASOURCE,
    "enable": True,
    "hide": False,
    "iconColor": "blue",
    "expr": filled(f"{own('process_start_time_seconds{}')} * 1000"),
    "useValueForTime": True,
    "titleFormat": "{{instance}} started",
}
