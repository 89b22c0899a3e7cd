"""One exporter's part of the page for people: its sensors, its collectors, and what went wrong before."""

from collections.abc import Iterator, Sequence

from motes.shared import human
from motes.shared.collector import OWN
from motes.shared.html import escape, link
from motes.shared.report import ABSENT, DOWN, FAILED, HANGS, IDLE, WORKS, WRONG, CollectorReport, ExporterReport
from motes.shared.sensor import Sensor

# States of which all is to be told, for one collector and for many; and those with nothing but the collector's name.
_LOUD = ((WORKS, "works", "work"), (HANGS, "hangs", "hang"), (FAILED, "failed", "failed"))
_QUIET = ((ABSENT, "Nothing here"), (IDLE, "Not asked yet"))


def section(exporter: ExporterReport, now: float, metrics: str, *, told: bool = True) -> Iterator[str]:
    """`metrics` is the path of all metrics, relative to the page's. What is wrong now is `told` elsewhere, or here."""
    name = escape(exporter.name)
    path = link(f"{metrics}/{exporter.name}")
    own = "" if exporter.name == OWN else f' <small><a href="{path}">metrics</a></small>'
    bad = ' class="bad"' if exporter.state in WRONG or exporter.problem else ""
    yield f"<section><h2>{name} <small{bad}>{_state(exporter)}</small>{own}</h2>"
    if exporter.sensors:
        # Those with a problem first, and else in their order.
        cards = sorted(exporter.sensors, key=lambda sensor: not sensor.problem)
        yield f'<ul class="s">{"".join([_card(each, now) for each in cards])}</ul>'
    if len(exporter.collectors) > 1:
        yield from _collectors(exporter.collectors)
    failed = [each for each in exporter.collectors if each.error and not (told and each.state in WRONG)]
    yield from [_failed(each, now) for each in failed]
    yield "</section>"


def _state(exporter: ExporterReport) -> str:
    if exporter.state == DOWN or not exporter.collectors:
        return exporter.state
    back = [each for each in exporter.collectors if each.state != HANGS and each.duration is not None]
    series = human.count(sum([each.series for each in exporter.collectors]), "series", "series")
    spent = [human.duration(sum([each.duration or 0.0 for each in back]))] if back else []
    return ", ".join([*_states(exporter), series, *spent])


def _states(exporter: ExporterReport) -> list[str]:
    """What its collectors do; where there is but one, it mostly has the exporter's name."""
    if len(exporter.collectors) == 1:
        (only,) = exporter.collectors
        return [exporter.state if exporter.title(only) == exporter.name else f"{escape(only.name)} {exporter.state}"]
    states = [each.state for each in exporter.collectors]
    told = [(states.count(state), one, many) for state, one, many in _LOUD]
    return [f"{number} {one if number == 1 else many}" for number, one, many in told if number] or [exporter.state]


def _card(sensor: Sensor, now: float) -> str:
    seen = human.age(sensor.seen, now) if sensor.seen else "not seen yet"
    readings = [f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in sensor.readings]
    shown = f"<dl>{''.join(readings)}</dl>" if readings else ""
    if sensor.problem:
        shown += f'<p class="bad">{escape(sensor.problem)}</p><p><small>{escape(sensor.advice)}</small></p>'
    elif not readings:
        shown = "<p><small>silent</small></p>"
    look = ' class="bad"' if sensor.problem else ""
    return f"<li{look}><p><b>{escape(sensor.name)}</b> <small>{seen}</small></p>{shown}</li>"


def _collectors(collectors: Sequence[CollectorReport]) -> Iterator[str]:
    quiet = dict(_QUIET)
    loud = sorted([each for each in collectors if each.state not in quiet], key=lambda each: each.state not in WRONG)
    if loud:
        yield '<div class="t"><table><thead><tr><th>collector</th><th>series</th><th>time</th></tr></thead><tbody>'
        yield from map(_row, loud)
        yield "</tbody></table></div>"
    for state, told in _QUIET:
        names = [escape(each.name) for each in collectors if each.state == state]
        if names:
            yield f"<p><small>{told}: {', '.join(names)}</small></p>"


def _row(collector: CollectorReport) -> str:
    name = escape(collector.name)
    time = "" if collector.duration is None else human.duration(collector.duration)
    if collector.state == WORKS:
        return f"<tr><td>{name}</td><td>{collector.series:,}</td><td>{time}</td></tr>"
    return f'<tr class="bad"><td>{name} {collector.state}</td><td></td><td>{time}</td></tr>'


def _failed(collector: CollectorReport, now: float) -> str:
    when = human.age(collector.failed_at, now)
    return f"<p><small>{escape(collector.name)}, {when}: {escape(collector.error)}</small></p>"
