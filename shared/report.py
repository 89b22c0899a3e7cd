"""What there is to tell of a program: where it listens, its exporters, their collectors and sensors, as plain data.

Made anew for each request, on the loop's thread, for those who are served what one listener serves.
Unit:   Unix time, and seconds.
Errors: an exporter that cannot tell of its sensors, or tells of what is none, has one that says so in their place.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from time import time

from motes.shared import log
from motes.shared.collector import OWN
from motes.shared.engine import Engine, State
from motes.shared.listen import Listeners
from motes.shared.plugin import Exporter
from motes.shared.running import Run, Running
from motes.shared.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.address import Address
    from motes.shared.site import View

WORKS, FAILED, HANGS = "works", "failed", "hangs"
ABSENT, IDLE, DOWN = "nothing here", "not asked yet", "not started"
WRONG = frozenset((FAILED, HANGS, DOWN))
# What an exporter's state is: the first of these that one of its collectors is in.
_WORST_FIRST = (HANGS, FAILED, WORKS, IDLE, ABSENT)
# What somebody else's exporter tells has an end.
_MOST_SENSORS = 5000
_MOST_READINGS = 50
_LONGEST = 1000


class CollectorReport:
    """How a collector does; `duration` is None before its first run, `failed_at` 0 where it never failed."""

    __slots__ = ("duration", "error", "failed_at", "name", "series", "state")

    def __init__(
        self, name: str, state: str, *, duration: float | None, series: int, error: str, failed_at: float
    ) -> None:
        self.name = name
        self.state = state
        self.duration = duration
        self.series = series
        self.error = error
        self.failed_at = failed_at


class ExporterReport:
    """How an exporter does: its worst collector's state, or that it was not started; and what it cannot do."""

    __slots__ = ("collectors", "name", "problem", "sensors", "state")

    def __init__(self, name: str, collectors: Sequence[CollectorReport], sensors: Sequence[Sensor] = ()) -> None:
        self.name = name
        self.collectors = collectors
        self.sensors = sensors
        self.problem = ""
        states = {each.state for each in collectors}
        self.state = next((state for state in _WORST_FIRST if state in states), WORKS)

    def title(self, collector: CollectorReport) -> str:
        """Both names, unless they tell the same: the only collector of an exporter mostly has its name."""
        kin = self.name.partition(".")[0]
        return self.name if collector.name in (self.name, kin) else f"{self.name} {collector.name}"


class Report:
    """Of one program, at the time `now`. `listeners` are addresses and states; an empty `allow` permits everybody.

    `problem` is one of the program as a whole.
    """

    __slots__ = ("allow", "exporters", "listeners", "now", "problem", "program", "started")

    def __init__(
        self,
        program: str,
        started: float,
        listeners: Sequence[tuple[str, str]],
        allow: Sequence[str],
        exporters: Sequence[ExporterReport],
    ) -> None:
        self.program = program
        self.started = started
        self.now = time()
        self.listeners = listeners
        self.allow = allow
        self.exporters = exporters
        self.problem = ""


class Reporter:
    """Of one program. `allowed` gives the addresses and networks that may connect, as they were written, `views` the
    exporters that are served at each address, and `problem` that of the program as a whole, if there is one. It has
    `started` now, or at that Unix time.
    """

    def __init__(
        self,
        program: str,
        engine: Engine,
        listeners: Listeners,
        *,
        running: Running,
        allowed: Callable[[], Sequence[str]],
        views: "Callable[[], Mapping[Address, View]]" = dict,
        problem: Callable[[], str] = str,
        started: float = 0.0,
    ) -> None:
        self._program = program
        self._engine = engine
        self._listeners = listeners
        self._running = running
        self._allowed = allowed
        self._views = views
        self._problem = problem
        self._started = started or time()
        # What each exporter raised when it was asked last.
        self._errors: dict[str, str] = {}

    def report(self, view: "View") -> Report:
        """On the exporters that are named, and on the program itself."""
        states: dict[str, list[State]] = {}
        for state in self._engine.states:
            states.setdefault(state.collector.exporter, []).append(state)
        runs = [run for run in self._running.runs if run.name in view]
        exporters = [self._exporter(run, states.get(run.name, ())) for run in runs]
        if OWN in states:
            exporters.append(ExporterReport(OWN, _collectors(states[OWN])))
        report = Report(self._program, self._started, self._listening(view), self._allowed(), exporters)
        report.problem = self._problem()
        return report

    def _listening(self, view: "View") -> list[tuple[str, str]]:
        """Where any of what is told of is served; who has a way to some of it learns of no way to the rest."""
        views = self._views()
        served = [(each, views.get(each.address, view)) for each in self._listeners.listeners]
        return [(str(each.address), text(each.state)) for each, its in served if its == view or its & view]

    def _exporter(self, run: Run, states: Iterable[State]) -> ExporterReport:
        exporter = ExporterReport(text(run.name), _collectors(states), self._sensors(run))
        if not run.started:
            exporter.state = DOWN
        exporter.problem = text(run.problem or (run.broken if exporter.state == IDLE else ""))
        return exporter

    def _sensors(self, run: Run) -> list[Sensor]:
        try:
            sensors: list[Sensor] = run.ask(lambda: _sensors(run.exporter))
        except BaseException as failure:  # noqa: BLE001 - one exporter's defect, even SystemExit, costs its own sensors
            error = f"{type(failure).__name__}: {failure}"
            if self._errors.get(run.name) != error:
                log.error("exporter does not tell of its sensors", exporter=run.name, err=error)
            self._errors[run.name] = error
            return [Sensor("sensors", (), 0.0, problem="they are not told of", advice=text(error))]
        self._errors.pop(run.name, None)
        return sensors


def _collectors(states: Iterable[State]) -> list[CollectorReport]:
    return [_collected(state) for state in states]


def _collected(state: State) -> CollectorReport:
    result = state.result
    return CollectorReport(
        text(state.collector.name),
        _condition(state),
        duration=state.age() if state.late else result.duration if result else None,
        series=result.series if result and result.success else 0,
        error=text(state.last_error) if state.failed_at else "",
        failed_at=state.failed_at,
    )


def _condition(state: State) -> str:
    if state.late:
        return HANGS
    if state.result is None:
        return IDLE
    if state.result.absent:
        return ABSENT
    return WORKS if state.result.success else FAILED


def _sensors(exporter: Exporter) -> list[Sensor]:
    return [_checked(each) for each in islice(exporter.sensors(), _MOST_SENSORS)]


def _checked(sensor: object) -> Sensor:
    """A copy that is certain to be what it should; an exception where it is not."""
    if not isinstance(sensor, Sensor):
        raise TypeError(f"a {type(sensor).__name__} is no Sensor")
    readings = [(text(name), text(value)) for name, value in islice(sensor.readings, _MOST_READINGS)]
    # Not a number, too, is never.
    seen = float(sensor.seen) if 0 < sensor.seen < float("inf") else 0.0
    return Sensor(text(sensor.name), readings, seen, problem=text(sensor.problem), advice=text(sensor.advice))


def text(value: object) -> str:
    """Text that can be shown and sent: valid Unicode, and not without end."""
    shown = str(value)
    if len(shown) > _LONGEST:
        shown = shown[:_LONGEST] + "…"
    return shown.encode("utf-8", "replace").decode()
