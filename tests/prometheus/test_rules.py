"""The rules and alerts: each fires when it should, and then alone; and what each asks for is served.

The cases stand beside this, for promtool: series, and the alerts that fire at a time, word for word. Most cases have
other hosts among their series, of which an alert would be wrong.
"""

import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.prometheus import catalogue
from tests.support.program import ROOT
from tests.support.promql import grouped, selectors

# Recipes have some of their own.
OF_RECIPES = [file for file in (ROOT / "packaging/recipes").rglob("*.yml") if "\ngroups:\n" in file.read_text()]
RULES = sorted([*(ROOT / "packaging/prometheus").glob("*.yml"), *OF_RECIPES])
CASES = sorted(Path(__file__).parent.glob("*.test.yml"))
_LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_ROAD = re.compile(r'\broad="([^"]*)"')


class Alert(NamedTuple):
    """`road` is that of one that is told of by road."""

    name: str
    road: str

    def __str__(self) -> str:
        return " ".join(filter(None, self))


def _rules() -> list[dict[str, Any]]:
    loaded = [yaml.safe_load(file.read_text()) for file in RULES]
    return [rule for content in loaded for group in content["groups"] for rule in group["rules"]]


def _alert(rule: dict[str, Any]) -> Alert:
    return Alert(rule["alert"], rule["labels"].get("road", ""))


ALERTS = {str(_alert(rule)): rule for rule in _rules() if "alert" in rule}
RECORDED = {rule["record"] for rule in _rules() if "record" in rule}


def _checks() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each check of an alert, with the case that it is in."""
    cases = [case for file in CASES for case in yaml.safe_load(file.read_text())["tests"]]
    return [(case, check) for case in cases for check in case.get("alert_rule_test", ())]


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_prometheus_takes(file: Path) -> None:
    _run("promtool", "check", "rules", "--lint=all", "--lint-fatal", file)


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_vmalert_takes(file: Path) -> None:
    _run("vmalert", "-dryRun", f"-rule={file}")


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.name.partition(".")[0])
def test_cases(file: Path) -> None:
    _run("promtool", "test", "rules", file)


@pytest.mark.parametrize("alert", ALERTS)
def test_has_cases(alert: str) -> None:
    """It fires in one, and in one does not although there is what it asks for."""
    rule = ALERTS[alert]
    checks = [(case, check) for case, check in _checks() if check["alertname"] == rule["alert"] and _is_of(rule, case)]
    fires = [labels for _, check in checks for labels in _fired(check) if rule["labels"].items() <= labels.items()]
    assert fires
    assert any(not check["exp_alerts"] for _, check in checks)


def _fired(check: dict[str, Any]) -> list[dict[str, str]]:
    return [alert["exp_labels"] for alert in check["exp_alerts"]]


def _is_of(rule: dict[str, Any], case: dict[str, Any]) -> bool:
    """Whether the case has a series of the rule's road, where it has one."""
    road = _ROAD.search(rule["expr"])
    series = [each["series"] for each in case["input_series"]]
    return road is None or any((f'road="{road[1]}"' if road[1] else "up{") in each for each in series)


@pytest.mark.parametrize("alert", ALERTS)
def test_tells_what_to_do(alert: str) -> None:
    rule = ALERTS[alert]
    assert rule["alert"].startswith("Motes")
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    if "scalar(" in rule["expr"]:  # what is over a limit has a number worth telling
        assert "$value" in rule["annotations"]["description"]
    assert all(text and "\n" not in text for text in rule["annotations"].values())


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_readme_names(file: Path) -> None:
    """That of its folder, or of its recipe."""
    readme = next(there for folder in file.parents if (there := folder / "README.md").exists())
    assert f"`{file.relative_to(readme.parent)}`" in readme.read_text()


def test_each_limit_is_used() -> None:
    limits = {name for name in RECORDED if name.startswith("motes:limit:")}
    asked = {selector.name for rule in _rules() for selector in selectors(rule["expr"])}
    assert limits <= asked
    assert {name for name in asked if name.startswith("motes:")} <= RECORDED


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> catalogue.Catalogue:
    found: catalogue.Catalogue = {}
    parts = (
        catalogue.of_node(),
        catalogue.of_motesd(tmp_path_factory.mktemp("house")),
        catalogue.of_vmagent(tmp_path_factory.mktemp("vmagent")),
        catalogue.of_prometheus(tmp_path_factory.mktemp("prometheus")),
        catalogue.SCRAPES,
        catalogue.FLEET,
        catalogue.KERNEL,
    )
    for part in parts:
        for name, labels in part.items():
            found.setdefault(name, set()).update(labels)
    return found


def test_what_is_asked_for_is_served(served: catalogue.Catalogue) -> None:
    wrong = [
        wanted
        for rule in _rules()
        for wanted in selectors(rule["expr"])
        if not _is_served(wanted.name, wanted.matchers, served)
    ]
    assert not wrong


def _is_served(name: str, matchers: str, served: catalogue.Catalogue) -> bool:
    if name in RECORDED:
        return True
    labels = set(_LABEL.findall(re.sub(r'"(?:[^"\\]|\\.)*"', '""', matchers)))
    return name in served and labels <= served[name] | catalogue.OF_TARGETS


def test_what_is_joined_on_is_served(served: catalogue.Catalogue) -> None:
    known = catalogue.OF_TARGETS.union(*served.values())
    assert not {label for rule in _rules() for label in grouped(rule["expr"])} - known
