"""The engine, driven by hand, see tests/support/loop.py."""

import os
import select
import threading
from collections.abc import Callable
from time import monotonic

import pytest
from motes.shared import threads
from motes.shared.collector import Collector, NoData
from motes.shared.crew import STUCK_AFTER, run
from motes.shared.engine import LATE_AFTER, Engine, Scrape
from motes.shared.exposition import gauge

from tests.shared.conftest import Logged
from tests.support.fakes import WITHIN, Gate, Scripted
from tests.support.loop import Begin


def test_a_scrape_collects_what_it_asks_for(begin: Begin) -> None:
    loop = begin(Scripted("a"), Scripted("b"))
    assert loop.scrape("a").values() == {"a": "1"}
    assert loop.scrape().values() == {"a": "2", "b": "1"}


def test_scrapes_that_arrive_together_share_one_collection(begin: Begin) -> None:
    with Gate() as gate:
        loop = begin(Scripted("a", gate), Scripted("b"))
        scrapes = [loop.scrape() for _ in range(50)]
        gate.entered()
        scrapes += [loop.scrape() for _ in range(50)]
        gate.open()
        assert [scrape.values() for scrape in scrapes] == [{"a": "1", "b": "1"}] * 100
    assert [scrape.times for scrape in scrapes] == [1] * 100


def test_who_comes_in_the_middle_gets_what_there_is(begin: Begin) -> None:
    with Gate() as gate:
        loop = begin(Scripted("a"), Scripted("b", gate), Scripted("c"))
        first = loop.scrape()
        gate.entered()
        second = loop.scrape("a", "b")
        gate.open()
        assert first.values() == {"a": "1", "b": "1", "c": "1"}
        assert second.values() == {"a": "1", "b": "1"}


def test_who_comes_at_the_end_takes_nothing_from_who_waits_for_it(begin: Begin) -> None:
    with Gate() as gate:
        loop = begin(Scripted("a"), Scripted("b", gate))
        first = loop.scrape()
        gate.entered()
        loop.later(0)
        gate.open()
        assert select.select([loop.engine], [], [], WITHIN)[0]
        second = loop.scrape()
        assert first.values() == {"a": "1", "b": "1"}
        assert second.values() == {"a": "2", "b": "1"}


def test_collectors_run_one_at_a_time(begin: Begin) -> None:
    alone = threading.Lock()

    def acts() -> None:
        assert alone.acquire(blocking=False)
        alone.release()

    loop = begin(*[Scripted(name, acts) for name in "abcdef"])
    for _ in range(20):
        scrapes = [loop.scrape() for _ in range(5)]
        for scrape in scrapes:
            assert None not in scrape.values().values()
        assert not any(state.failures for state in loop.engine.states)


@pytest.mark.parametrize("order", ["hab", "ahb", "abh"])
def test_a_collector_that_hangs_costs_its_own_series_alone(begin: Begin, order: str) -> None:
    with Gate() as gate:
        loop = begin(*[Scripted(name, gate if name == "h" else int) for name in order])
        scrape = loop.scrape(within=10)
        gate.entered()
        loop.later(STUCK_AFTER)
        while any(loop.state(name).pending for name in "ab"):
            loop.wait()
        assert not scrape.times
        loop.later(9.5)
        assert not scrape.times
        loop.later(0.5)
        assert scrape.values() == {"a": "1", "b": "1", "h": None}


@pytest.mark.parametrize("order", ["ha", "ah"])
def test_the_loop_looks_again_soon_while_there_is_work_behind_a_collector(begin: Begin, order: str) -> None:
    with Gate() as gate:
        loop = begin(*[Scripted(name, gate if name == "h" else int) for name in order])
        assert loop.engine.timeout(loop.clock()) is None
        loop.scrape(within=10)
        assert loop.engine.timeout(loop.clock()) == pytest.approx(STUCK_AFTER)
        gate.entered()
        assert loop.engine.timeout(loop.clock()) == pytest.approx(STUCK_AFTER)


def test_who_does_not_want_what_hangs_is_not_held_up_by_it(begin: Begin) -> None:
    with Gate() as gate:
        loop = begin(Scripted("a"), Scripted("h", gate))
        everything = loop.scrape()
        gate.entered()
        other = loop.scrape("a")
        loop.later(STUCK_AFTER)
        assert other.values() == {"a": "1"}
        assert not everything.times


def test_many_that_hang(begin: Begin) -> None:
    with Gate() as gate:
        loop = begin(*[Scripted(name, gate) for name in "ghij"], Scripted("a"))
        scrape = loop.scrape()
        for _ in "ghij":
            gate.entered()
            loop.later(STUCK_AFTER)
        loop.wait()
        loop.later(10)
        assert scrape.values() == {"a": "1", **dict.fromkeys("ghij")}


def test_what_hangs_is_not_started_again_until_it_has_returned(begin: Begin, events: Logged) -> None:
    with Gate() as gate:
        hanging = Scripted("h", gate)
        loop = begin(hanging, Scripted("a"))
        first = loop.scrape(within=1)
        gate.entered()
        loop.later(STUCK_AFTER)
        loop.wait()
        loop.later(1)
        assert first.values() == {"h": None, "a": "1"}
        assert loop.state("h").late
        assert loop.state("h").age() > 1
        for index in range(2, 5):
            assert loop.scrape().values() == {"h": None, "a": str(index)}
        assert loop.scrape("h").values() == {"h": None}
        assert hanging.runs == 1
        gate.open()
        loop.wait()
        assert loop.scrape().values() == {"h": "2", "a": "5"}
    assert [(level, message) for level, message, _ in events] == [
        ("warn", "collector failed"),
        ("info", "collector works again"),
    ]


def test_each_scrape_leaves_at_its_own_deadline(begin: Begin) -> None:
    with Gate() as gate:
        loop = begin(Scripted("a", gate))
        hasty, patient = loop.scrape(within=1), loop.scrape(within=5)
        gate.entered()
        loop.later(1)
        assert (hasty.times, patient.times) == (1, 0)
        gate.open()
        assert patient.values() == {"a": "1"}
        assert hasty.values() == {"a": None}
        assert hasty.times == 1


def test_what_was_a_little_late_is_waited_for_by_the_next(begin: Begin, events: Logged) -> None:
    with Gate() as gate:
        loop = begin(Scripted("a", gate))
        hasty = loop.scrape(within=LATE_AFTER / 2)
        gate.entered()
        loop.later(LATE_AFTER / 2)
        assert hasty.times == 1
        patient = loop.scrape()
        gate.open()
        assert patient.values() == {"a": "1"}
    assert events == []


def test_a_deadline_that_has_passed(begin: Begin) -> None:
    with Gate() as gate:
        loop = begin(Scripted("a", gate))
        scrape = loop.scrape(within=-1)
        assert loop.engine.timeout(loop.clock()) == 0
        loop.later(0)
        assert scrape.values() == {"a": None}


def test_nothing_to_collect_is_done_at_once(begin: Begin) -> None:
    loop = begin()
    assert loop.scrape().values() == {}


def test_a_collector_is_told_the_deadline(begin: Begin) -> None:
    script = Scripted("a")
    loop = begin(script)
    loop.scrape(within=7).values()
    assert script.deadline == loop.clock() + 7


def test_who_is_in_a_hurry_does_not_hurry_collectors_that_others_share(begin: Begin) -> None:
    script = Scripted("a")
    loop = begin(script)
    done: list[Scrape] = []
    hasty = loop.engine.scrape(loop.engine.states, loop.clock() + 0.1, done.append, run_until=loop.clock() + 1)
    assert loop.scrape().values() == {"a": "1"}
    assert (done, hasty.deadline, script.deadline) == ([hasty], loop.clock() + 0.1, loop.clock() + 1)


def test_pages_that_have_gone_are_kept_by_no_collector(begin: Begin) -> None:
    with Gate() as gate:
        loop = begin(Scripted("h", gate), Scripted("a"))
        for _ in range(3):
            loop.engine.cancel(loop.scrape().scrape)
            loop.scrape(within=LATE_AFTER / 2)
        gate.entered()
        assert [len(state.waiting) for state in loop.engine.states] == [3, 3]
        loop.engine.tick(loop.clock() + LATE_AFTER / 2)
        assert not any(state.waiting for state in loop.engine.states)


def test_no_thread_to_be_had(begin: Begin, events: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    with Gate() as gate:
        loop = begin(Scripted("h", gate), Scripted("a"))
        scrape = loop.scrape()
        gate.entered()
        with monkeypatch.context() as full:
            full.setattr(threads, "start", refused)
            for _ in range(3):
                loop.later(STUCK_AFTER)
                assert loop.scrape("a", within=0.01).scrape.missing
            assert [(level, message) for level, message, _ in events] == [("warn", "collector failed")]
        loop.later(STUCK_AFTER)
        while loop.state("a").pending:
            loop.wait()
        gate.open()
        assert scrape.values() == {"h": "1", "a": "1"}
        assert events[1:] == [("info", "collector works again", {"exporter": "test", "collector": "h"})]


def test_a_scrape_that_is_cancelled_is_never_done(begin: Begin) -> None:
    with Gate() as gate:
        loop = begin(Scripted("a", gate))
        gone, there = loop.scrape(), loop.scrape()
        loop.engine.cancel(gone.scrape)
        gate.open()
        assert there.values() == {"a": "1"}
        loop.later(100)
    assert gone.times == 0
    assert loop.engine.timeout(loop.clock()) is None


def test_failing_is_said_once_counted_each_time_and_so_is_the_recovery(begin: Begin, events: Logged) -> None:
    script = Scripted("a", acts=lambda: os.stat("/nowhere"))
    loop = begin(script)
    for _ in range(3):
        assert loop.scrape().values() == {"a": ""}
    state = loop.state("a")
    assert (state.failures, len(events)) == (3, 1)
    assert events[0][:2] == ("warn", "collector failed")
    assert "FileNotFoundError" in str(events[0][2]["err"])
    script.acts = int
    assert loop.scrape().values() == {"a": "4"}
    assert loop.scrape().values() == {"a": "5"}
    assert (state.failures, state.error, state.last_error) == (3, "", events[0][2]["err"])
    assert [message for _, message, _ in events] == ["collector failed", "collector works again"]


def test_absent_hardware_is_no_failure(begin: Begin, events: Logged) -> None:
    def absent() -> None:
        raise NoData

    loop = begin(Scripted("a", absent))
    assert loop.scrape().values() == {"a": ""}
    result = loop.state("a").result
    assert result is not None
    assert (result.absent, result.success, result.error) == (True, False, "")
    assert (loop.state("a").failures, events) == (0, [])


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        (lambda _: 1 / 0, "ZeroDivisionError"),
        (lambda _: None, "TypeError"),
        (lambda _: [1], "TypeError"),
        (lambda _: [("a", "gauge", "", 1)], "ValueError"),
        (lambda _: [("a", b"a 1\n")], "TypeError"),
        (lambda _: [gauge("a b", "", 1)], "ValueError"),
        (lambda _: [gauge("a", "", b"12kB")], "ValueError"),
        (lambda _: (gauge(name, "", 1) for name in ("a", "b c")), "ValueError"),
        (lambda _: (_ for _ in ()).throw(SystemExit(3)), "SystemExit"),
        (lambda _: (_ for _ in ()).throw(KeyboardInterrupt), "KeyboardInterrupt"),
        (lambda _: next(iter(())), "StopIteration"),
    ],
)
def test_whatever_goes_wrong_is_the_results_error(fails: Callable[[float], list[object]], said: str) -> None:
    result = run(Collector("test", "a", fails), 0.0)  # type: ignore[arg-type]
    assert said in result.error
    assert not result.families
    assert not result.success
    assert not result.absent


def test_the_first_to_serve_a_family_keeps_it(begin: Begin, events: Logged) -> None:
    loop = begin(Scripted("a", family="m"), Scripted("b", family="m"))
    for index in "12":
        assert loop.scrape().values() == {"a": index, "b": ""}
    assert loop.state("b").failures == 2
    assert [message for _, message, _ in events] == ["collector failed"]


def test_families_from_outside_give_way_even_if_they_came_first(begin: Begin) -> None:
    loop = begin(Scripted("files", family="m", last=True), Scripted("own", family="m"))
    assert loop.scrape("files").values() == {"files": "1"}
    for index in (2, 3):
        assert loop.scrape().values() == {"files": "", "own": str(index - 1)}


def test_replace_keeps_what_stays(begin: Begin) -> None:
    kept, gone, new = Scripted("kept"), Scripted("gone", family="m"), Scripted("new", family="m")
    loop = begin(kept, gone)
    assert loop.scrape().values() == {"kept": "1", "gone": "1"}
    state = loop.state("kept")
    assert [each.collector for each in loop.engine.replace([new.collector, kept.collector])] == [gone.collector]
    assert loop.scrape().values() == {"new": "1", "kept": "2"}
    assert loop.state("kept") is state


def test_what_is_replaced_while_it_collects_claims_nothing(begin: Begin) -> None:
    with Gate() as gate:
        loop = begin(Scripted("gone", gate, family="m"))
        before = loop.scrape()
        gate.entered()
        (retired,) = loop.engine.replace([Scripted("new", family="m").collector])
        gate.open()
        assert before.values() == {"gone": "1"}
        assert not retired.pending
        assert loop.scrape().values() == {"new": "1"}


def test_a_pipe_that_never_answers_in_real_time() -> None:
    pipe, answer = os.pipe()
    hanging, good = Scripted("h", lambda: os.read(pipe, 1)), Scripted("a")
    engine = Engine([hanging.collector, good.collector])
    pages: list[dict[str, bool]] = []

    def done(scrape: Scrape) -> None:
        pages.append({state.collector.name: result is not None for state, result in scrape.results()})

    for deadline in (1.0, 0.5, 0.0):
        engine.scrape(engine.states, monotonic() + deadline, done)
        while (timeout := engine.timeout(monotonic())) is not None:
            select.select([engine], [], [], timeout)
            engine.handle()
            engine.tick(monotonic())
    assert pages[:2] == [{"h": False, "a": True}] * 2
    assert pages[2]["h"] is False
    assert hanging.runs == 1
    os.write(answer, b"!")
    engine.close()
