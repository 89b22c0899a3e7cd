"""The page for people: what is wrong, how every exporter, collector and sensor does, and where it listens.

One page of HTML, without a script, that asks for itself again. All links are relative, for it may stand behind a
prefix. /status.json says the same.
"""

from collections.abc import Callable, Iterator, Sequence

from motes.shared import human
from motes.shared.engine import Engine
from motes.shared.html import escape, link
from motes.shared.listen import Listeners
from motes.shared.problems import Problem, problems
from motes.shared.report import Report, Reporter
from motes.shared.running import Running
from motes.shared.section import section
from motes.shared.site import Site
from motes.shared.style import STYLE
from motes.shared.version import VERSION

_REFRESH = 10  # seconds
# So many problems are told of at the top, the others in their place.
_MOST_TOLD = 20
# A dot, green or red.
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E"
    "%3Ccircle cx='4' cy='4' r='4' fill='{}'/%3E%3C/svg%3E"
)


class StatusPage:
    """Of one program; made anew for each request, for who is served the exporters in `view`."""

    def __init__(
        self,
        name: str,
        engine: Engine,
        listeners: Listeners,
        site: Site,
        *,
        running: Running,
        allowed: Callable[[], Sequence[str]],
        problem: Callable[[], str] = str,
        started: float = 0.0,
    ) -> None:
        self._reporter = Reporter(
            name,
            engine,
            listeners,
            running=running,
            allowed=allowed,
            views=lambda: site.views,
            problem=problem,
            started=started,
        )
        self._site = site

    def render(self, view: frozenset[str]) -> bytes:
        report = self._reporter.report(view)
        return "".join(_page(report, self._site.telemetry_path.lstrip("/"))).encode("utf-8", "replace")

    def json(self, view: frozenset[str]) -> bytes:
        from json import dumps  # noqa: PLC0415 - half a megabyte, for those who ask

        from motes.shared.status_json import plain  # noqa: PLC0415

        return dumps(plain(self._reporter.report(view)), allow_nan=False).encode() + b"\n"


def _page(report: Report, metrics: str) -> Iterator[str]:
    wrong = problems(report)
    yield from _head(report, wrong)
    yield f'<nav><a href="{link(metrics)}">Metrics</a> <a href="status.json">JSON</a> '
    yield '<a href="-/healthy">Healthy</a> <a href="-/ready">Ready</a></nav>'
    yield from _summary(report, wrong)
    # People care for sensors.
    for exporter in sorted(report.exporters, key=lambda exporter: not exporter.sensors):
        yield from section(exporter, report.now, metrics, told=len(wrong) <= _MOST_TOLD)
    yield from _listening(report)
    yield "</body></html>\n"


def _head(report: Report, wrong: Sequence[Problem]) -> Iterator[str]:
    program = escape(report.program)
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<meta http-equiv="refresh" content="{_REFRESH}">'
    yield f'<link rel="icon" href="{_ICON.format("%23d33" if wrong else "%232a4")}">'
    yield f"<title>{program}: {_verdict(wrong)}</title><style>{STYLE}</style></head><body>"
    yield f"<header><h1>{program} <small>{VERSION}, up for {human.span(report.now - report.started)}</small></h1>"
    yield f"<small>{human.moment(report.now)}</small></header>"


def _verdict(wrong: Sequence[Problem]) -> str:
    if not wrong:
        return "all is well"
    return f"{human.count(len(wrong), 'thing')} {'is' if len(wrong) == 1 else 'are'} wrong"


def _summary(report: Report, wrong: Sequence[Problem]) -> Iterator[str]:
    verdict = _verdict(wrong)
    yield f'<div class="sum{" bad" if wrong else ""}"><p>{verdict[0].upper()}{verdict[1:]}</p>'
    if wrong:
        yield f"<ul>{''.join(map(_told, wrong[:_MOST_TOLD]))}</ul>"
    if len(wrong) > _MOST_TOLD:
        yield f"<p>And {len(wrong) - _MOST_TOLD:,} more, see below</p>"
    yield f"<p>{_counts(report)}</p></div>"


def _told(problem: Problem) -> str:
    when = f" <small>{escape(problem.when)}</small>" if problem.when else ""
    more = f"<p>{escape(problem.more)}</p>" if problem.more else ""
    return f"<li><b>{escape(problem.where)}</b> {escape(problem.what)}{when}{more}</li>"


def _counts(report: Report) -> str:
    collectors = [each for exporter in report.exporters for each in exporter.collectors]
    sensors = sum([len(exporter.sensors) for exporter in report.exporters])
    counts = [
        human.count(len(collectors), "collector"),
        human.count(sum([each.series for each in collectors]), "series", "series"),
    ]
    return ", ".join(counts + ([human.count(sensors, "sensor")] if sensors else []))


def _listening(report: Report) -> Iterator[str]:
    yield "<h2>Where it listens</h2><ul>"
    for address, state in report.listeners:
        yield f"<li>{escape(address)} <small>{escape(state)}</small></li>"
    allowed = ", ".join(map(escape, report.allow)) or "whoever reaches it"
    yield f"</ul><p><small>Who may connect: {allowed}</small></p>"
