"""The dashboards' JSON: what the generator makes, held to what Grafana imports.

Oracle: Grafana's own models and units, as its foundation SDK has them.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import Dashboard

from tests.support.dashboards import FILES, FOLDER, Json, interpolated, read

COLUMNS = 24
KINDS = {"row", "stat", "bargauge", "timeseries", "state-timeline", "table"}
# Declared by a line each, `Celsius: typing.Literal["celsius"] = "celsius"`.
UNITS = {line.split('"')[1] for line in Path(str(units.__file__)).read_text().splitlines() if "Literal[" in line}
COLORS = {"text", "green", "yellow", "orange", "red", "blue", "purple"}
# Of Prometheus' annotations, of which the models know the expression alone.
UNKNOWN = {"/annotations/list/0/titleFormat", "/annotations/list/0/useValueForTime"}


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def board(request: pytest.FixtureRequest) -> Json:
    return read(request.param)


def test_they_are_what_the_generator_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-B", FOLDER / "generate.py", tmp_path], check=True)
    assert texts(tmp_path.iterdir()) == texts(FILES)
    assert len(FILES) == 5


def test_no_two_have_a_uid_or_a_title() -> None:
    boards = [read(file) for file in FILES]
    for key in ("uid", "title"):
        assert len({each[key] for each in boards}) == len(FILES)


def test_the_uid_is_one(board: Json) -> None:
    """And the same for ever, for links and the history of a dashboard are by it."""
    assert board["uid"] in ("motes-badge", "motes-firefox", "motes-fleet", "motes-node", "motes-thermometers")
    assert "id" not in board


def test_grafanas_models_know_all_of_it(board: Json) -> None:
    """What they do not know is missing from what they give back."""
    register_default_plugins()
    given = json.loads(JSONEncoder().encode(Dashboard.from_json(board)))
    assert set(missing(board, given)) == UNKNOWN


def test_panels_are_of_kinds_that_stay(board: Json) -> None:
    assert {panel["type"] for panel in board["panels"]} <= KINDS
    assert all(panel["title"] for panel in board["panels"])


def test_ids_and_letters_are_there_once(board: Json) -> None:
    assert max(Counter(panel["id"] for panel in board["panels"]).values()) == 1
    for panel in board["panels"]:
        letters = [target["refId"] for target in panel.get("targets", ())]
        assert len(letters) == len(set(letters)), panel["title"]


def test_panels_lie_side_by_side(board: Json) -> None:
    places = [panel["gridPos"] for panel in board["panels"]]
    taken = Counter(chain.from_iterable(cells(**place) for place in places))
    assert max(taken.values()) == 1
    assert max(x for x, _ in taken) < COLUMNS
    assert all((one["y"], one["x"]) < (other["y"], other["x"]) for one, other in pairwise(places))
    assert all({(x, y) for x in range(COLUMNS)} & taken.keys() for y in range(max(y for _, y in taken)))


def test_units_and_colors_are_grafanas(board: Json) -> None:
    told = list(entries(board["panels"]))
    assert {value for key, value in told if key == "unit"} <= UNITS
    assert {value for key, value in told if key == "color" and isinstance(value, str)} <= COLORS
    overridden = [each for key, each in told if key == "properties"]
    assert {one["value"] for each in overridden for one in each if one["id"] == "unit"} <= UNITS


def test_thresholds_rise(board: Json) -> None:
    for steps in (value for key, value in entries(board["panels"]) if key == "steps"):
        assert steps[0]["value"] is None
        values = [step["value"] for step in steps[1:]]
        assert values == sorted(set(values))


def test_all_is_asked_of_the_data_source_that_is_chosen(board: Json) -> None:
    variables = {each["name"]: each for each in board["templating"]["list"]}
    assert list(variables) == ["datasource", "job", "instance"]
    assert variables["datasource"]["query"] == "prometheus"
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    assert all(value == chosen for key, value in entries(board) if key == "datasource")
    assert all(
        "datasource" in each
        for panel in board["panels"]
        for each in (panel, *panel.get("targets", [panel]))
        if panel["type"] != "row"
    )


def test_hosts_can_be_chosen_in_every_query(board: Json) -> None:
    for expression in (value for key, value in entries(board) if key == "expr"):
        interpolated(expression)
        assert 'instance=~"$instance' in expression


def test_they_are_put_where_grafana_looks() -> None:
    provider = (FOLDER / "provisioning/dashboards/motes.yml").read_text()
    (folder,) = re.findall(r"^      path: (\S+)$", provider, re.MULTILINE)
    assert f"install -D -m 644 -t {folder} packaging/grafana/dashboards/*.json\n" in (FOLDER / "README.md").read_text()


def test_the_readme_knows_all() -> None:
    told = re.findall(r"^\| `(motes-\w+)` \|", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert sorted(told) == [file.stem for file in FILES]


def texts(files: Iterator[Path] | list[Path]) -> dict[str, str]:
    return {file.name: file.read_text() for file in files}


def cells(x: int, y: int, w: int, h: int) -> Iterator[tuple[int, int]]:
    return ((column, line) for column in range(x, x + w) for line in range(y, y + h))


def missing(whole: Any, part: Any, path: str = "") -> Iterator[str]:
    """The paths of what a JSON value has that another one has not."""
    if isinstance(whole, dict) and isinstance(part, dict):
        for key, value in whole.items():
            yield from missing(value, part[key], f"{path}/{key}") if key in part else [f"{path}/{key}"]
    elif isinstance(whole, list) and isinstance(part, list) and len(whole) == len(part):
        for at, (one, other) in enumerate(zip(whole, part, strict=True)):
            yield from missing(one, other, f"{path}/{at}")
    elif whole != part:
        yield path


def entries(value: Any) -> Iterator[tuple[str, Any]]:
    """All keys with their values, however deep."""
    if isinstance(value, dict):
        yield from value.items()
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from entries(each)
