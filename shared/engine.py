"""The scrape engine: collections off the event loop, each shared by the scrapes that arrive together.

A worker thread runs the wanted collectors one after the other. One that stays in a collector is replaced for
the rest, so a collector that hangs costs its own series, and one thread, and nobody's time beyond a deadline.
All methods belong to the event loop's thread; a worker touches only its own run and the `_finished` queue.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from time import monotonic, time

from motes.shared import log, threads
from motes.shared.claims import Claims
from motes.shared.collector import Collector, NoData
from motes.shared.result import Result
from motes.shared.threads import SimpleQueue

# After so long in one collector a worker is given up for the others.
STUCK_AFTER = 0.1
# A run that was late for a deadline and has lasted so long is not waited for by later scrapes.
LATE_AFTER = 0.5


class State:
    """What the engine knows of one collector. Times are monotonic, but for `failed_at`."""

    __slots__ = (
        "collector",
        "deadline",
        "error",
        "failed_at",
        "failures",
        "finished",
        "last_error",
        "late",
        "pending",
        "result",
        "retired",
        "started",
        "waiting",
    )

    def __init__(self, collector: Collector) -> None:
        self.collector = collector
        self.pending = False
        self.late = False
        self.retired = False
        self.started = 0.0
        self.finished = 0.0
        self.deadline = 0.0
        self.result: Result | None = None
        self.error = ""
        self.last_error = ""
        self.failed_at = 0.0
        self.failures = 0
        self.waiting: list[Scrape] = []

    def age(self) -> float:
        """How long the run that is under way has lasted, in seconds."""
        return monotonic() - self.started if self.pending and self.started else 0.0


class Scrape:
    """One request for a page: done with its results once those in `missing` have come or its deadline has."""

    __slots__ = ("deadline", "done", "missing", "over", "states")

    def __init__(self, states: Sequence[State], deadline: float, done: "Callable[[Scrape], None]") -> None:
        self.states = states
        self.deadline = deadline
        self.done = done
        self.missing: set[State] = set()
        self.over = False

    def results(self) -> list[tuple[State, Result | None]]:
        """Every wanted collector with what it gave; None for one that is not there in time.

        One that was may be at work again, for others.
        """
        return [(state, None if state in self.missing or state.late else state.result) for state in self.states]


class _Worker:
    """A thread that collects. `state` is what it is in; once it is `given_up` it ends after that."""

    __slots__ = ("alive", "given_up", "state")

    def __init__(self) -> None:
        self.state: State | None = None
        self.given_up = False
        self.alive = True


class Engine:
    """Runs collectors for scrapes. `fileno` is readable when `handle` has something to do."""

    def __init__(self, collectors: Iterable[Collector]) -> None:
        self.claims = Claims()
        self.states = [State(collector) for collector in collectors]
        self._queue: SimpleQueue[State | None] = SimpleQueue()
        self._finished: deque[tuple[State, Result]] = deque()
        self._scrapes: dict[Scrape, None] = {}
        self._round_began = 0.0
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._worker = self._start_worker()

    def fileno(self) -> int:
        return self._wake

    def scrape(
        self, states: Sequence[State], deadline: float, done: Callable[[Scrape], None], run_until: float = 0.0
    ) -> Scrape:
        """Ask for a page by a deadline (monotonic seconds). `done` is called with it, at once if nothing is awaited.

        Collectors are told the deadline, or `run_until` where that is later: others will share what they give.
        """
        scrape = Scrape(states, deadline, done)
        running = self._working()
        if not running:
            self._round_began = monotonic()
        for state in states:
            if not state.pending and (not running or state.finished < self._round_began):
                self._enqueue(state, max(deadline, run_until))
            if state.pending and not state.late:
                scrape.missing.add(state)
                state.waiting.append(scrape)
        self._scrapes[scrape] = None
        if scrape.missing:
            self._replace_a_stuck_worker()
        else:
            self._finish(scrape)
        return scrape

    def cancel(self, scrape: Scrape) -> None:
        """Nobody waits for this page any more."""
        scrape.over = True
        self._scrapes.pop(scrape, None)
        for state in scrape.states:
            if scrape in state.waiting:
                state.waiting.remove(scrape)

    def timeout(self, now: float) -> float | None:
        """Seconds until `tick` has something to do; None while nothing is awaited."""
        if not self._scrapes:
            return None
        due = min(scrape.deadline for scrape in self._scrapes)
        # Asked in this order, for a worker hands over what it has finished before it takes up the next.
        if not self._queue.empty() or self._finished:
            due = min(due, now + STUCK_AFTER)
        return max(0.0, due - now)

    def tick(self, now: float) -> None:
        """Let go of what is late: pages whose deadline has come, a worker that is stuck."""
        self._take()
        self._replace_a_stuck_worker()
        for scrape in [scrape for scrape in self._scrapes if scrape.deadline <= now]:
            for state in scrape.states:
                if state.pending:
                    self._miss(state, now)
            self._finish(scrape)

    def handle(self) -> None:
        """Take what the workers have finished, and finish the pages that waited for it."""
        try:
            os.eventfd_read(self._wake)
        except BlockingIOError:
            pass
        self._take()

    def replace(self, collectors: Iterable[Collector]) -> list[State]:
        """Go over to these collectors; the states of those that are no longer among them."""
        known = {state.collector: state for state in self.states}
        self.states = [known.pop(each) if each in known else State(each) for each in collectors]
        for state in known.values():
            state.retired = True
            self.claims.release(state.collector)
        return list(known.values())

    def alive(self) -> bool:
        """Whether there is a worker to do what is asked."""
        return self._worker.alive

    def close(self) -> None:
        self._worker.given_up = True
        self._queue.put(None)
        # Its number may be another file's by the time that a worker comes back.
        wake, self._wake = self._wake, -1
        os.close(wake)

    def _enqueue(self, state: State, deadline: float) -> None:
        state.pending = True
        state.late = False
        state.started = 0.0
        state.deadline = deadline
        self._queue.put(state)

    def _take(self) -> None:
        while self._finished:
            state, result = self._finished.popleft()
            state.result = self._judge(state, result)
            state.finished = monotonic()
            state.pending = state.late = False
            waiting, state.waiting = state.waiting, []
            for scrape in waiting:
                scrape.missing.discard(state)
                if not scrape.missing and not scrape.over:
                    self._finish(scrape)

    def _finish(self, scrape: Scrape) -> None:
        self.cancel(scrape)
        scrape.done(scrape)

    def _working(self) -> bool:
        """Whether a round is under way: a worker that is not stuck has something to do."""
        state = self._worker.state
        return not self._queue.empty() or (state is not None and not _stuck(state, monotonic()))

    def _replace_a_stuck_worker(self) -> None:
        state = self._worker.state
        if state is None or self._queue.empty() or not _stuck(state, monotonic()):
            return
        self._take()
        if self._worker.state is not state:
            return
        stuck = self._worker
        try:
            self._worker = self._start_worker()
        except RuntimeError as error:
            # No thread to be had, see pthread_create(3); asked again at the next tick, for it may be had then.
            self._note(state, f"no thread for the other collectors while this one takes its time: {error}")
        else:
            stuck.given_up = True

    def _start_worker(self) -> _Worker:
        worker = _Worker()
        threads.start(self._work, worker)
        return worker

    def _work(self, worker: _Worker) -> None:
        try:
            while not worker.given_up and (state := self._queue.get()):
                state.started = monotonic()
                worker.state = state
                result = run(state.collector, state.deadline)
                worker.state = None
                self._finished.append((state, result))
                if worker.given_up or self._queue.empty():
                    self._notify()
        finally:
            worker.alive = False

    def _notify(self) -> None:
        if self._wake >= 0:
            os.eventfd_write(self._wake, 1)

    def _miss(self, state: State, now: float) -> None:
        if state.started and now - state.started >= LATE_AFTER and not state.late:
            state.late = True
            self._note(state, "it has not answered in time and is left out until it does")

    def _judge(self, state: State, result: Result) -> Result:
        """The result, or the error that takes its place where it serves another collector's family."""
        if result.success and not state.retired:
            wrong, losers = self.claims.claim(state.collector, result)
            if wrong:
                result = Result((), result.duration, error=wrong)
            for loser in losers:
                self._evict(loser)
        if result.error:
            self._note(state, result.error)
            state.failures += 1
        elif state.error and not result.absent:
            log.info("collector works again", exporter=state.collector.exporter, collector=state.collector.name)
            state.error = ""
        return result

    def _evict(self, loser: Collector) -> None:
        for state in self.states:
            if state.collector is loser:
                error = "one of its families is served by another collector"
                state.result = Result((), 0.0, error=error)
                self._note(state, error)

    def _note(self, state: State, error: str) -> None:
        if not state.error:
            log.warn("collector failed", exporter=state.collector.exporter, collector=state.collector.name, err=error)
        state.error = state.last_error = error
        state.failed_at = time()


def _stuck(state: State, now: float) -> bool:
    return now - state.started >= STUCK_AFTER


def run(collector: Collector, deadline: float) -> Result:
    """Collect once. All in or all out: whatever goes wrong is the result's error."""
    began = monotonic()
    try:
        families = list(collector.collect(deadline))
        return Result(families, monotonic() - began)
    except NoData:
        return Result((), monotonic() - began, absent=True)
    except BaseException as error:  # noqa: BLE001 - the one place where everything is caught
        return Result((), monotonic() - began, error=f"{type(error).__name__}: {error}")
