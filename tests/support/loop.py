"""An engine that is driven by hand: its threads are real, its clock is the test's."""

import select
from collections.abc import Callable, Sequence
from typing import Protocol

from motes.shared.collector import Collector
from motes.shared.engine import Engine, Scrape, State
from motes.shared.exposition import text

from tests.support.fakes import WITHIN, Clock


class HasCollector(Protocol):
    @property
    def collector(self) -> Collector: ...


class Loop:
    """An engine, and what the event loop does for it."""

    def __init__(self, clock: Clock, *scripts: HasCollector) -> None:
        self.clock = clock
        self.engine = Engine([script.collector for script in scripts])

    def state(self, name: str) -> State:
        return next(state for state in self.engine.states if state.collector.name == name)

    def scrape(self, *names: str, within: float = 10.0) -> "Waiting":
        states = [self.state(name) for name in names] or self.engine.states
        return Waiting(self, states, self.clock() + within)

    def settle(self, *names: str) -> None:
        """Until none of these is at work."""
        while any(self.state(name).pending for name in names):
            self.wait()

    def wait(self) -> None:
        """For the engine to have something to do, and have it do that."""
        assert select.select([self.engine], [], [], WITHIN)[0]
        self.engine.handle()

    def later(self, seconds: float) -> None:
        self.clock.now += seconds
        self.engine.tick(self.clock.now)


class Waiting:
    """A scrape, with the pages' text by collector once it is done."""

    def __init__(self, loop: Loop, states: Sequence[State], deadline: float) -> None:
        self.times = 0
        self.pages: dict[str, str | None] = {}
        self._loop = loop
        self.scrape = loop.engine.scrape(states, deadline, self._done)

    def _done(self, scrape: Scrape) -> None:
        self.times += 1
        for state, result in scrape.results():
            self.pages[state.collector.name] = None if result is None else text(result.families).decode()

    def values(self) -> dict[str, str | None]:
        """The last value of each collector's page; None for one that was not there in time."""
        while not self.times:
            self._loop.wait()
        return {name: page.split()[-1] if page else page for name, page in self.pages.items()}


Begin = Callable[..., Loop]
