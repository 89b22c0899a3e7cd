"""A report as /status.json has it.

Unit: Unix time and seconds; null for the duration of what was not asked yet, 0 for a time that never was.
"""

from motes.shared.report import CollectorReport, ExporterReport, Report
from motes.shared.sensor import Sensor
from motes.shared.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def plain(report: Report) -> "dict[str, Any]":
    """As /status.json has it."""
    return {
        "program": report.program,
        "version": VERSION,
        "started": report.started,
        "now": report.now,
        "listeners": [{"address": address, "state": state} for address, state in report.listeners],
        "allow": list(report.allow),
        "problem": report.problem,
        "exporters": [_plain_exporter(exporter) for exporter in report.exporters],
    }


def _plain_exporter(exporter: ExporterReport) -> "dict[str, Any]":
    return {
        "name": exporter.name,
        "state": exporter.state,
        "problem": exporter.problem,
        "collectors": [_plain_collector(each) for each in exporter.collectors],
        "sensors": [_plain_sensor(each) for each in exporter.sensors],
    }


def _plain_collector(collector: CollectorReport) -> "dict[str, Any]":
    return {
        "name": collector.name,
        "state": collector.state,
        "duration_seconds": collector.duration,
        "series": collector.series,
        "last_error": collector.error,
        "last_error_timestamp": collector.failed_at,
    }


def _plain_sensor(sensor: Sensor) -> "dict[str, Any]":
    return {
        "name": sensor.name,
        "readings": [list(reading) for reading in sensor.readings],
        "seen_timestamp": sensor.seen,
        "problem": sensor.problem,
        "advice": sensor.advice,
    }
