"""The dashboards that are shipped, as Grafana would read them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parents[2] / "packaging/grafana"
FILES = sorted((FOLDER / "dashboards").glob("*.json"))
# What Grafana puts in the place of its variables: with all that there is to choose chosen, and a step of 30 seconds.
_VARIABLES = {"job": ".*", "instance": ".*", "__rate_interval": "2m", "__interval": "30s"}

Json = dict[str, Any]


class Query(NamedTuple):
    board: str
    panel: str
    ref: str
    expression: str
    legend: str
    shown: frozenset[str]  # the labels that a table has columns for, if it is one

    def __str__(self) -> str:
        return f"{self.board}: {self.panel} {self.ref}"


def read(file: Path) -> Json:
    dashboard: Json = json.loads(file.read_text())
    return dashboard


def queries(file: Path) -> Iterator[Query]:
    """Of the panels, and of the annotations."""
    board = read(file)
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield Query(
                file.stem,
                panel["title"],
                target["refId"],
                interpolated(target["expr"]),
                target["legendFormat"],
                _columns(panel),
            )
    for annotation in board["annotations"]["list"]:
        name, expression, title = annotation["name"], annotation["expr"], annotation["titleFormat"]
        yield Query(file.stem, name, "", interpolated(expression), title, frozenset())


def legend_labels(legend: str) -> set[str]:
    return set(re.findall(r"\{\{(.*?)\}\}", legend))


def interpolated(expression: str) -> str:
    """KeyError for a variable that there is not."""
    return re.sub(r"\$\{?(\w*[a-z]\w*)\}?", lambda found: _VARIABLES[found[1]], expression)


def _columns(panel: Json) -> frozenset[str]:
    renamed = [one["options"].get("renameByName", {}) for one in panel.get("transformations", ())]
    return frozenset(name for names in renamed for name in names if not name.startswith("Value"))
