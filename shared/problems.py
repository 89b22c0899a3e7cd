"""What is wrong, as a report has it."""

from collections.abc import Iterator

from motes.shared import human
from motes.shared.report import DOWN, HANGS, WRONG, CollectorReport, ExporterReport, Report


class Problem:
    """Where something is wrong, what, since when as far as that is known, and more on it or what to do."""

    __slots__ = ("more", "what", "when", "where")

    def __init__(self, where: str, what: str, when: str = "", more: str = "") -> None:
        self.where = where
        self.what = what
        self.when = when
        self.more = more


def problems(report: Report) -> list[Problem]:
    """Of the program, then of its exporters, each one's own before those of its sensors."""
    found = [Problem(report.program, report.problem)] if report.problem else []
    found += [Problem(address, state) for address, state in report.listeners if state.startswith("not listening")]
    for exporter in report.exporters:
        found += _of_exporter(exporter, report.now)
    return found


def _of_exporter(exporter: ExporterReport, now: float) -> Iterator[Problem]:
    if exporter.problem or exporter.state == DOWN:
        yield Problem(exporter.name, exporter.problem or exporter.state, more="SIGHUP tries it again")
    for collector in exporter.collectors:
        if collector.state in WRONG:
            yield Problem(exporter.title(collector), collector.state, _since(collector, now), collector.error)
    for sensor in exporter.sensors:
        if sensor.problem:
            seen = f"last seen {human.age(sensor.seen, now)}" if sensor.seen else ""
            yield Problem(f"{exporter.name} {sensor.name}", sensor.problem, seen, sensor.advice)


def _since(collector: CollectorReport, now: float) -> str:
    if collector.state == HANGS:
        return f"for {human.span(collector.duration or 0.0)}"
    return human.age(collector.failed_at, now) if collector.failed_at else ""
