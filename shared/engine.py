"""The scrape engine: collections off the event loop, each shared by the scrapes that arrive together.

Each exporter has a worker thread of its own, see crew.py: one that is slow, or hangs, takes nobody else's time.
All methods belong to the event loop's thread; a worker touches only its own run and the `_finished` queue.
"""

import os
from _thread import allocate_lock
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from time import monotonic, time

from motes.shared import log
from motes.shared.claims import Claims
from motes.shared.collector import OWN, Collector
from motes.shared.crew import STUCK_AFTER, Crew, run, too_many
from motes.shared.result import Result

# A run that was late for a deadline and has lasted so long is not waited for by later scrapes.
LATE_AFTER = 0.5


class State:
    """What the engine knows of one collector. Times are monotonic, but for `failed_at`."""

    __slots__ = (
        "collector",
        "crew",
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

    # Who collects it.
    crew: Crew

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


class Engine:
    """Runs collectors for scrapes. `fileno` is readable when `handle` has something to do.

    `max_series` is how many one exporter may have, 0 for any number.
    """

    def __init__(self, collectors: Iterable[Collector]) -> None:
        self.claims = Claims()
        self.max_series = 0
        self.states: list[State] = []
        self._crews: dict[str, Crew] = {}
        # Those with something to do still are among them, whose exporters are gone.
        self._working: list[Crew] = []
        self._finished: deque[tuple[State, Result]] = deque()
        self._scrapes: dict[Scrape, None] = {}
        self._waking = allocate_lock()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.replace(collectors)

    def fileno(self) -> int:
        return self._wake

    def scrape(
        self, states: Sequence[State], deadline: float, done: Callable[[Scrape], None], run_until: float = 0.0
    ) -> Scrape:
        """Ask for a page by a deadline (monotonic seconds). `done` is called with it, at once if nothing is awaited.

        Collectors are told the deadline, or `run_until` where that is later: others will share what they give.
        """
        scrape = Scrape(states, deadline, done)
        now = monotonic()
        for crew in self._crews.values():
            crew.come(now)
        until = max(deadline, run_until)
        for state in states:
            # One that is retired may have been closed by now: who comes late for it gets what there was.
            if not state.retired and not state.crew.has(state):
                self._enqueue(state, until)
            if state.pending and not state.late:
                scrape.missing.add(state)
                state.waiting.append(scrape)
        self._scrapes[scrape] = None
        if scrape.missing:
            self._replace_stuck_workers()
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
        if any(crew.waiting for crew in self._working) or self._finished:
            due = min(due, now + STUCK_AFTER)
        return max(0.0, due - now)

    def tick(self, now: float) -> None:
        """Let go of what is late: pages whose deadline has come, a worker that is stuck."""
        self._take()
        self._replace_stuck_workers()
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
        collectors = list(collectors)
        known = {state.collector: state for state in self.states}
        crews = self._divided(collectors)
        self.states = []
        for collector, crew in zip(collectors, crews, strict=True):
            state = known.pop(collector, None) or State(collector)
            state.crew = crew
            self.states.append(state)
        for state in known.values():
            state.retired = True
            self.claims.release(state.collector)
        self._weigh()
        return list(known.values())

    def alive(self) -> bool:
        """Whether there are workers to do what is asked."""
        return all(crew.alive() for crew in self._crews.values())

    def close(self) -> None:
        for crew in self._working:
            crew.give_up()
        with self._waking:
            # Its number may be another file's by the time that a worker comes back.
            wake, self._wake = self._wake, -1
            os.close(wake)

    def _divided(self, collectors: Sequence[Collector]) -> list[Crew]:
        """The crew of each: its exporter's; what is the program's own has that of the first exporter."""
        former, self._crews = self._crews, {}
        crews = []
        for collector in collectors:
            name = (collectors[0] if collector.exporter == OWN else collector).exporter
            if name not in self._crews:
                self._crews[name] = former.pop(name) if name in former else self._crew()
            crews.append(self._crews[name])
        for crew in former.values():
            crew.dismiss()
        left = [crew for crew in self._working if crew.waiting and crew not in self._crews.values()]
        self._working = [*self._crews.values(), *left]
        return crews

    def _crew(self) -> Crew:
        crew = Crew(self._collect, self._hand_over)
        try:
            # Now, for later an exporter may have taken all the threads that there are.
            crew.start()
        except RuntimeError:
            # No thread to be had, see pthread_create(3); asked again when there is something to do.
            pass
        return crew

    def _weigh(self) -> None:
        for crew in self._crews.values():
            crew.size = sum([state.result.size for state in self.states if state.crew is crew and state.result])

    def _enqueue(self, state: State, deadline: float) -> None:
        state.late = False
        state.started = 0.0
        state.deadline = deadline
        try:
            state.crew.add(state)
        except RuntimeError as error:
            self._conclude(state, Result((), 0.0, error=f"there is no thread for it: {error}"), monotonic())
        else:
            state.pending = True

    def _take(self) -> None:
        now = monotonic()
        while self._finished:
            state, result = self._finished.popleft()
            self._conclude(state, result, now)
            state.pending = state.late = False
            waiting, state.waiting = state.waiting, []
            for scrape in waiting:
                scrape.missing.discard(state)
                if not scrape.missing and not scrape.over:
                    self._finish(scrape)

    def _conclude(self, state: State, result: Result, now: float) -> None:
        self._give(state, self._judge(state, result))
        state.finished = now

    def _give(self, state: State, result: Result) -> None:
        if not state.retired:
            state.crew.size += result.size - (state.result.size if state.result else 0)
        state.result = result

    def _finish(self, scrape: Scrape) -> None:
        self.cancel(scrape)
        scrape.done(scrape)

    def _replace_stuck_workers(self) -> None:
        for crew in self._working:
            state = crew.stuck(monotonic())
            if state is None:
                continue
            self._take()
            try:
                crew.relieve(state)
            except RuntimeError as error:
                # Asked again at the next tick, for there may be one then.
                self._note(state, f"no thread for the other collectors while this one takes its time: {error}")

    def _collect(self, state: State) -> Result:
        return run(state.collector, state.deadline, self.max_series)

    def _hand_over(self, state: State, result: Result, last: bool) -> None:
        self._finished.append((state, result))
        if last:
            with self._waking:
                self._alarm()

    def _alarm(self) -> None:
        if self._wake >= 0:
            os.eventfd_write(self._wake, 1)

    def _miss(self, state: State, now: float) -> None:
        if state.started and now - state.started >= LATE_AFTER and not state.late:
            state.late = True
            self._note(state, "it has not answered in time and is left out until it does")

    def _judge(self, state: State, result: Result) -> Result:
        """The result, or the error that takes its place where it may not be served."""
        if result.absent:
            return result
        if result.success and not state.retired:
            wrong = self._excess(state, result) or self._clash(state, result)
            if wrong:
                result = Result((), result.duration, error=wrong)
        if result.error:
            self._note(state, result.error)
            state.failures += 1
        elif state.error:
            log.info("collector works again", exporter=state.collector.exporter, collector=state.collector.name)
            state.error = ""
        return result

    def _excess(self, state: State, result: Result) -> str:
        """What is wrong where an exporter would have more series than it may."""
        if not self.max_series or state.crew.size + result.size <= self.max_series:
            return ""
        exporter = state.collector.exporter
        others = [each.result for each in self.states if each.collector.exporter == exporter and each is not state]
        series = result.series + sum([other.series for other in others if other])
        return too_many(self.max_series) if series > self.max_series else ""

    def _clash(self, state: State, result: Result) -> str:
        """What is wrong where one of the families is another collector's."""
        wrong, losers = self.claims.claim(state.collector, result)
        for loser in losers:
            self._evict(loser)
        return wrong

    def _evict(self, loser: Collector) -> None:
        for state in self.states:
            if state.collector is loser:
                error = "one of its families is served by another collector"
                self._give(state, Result((), 0.0, error=error))
                self._note(state, error)

    def _note(self, state: State, error: str) -> None:
        if not state.error:
            log.warn("collector failed", exporter=state.collector.exporter, collector=state.collector.name, err=error)
        state.error = state.last_error = error
        state.failed_at = time()
