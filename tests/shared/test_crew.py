"""Exporters side by side in one engine: each has its own thread, its own rounds, and only so many series."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from time import monotonic

import pytest
from motes.shared import threads
from motes.shared.collector import Collector
from motes.shared.crew import STUCK_AFTER, run
from motes.shared.engine import Engine
from motes.shared.exposition import Family, gauge, text
from motes.shared.frame import Frame

from tests.shared.conftest import Logged
from tests.support.fakes import WITHIN, Clock, Gate, Scripted
from tests.support.loop import Begin, Loop
from tests.support.namespaces import until


def other(name: str, acts: Callable[[], object] = int) -> Scripted:
    return Scripted(name, acts, exporter="other")


def named(loop: Loop, *names: str) -> dict[str, Collector]:
    return {name: loop.state(name).collector for name in names}


# A thread for each.


def test_one_does_not_wait_for_another(begin: Begin) -> None:
    with Gate() as gate:
        loop = begin(Scripted("h", gate), other("a"), other("b"))
        scrape = loop.scrape()
        gate.entered()
        loop.settle("a", "b")
        # Nobody had to be given up for it, nor did any time go by.
        gate.open()
        assert scrape.values() == {"h": "1", "a": "1", "b": "1"}


def test_the_programs_own_goes_along_with_the_first(begin: Begin) -> None:
    met: dict[str, int] = {}

    def meet(name: str) -> Scripted:
        exporter = {"p": "motes", "b": "other"}.get(name, "test")
        return Scripted(name, lambda: met.update({name: threading.get_ident()}), exporter=exporter)

    loop = begin(meet("a"), meet("b"), meet("p"))
    loop.scrape().values()
    assert met["p"] == met["a"] != met["b"]


def test_the_programs_own_alone(begin: Begin) -> None:
    loop = begin(Scripted("p", exporter="motes"))
    assert loop.scrape().values() == {"p": "1"}


def test_rounds_are_each_exporters_own(begin: Begin) -> None:
    """Who comes while one is at work shares what that gives, and has the other's work anew, for that was done."""
    with Gate() as gate:
        slow = Scripted("slow", gate)
        loop = begin(slow, other("quick"))
        first = loop.scrape()
        gate.entered()
        loop.settle("quick")
        second = loop.scrape()
        loop.settle("quick")
        gate.open()
        assert second.values() == first.values() == {"slow": "1", "quick": "2"}
    assert slow.runs == 1


def test_what_was_done_before_the_round_is_done_anew(begin: Begin) -> None:
    with Gate() as gate:
        slow = Scripted("slow")
        loop = begin(Scripted("a"), slow)
        loop.scrape().values()
        loop.later(1)
        slow.acts = gate
        first = loop.scrape("slow")
        gate.entered()
        second = loop.scrape("a", "slow")
        gate.open()
        assert second.values() == {"a": "2", "slow": "2"}
        assert first.values() == {"slow": "2"}


def test_one_that_hangs_in_each(begin: Begin) -> None:
    with Gate() as gate:
        loop = begin(Scripted("g", gate), Scripted("a"), other("h", gate), other("b"))
        scrape = loop.scrape()
        for _ in "gh":
            gate.entered()
        loop.later(STUCK_AFTER)
        loop.settle("a", "b")
        loop.later(10)
        assert scrape.values() == {"g": None, "a": "1", "h": None, "b": "1"}


def test_threads_are_there_before_they_are_needed(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    loop = begin(Scripted("a"), other("b"))
    monkeypatch.setattr(threads, "start", refused)
    assert loop.scrape().values() == {"a": "1", "b": "1"}


def test_no_thread_from_the_beginning(begin: Begin, events: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    start = threads.start

    def refused(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    loop = begin(Scripted("a"))
    with monkeypatch.context() as full:
        full.setattr(threads, "start", refused)
        loop.engine.replace([*named(loop, "a").values(), other("b").collector])
        assert loop.scrape().values() == {"a": "1", "b": ""}
        assert loop.state("b").last_error == "there is no thread for it: can't start new thread"
        assert loop.engine.alive()
    assert threads.start is start
    assert loop.scrape().values() == {"a": "2", "b": "1"}
    assert [message for _, message, _ in events] == ["collector failed", "collector works again"]


# Coming and going.


def ids() -> set[str]:
    return set(os.listdir("/proc/self/task"))


def test_threads_end_with_their_exporters(begin: Begin) -> None:
    before = ids()
    loop = begin(Scripted("a"))
    kept = named(loop, "a").values()
    until(lambda: len(ids() - before) == 1, "its thread")
    for _ in range(20):
        loop.engine.replace([*kept, other("b").collector])
        assert loop.scrape().values()["b"] == "1"
        loop.engine.replace(kept)
    until(lambda: len(ids() - before) == 1, "the thread that stays")
    assert loop.scrape().values() == {"a": "21"}


def test_an_exporter_that_is_made_anew_keeps_its_thread(begin: Begin) -> None:
    met: list[int] = []

    def meets() -> None:
        met.append(threading.get_ident())

    loop = begin(Scripted("a", meets))
    loop.scrape().values()
    loop.engine.replace([Scripted("b", meets).collector])
    loop.scrape().values()
    assert len(set(met)) == 1


def test_what_an_exporter_does_when_it_goes_is_waited_for(begin: Begin) -> None:
    with Gate() as gate:
        loop = begin(Scripted("x"), other("h", gate), other("a"))
        scrape = loop.scrape("h", "a")
        gate.entered()
        hanging, behind = (loop.state(name) for name in "ha")
        loop.engine.replace(named(loop, "x").values())
        loop.later(STUCK_AFTER)
        while behind.pending:
            loop.wait()
        assert hanging.pending
        gate.open()
        assert scrape.values() == {"h": "1", "a": "1"}
        assert loop.engine.timeout(loop.clock()) is None


def test_who_comes_late_for_what_has_gone_gets_what_there_was(begin: Begin) -> None:
    """It may have given back already what its collectors need."""
    gone = other("b")
    loop = begin(Scripted("a"), gone)
    states = loop.engine.states
    assert loop.scrape().values() == {"a": "1", "b": "1"}
    loop.engine.replace(named(loop, "a").values())
    pages: list[dict[str, bytes]] = []
    loop.engine.scrape(
        states,
        loop.clock() + 10,
        lambda scrape: pages.append({each.collector.name: text(got.families) for each, got in scrape.results() if got}),
    )
    while not pages:
        loop.wait()
    assert pages[0]["b"].endswith(b" 1\n")
    assert gone.runs == 1


# So many series.


def endless(_: float) -> Iterator[Family]:
    for number in count():
        yield gauge("m", "Help.", {b'{n="%d"}' % number: number})


def nothing(_: float) -> Iterator[Family]:
    while True:
        yield gauge("m", "Help.", {})


def counted(series: int) -> Iterable[Family]:
    return [gauge(f"m{number}", "Help.", 1) for number in range(series)]


TOO_MANY = "more than 1000 series, which is all that an exporter may have (--scrape.max-series)"


def large(_: float) -> Iterable[Family]:
    sets = [b'{n="%d"}' % number for number in range(1001)]
    return [gauge("m", "Help.", dict.fromkeys(sets, 1))] * 100


def framed(_: float) -> Iterable[Family]:
    sets = [b'{n="%d"}' % number for number in range(1001)]
    return [Frame([("gauge", "m", "Help.", sets)]).fill(range(1001))] * 100


@pytest.mark.parametrize("through", [None, iter])
@pytest.mark.parametrize("collect", [endless, nothing, lambda _: counted(1001), lambda _: counted(1099), large, framed])
def test_too_many_at_once(collect: Callable[[float], Iterable[Family]], through: None) -> None:
    result = run(Collector("a", "a", collect, through=through), 0.0, 1000)
    assert (result.error, list(result.families)) == (TOO_MANY, [])


@pytest.mark.parametrize("through", [None, iter])
@pytest.mark.parametrize("most", [0, 1000])
def test_as_many_as_there_may_be(most: int, through: None) -> None:
    result = run(Collector("a", "a", lambda _: counted(1000), through=through), 0.0, most)
    assert (result.error, result.series) == ("", 1000)
    assert [heading.names for heading in result.layouts] == [(f"m{number}",) for number in range(1000)]


def test_what_comes_after_the_limit_is_not_even_looked_at() -> None:
    seen: list[Family] = []

    def look(families: Iterable[Family]) -> Iterator[Family]:
        for family in families:
            seen.append(family)
            yield family

    big = gauge("m", "Help.", {b'{n="%d"}' % number: number for number in range(1001)})
    assert run(Collector("a", "a", lambda _: [big], through=look), 0.0, 1000).error == TOO_MANY
    assert not seen


class Sized:
    """A collector of so many series."""

    def __init__(self, exporter: str, name: str, series: int) -> None:
        self.series = series
        self.name = name
        self.collector = Collector(exporter, name, self._collect)

    def _collect(self, _: float) -> Iterable[Family]:
        return [gauge(f"{self.name}_m", "Help.", {b'{n="%d"}' % number: 1 for number in range(self.series)})]


def test_an_exporters_collectors_count_together(begin: Begin, events: Logged) -> None:
    first, second, elsewhere = Sized("test", "a", 600), Sized("test", "b", 401), Sized("other", "c", 1000)
    loop = begin(first, second, elsewhere)
    loop.engine.max_series = 1000
    for _ in range(3):
        assert loop.scrape().values() == {"a": "1", "b": "", "c": "1"}
    assert loop.state("b").last_error == TOO_MANY
    second.series = 400
    assert loop.scrape().values() == {"a": "1", "b": "1", "c": "1"}
    first.series = 601
    assert loop.scrape().values() == {"a": "", "b": "1", "c": "1"}
    first.series = second.series = 500
    loop.scrape().values()
    assert loop.scrape().values() == {"a": "1", "b": "1", "c": "1"}
    assert [message for _, message, _ in events] == ["collector failed", "collector works again"] * 2


def test_what_has_gone_does_not_count(begin: Begin) -> None:
    first, second = Sized("test", "a", 600), Sized("test", "b", 600)
    loop = begin(first)
    loop.engine.max_series = 1000
    assert loop.scrape().values() == {"a": "1"}
    loop.engine.replace([second.collector])
    (state,) = loop.engine.states
    assert state.crew.size == 0
    assert loop.scrape().values() == {"b": "1"}
    assert state.result is not None
    assert state.crew.size == state.result.size >= 600


def test_a_limit_that_is_changed(begin: Begin) -> None:
    loop = begin(Sized("test", "a", 600))
    for most, value in ((0, "1"), (599, ""), (600, "1")):
        loop.engine.max_series = most
        assert loop.scrape().values() == {"a": value}


# The end.


def test_close_waits_for_nobody(begin: Begin) -> None:
    with Gate() as gate:
        loop = Loop(Clock(), Scripted("h", gate))
        loop.scrape()
        gate.entered()
        assert loop.engine.alive()
        loop.engine.close()
        gate.open()
        until(lambda: not loop.engine.alive(), "the worker has ended")


def test_what_a_worker_writes_to_is_not_closed_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    write, close = os.eventfd_write, os.close

    def closes(descriptor: int) -> None:
        close(descriptor)
        happened.append("closed")

    monkeypatch.setattr(os, "close", closes)
    with Gate() as gate:

        def slowly(descriptor: int, value: int) -> None:
            gate()
            write(descriptor, value)
            happened.append("written")

        monkeypatch.setattr(os, "eventfd_write", slowly)
        engine = Engine([Scripted("a").collector])
        engine.scrape(engine.states, monotonic() + WITHIN, lambda _: None)
        gate.entered()
        closing = threading.Thread(target=engine.close)
        closing.start()
        gate.open()
        closing.join(WITHIN)
        assert happened == ["written", "closed"]
