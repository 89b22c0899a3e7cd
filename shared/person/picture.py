"""What a person sees of a program: what is wrong, where it listens, its exporters with their sensors and collectors."""

from collections.abc import Iterator, Sequence
from math import ceil

from motes.shared import human
from motes.shared.person.snapshot import Snapshot
from motes.shared.person.terminal import Line, columns, padded, paragraph
from motes.shared.problems import Problem, problems
from motes.shared.report import WORKS, WRONG, CollectorReport, ExporterReport, Report
from motes.shared.sensor import Sensor

_LABEL = 17
_GAP = 3


def picture(snapshot: Snapshot, width: int, place: str) -> list[Line]:
    """`place` is where it was had from."""
    report = snapshot.report
    up = f", up {human.span(report.now - report.started)}" if 0 < report.started <= report.now else ""
    head: Line = [(f"{report.program} {snapshot.version}", "bold"), (" ", "")]
    lines = paragraph(head, f"at {place}{up}", width, "dim", indent=2)
    lines += wrong(problems(report), width) or [[("All is well.", "good")]]
    lines += _listening(report, width)
    for exporter in report.exporters:
        lines += [[], *exported(exporter, report.now, width)]
    return lines


def exported(exporter: ExporterReport, now: float, width: int) -> list[Line]:
    """One exporter: its sensors, its collectors by their state, and what went wrong before."""
    look = "bad" if exporter.state in WRONG else "dim"
    lines: list[Line] = [[(exporter.name, "bold"), ("  " + exporter.state, look)]]
    for sensor in exporter.sensors:
        lines += _sensor(sensor, now, width)
    for state in dict.fromkeys(each.state for each in exporter.collectors):
        lines += _collectors(state, [each for each in exporter.collectors if each.state == state], width)
    for each in exporter.collectors:
        if each.error and each.state not in WRONG:
            head = [(f"  {each.name}, {human.age(each.failed_at, now)}: ", "dim")]
            lines += paragraph(head, each.error, width, "dim", indent=4)
    return lines


def wrong(found: Sequence[Problem], width: int) -> list[Line]:
    """What is wrong, and what more is known of it."""
    lines: list[Line] = []
    for each in found:
        what = ", ".join(filter(None, (each.what, each.when)))
        lines += paragraph([(f"{each.where}: ", "bad")], what, width, indent=2)
        if each.more:
            lines += paragraph([("  → ", "")], each.more, width)
    return lines


def _listening(report: Report, width: int) -> list[Line]:
    lines: list[Line] = [[], [("listening", "bold")]]
    for address, state in report.listeners:
        if state == "listening":
            lines.append([(f"  {address}", "")])
        else:
            lines += paragraph([(f"  {address} ", "")], state, width, "note", indent=4)
    allowed = ", ".join(report.allow) or "everybody who reaches it"
    return lines + paragraph([("  may connect: ", "dim")], allowed, width, indent=4)


def _sensor(sensor: Sensor, now: float, width: int) -> list[Line]:
    seen = human.age(sensor.seen, now) if sensor.seen else "not seen yet"
    look = "bad" if sensor.problem else "good" if sensor.readings else "dim"
    lines: list[Line] = [[("  " + sensor.name, look), ("  " + seen, "dim")]]
    if sensor.readings:
        lines += paragraph([("    ", "")], ", ".join(f"{name} {value}" for name, value in sensor.readings), width)
    if sensor.problem:
        lines += paragraph([("    ", "")], sensor.problem, width, "bad")
    return lines


def _collectors(state: str, them: Sequence[CollectorReport], width: int) -> Iterator[Line]:
    """All that are in one state, in as many columns as there is room for."""
    look = "good" if state == WORKS else "bad" if state in WRONG else "dim"
    cells = _cells(them)
    label, at = padded("  " + state, _LABEL), _LABEL
    if width - at < columns(cells[0]) or columns(label) > at:
        yield [("  " + state, look)]
        label, at = "    ", 4
    fit = max(1, (width - at + _GAP) // (columns(cells[0]) + _GAP))
    rows = ceil(len(cells) / fit)
    for row in range(rows):
        yield [(label, look), ((" " * _GAP).join(cells[row::rows]).rstrip(), "")]
        label = " " * at


def _cells(them: Sequence[CollectorReport]) -> list[str]:
    """Name, duration and number of series of each, all equally wide."""
    widest = max(columns(each.name) for each in them)
    names = [padded(each.name, widest) for each in them]
    if not any(each.series for each in them):
        return names
    durations = ["" if each.duration is None else human.duration(each.duration) for each in them]
    series = [f"{each.series:,}" for each in them]
    slow, many = max(map(len, durations)), max(map(len, series))
    return [
        f"{name}  {duration:>{slow}}  {number:>{many}}"
        for name, duration, number in zip(names, durations, series, strict=True)
    ]
