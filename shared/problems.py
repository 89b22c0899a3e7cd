"""What is wrong, as a report has it."""

from collections.abc import Iterator

from motes.shared.report import DOWN, WRONG, ExporterReport, Report


class Problem:
    """Where something is wrong, what, since or as of when (Unix time, 0 where that is not known), what to do."""

    __slots__ = ("advice", "what", "when", "where")

    def __init__(self, where: str, what: str, when: float = 0.0, advice: str = "") -> None:
        self.where = where
        self.what = what
        self.when = when
        self.advice = advice


def problems(report: Report) -> list[Problem]:
    """Of the program, then of its exporters, each one's own before those of its sensors."""
    found = [Problem(address, state) for address, state in report.listeners if state.startswith("not listening")]
    for exporter in report.exporters:
        found += _of_exporter(exporter)
    return found


def _of_exporter(exporter: ExporterReport) -> Iterator[Problem]:
    if exporter.state == DOWN:
        yield Problem(exporter.name, DOWN, advice="see the log; SIGHUP tries it again")
    for collector in exporter.collectors:
        if collector.state in WRONG:
            where = exporter.name if collector.name == exporter.name else f"{exporter.name} {collector.name}"
            yield Problem(where, collector.state, collector.failed_at, collector.error)
    for sensor in exporter.sensors:
        if sensor.problem:
            yield Problem(f"{exporter.name} {sensor.name}", sensor.problem, sensor.seen, sensor.advice)
