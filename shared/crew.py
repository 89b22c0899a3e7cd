"""Who collects for one exporter: a thread, and what it is to do, one collector after the other.

A worker that stays in a collector is replaced for the rest, so a collector that hangs costs its own series, and one
thread. All methods belong to the event loop's thread; only the work is the worker's.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from time import monotonic

from motes.shared import threads
from motes.shared.collector import Collector, Failed, NoData, told
from motes.shared.exposition import Family
from motes.shared.result import Result, series_in
from motes.shared.threads import SimpleQueue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.engine import State

# After so long in one collector a worker is given up for the others.
STUCK_AFTER = 0.1
# Who gives more is counted on the way, for there may be no end of it.
_AT_ONCE = 100
# As a tuple, for a union would be built anew at every call.
_BODIES = (bytes, list)


class _Worker:
    """A thread that collects. `state` is what it is in; once it is `given_up` it ends after that."""

    __slots__ = ("alive", "given_up", "state")

    def __init__(self) -> None:
        self.state: State | None = None
        self.given_up = False
        self.alive = True


class Crew:
    """One exporter's worker. `collect` and then `finish` are called in its thread; with `finish`, whether that was all.

    `size` is the sum of its results' sizes.
    """

    __slots__ = ("_began", "_collect", "_dismissed", "_finish", "_queue", "_under_way", "_worker", "size")

    def __init__(self, collect: "Callable[[State], Result]", finish: "Callable[[State, Result, bool], None]") -> None:
        self.size = 0
        self._collect = collect
        self._finish = finish
        self._queue: SimpleQueue[State | None] = SimpleQueue()
        self._worker: _Worker | None = None
        self._dismissed = False
        self._under_way = False
        self._began = 0.0

    @property
    def waiting(self) -> bool:
        """Whether there is something that has not been begun."""
        return not self._queue.empty()

    def alive(self) -> bool:
        """Whether the worker does what is asked; there may be none yet."""
        return self._worker is None or self._worker.alive

    def come(self, now: float) -> None:
        """Somebody comes for a page: a round begins, unless there is one, with a worker that is not stuck."""
        state = self._worker.state if self._worker else None
        self._under_way = not self._queue.empty() or (state is not None and not _stuck(state, now))
        if not self._under_way:
            self._began = now

    def has(self, state: "State") -> bool:
        """Whether the round has a collector's result, or will have it."""
        return state.pending or (self._under_way and state.finished >= self._began)

    def add(self, state: "State") -> None:
        """Have a collector run; RuntimeError where there is no thread to be had."""
        if self._worker is None:
            self.start()
        self._queue.put(state)

    def start(self) -> None:
        """Have a worker before it is needed; RuntimeError likewise."""
        if self._worker is None:
            self._worker = self._started()

    def stuck(self, now: float) -> "State | None":
        """The collector that keeps others waiting."""
        state = self._worker.state if self._worker else None
        return state if state is not None and not self._queue.empty() and _stuck(state, now) else None

    def relieve(self, state: "State") -> None:
        """Have another worker go on, if this one is in that collector still; RuntimeError likewise."""
        stuck = self._worker
        if stuck is not None and stuck.state is state:
            self._worker = self._started()
            stuck.given_up = True

    def dismiss(self) -> None:
        """Nothing comes after what it has to do."""
        self._dismissed = True
        self._queue.put(None)

    def give_up(self) -> None:
        """End it, after the collector that it is in."""
        if self._worker is not None:
            self._worker.given_up = True
        self._queue.put(None)

    def _started(self) -> _Worker:
        worker = _Worker()
        threads.start(self._work, worker)
        return worker

    def _work(self, worker: _Worker) -> None:
        try:
            while not worker.given_up and (state := self._queue.get()):
                state.started = monotonic()
                worker.state = state
                result = self._collect(state)
                worker.state = None
                self._finish(state, result, worker.given_up or self._dismissed or self._queue.empty())
        finally:
            worker.alive = False


def _stuck(state: "State", now: float) -> bool:
    return now - state.started >= STUCK_AFTER


def run(collector: Collector, deadline: float, most_series: int = 0) -> Result:
    """Collect once. All in or all out: whatever goes wrong is the result's error."""
    began = monotonic()
    try:
        families: Iterable[Family] = collector.collect(deadline)
        if collector.through is not None:
            families = collector.through(_counted(families, most_series))
        return Result(_gathered(families, most_series), monotonic() - began)
    except NoData:
        return Result((), monotonic() - began, absent=True)
    except BaseException as error:  # noqa: BLE001 - the one place where everything is caught
        return Result((), monotonic() - began, error=told(error))


def _gathered(given: Iterable[Family], most_series: int) -> list[Family]:
    """All of them, unless it becomes too many before their end."""
    if type(given) is list and len(given) < _AT_ONCE:
        return given
    rest = iter(given)
    families = list(islice(rest, _AT_ONCE))
    if len(families) == _AT_ONCE:
        families = list(_counted(chain(families, rest), most_series))
    return families


def _counted(given: Iterable[Family], most_series: int) -> Iterator[Family]:
    """The same, until it becomes too many. A family without a sample counts, too."""
    left = most_series
    for family in given:
        if most_series:
            left -= max(1, _series(family))
            if left < 0:
                raise Failed(too_many(most_series))
        yield family


def _series(family: object) -> int:
    """How many there are, if this is a family at all."""
    samples = family[1] if type(family) is tuple and len(family) == 2 else None
    return series_in(samples) if isinstance(samples, _BODIES) else 0


def too_many(most_series: int) -> str:
    return f"more than {most_series} series, which is all that an exporter may have (--scrape.max-series)"
