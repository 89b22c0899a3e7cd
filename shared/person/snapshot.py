"""How a program of motes does, as its /status.json tells.

Every text in it has been made fit to be shown. What is missing is empty, for the program may be older or newer.
Errors: ValueError for what is no such document.
"""

import json
from math import isfinite
from typing import Any

from motes.shared.person.terminal import plain
from motes.shared.report import CollectorReport, ExporterReport, Report
from motes.shared.sensor import Sensor


class Snapshot:
    """A report, and the version of the program that made it."""

    def __init__(self, version: str, report: Report) -> None:
        self.version = version
        self.report = report


def parse(document: bytes) -> Snapshot:
    try:
        whole = json.loads(document)
    except (ValueError, RecursionError):
        whole = None
    if not isinstance(whole, dict) or "program" not in whole or not isinstance(whole.get("exporters"), list):
        raise ValueError("what is there is no status of a program of motes")
    report = Report(
        _text(whole, "program"),
        _number(whole, "started"),
        [(_text(each, "address"), _text(each, "state")) for each in _objects(whole, "listeners")],
        [plain(str(each)) for each in _list(whole, "allow")],
        [_exporter(each) for each in _objects(whole, "exporters")],
    )
    report.problem = _text(whole, "problem")
    # By its own clock, which may be another than ours.
    report.now = _number(whole, "now") or report.now
    return Snapshot(_text(whole, "version"), report)


def _exporter(told: dict[str, Any]) -> ExporterReport:
    exporter = ExporterReport(
        _text(told, "name"),
        [_collector(each) for each in _objects(told, "collectors")],
        [_sensor(each) for each in _objects(told, "sensors")],
    )
    exporter.state = _text(told, "state")
    exporter.problem = _text(told, "problem")
    return exporter


def _collector(told: dict[str, Any]) -> CollectorReport:
    return CollectorReport(
        _text(told, "name"),
        _text(told, "state"),
        duration=None if told.get("duration_seconds") is None else _number(told, "duration_seconds"),
        series=int(_number(told, "series")),
        error=_text(told, "last_error"),
        failed_at=_number(told, "last_error_timestamp"),
    )


def _sensor(told: dict[str, Any]) -> Sensor:
    pairs = [pair for pair in _list(told, "readings") if isinstance(pair, list) and len(pair) == 2]
    return Sensor(
        _text(told, "name"),
        [(plain(str(name)), plain(str(value))) for name, value in pairs],
        _number(told, "seen_timestamp"),
        problem=_text(told, "problem"),
        advice=_text(told, "advice"),
    )


def _text(told: dict[str, Any], key: str) -> str:
    value = told.get(key)
    return plain(str(value)) if isinstance(value, str | int | float) else ""


def _number(told: dict[str, Any], key: str) -> float:
    """A number that is one, and not negative; else 0, which stands for never and for nothing."""
    value = told.get(key)
    try:
        return max(0.0, float(value)) if isinstance(value, int | float) and isfinite(value) else 0.0
    except OverflowError:
        return 0.0


def _list(told: dict[str, Any], key: str) -> list[Any]:
    value = told.get(key)
    return value if isinstance(value, list) else []


def _objects(told: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [each for each in _list(told, key) if isinstance(each, dict)]
