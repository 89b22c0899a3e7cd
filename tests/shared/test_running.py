"""Exporters from their start to the end of their threads; and that a defect of one is a line, and nothing to others."""

import re
from collections.abc import Callable
from time import monotonic

import pytest
from motes.shared import running as module
from motes.shared.broken import Broken
from motes.shared.collector import Collector, Failed
from motes.shared.config import Misconfigured
from motes.shared.options import Catalogue
from motes.shared.plugin import Exporter, Plugin
from motes.shared.running import Running
from motes.shared.settings import Wanted

from tests.shared.conftest import Logged
from tests.support.fakes import Gate
from tests.support.namespaces import until

LATER = 30.0  # seconds from now, which no test waits for


class Actor:
    """An exporter that does what the test wants, and notes what is asked of it; `answers` are to `settled`, `ended`."""

    def __init__(self, name: str, acts: Callable[[str], object] = str, answers: Callable[[], bool] = bool) -> None:
        self.asked: list[str] = []
        self.acts = acts
        self.answers = answers
        self.plugin = Plugin(name, Catalogue([]), lambda _: self._exporter())

    def _exporter(self) -> Exporter:
        self._called("create")
        names = ("close", "start", "refresh")
        close, start, refresh = [lambda name=name: self._called(name) for name in names]
        return Exporter(
            [],
            close,
            start=start,
            refresh=refresh,
            settled=lambda: self._answer("settled"),
            ended=lambda: self._answer("ended"),
        )

    def _called(self, name: str) -> None:
        self.asked.append(name)
        self.acts(name)

    def _answer(self, name: str) -> bool:
        self._called(name)
        return self.answers()


def running(*actors: Actor) -> Running:
    return Running([Wanted(actor.plugin) for actor in actors])


def broken(name: str) -> Callable[[str], None]:
    """Fails at one thing."""

    def act(what: str) -> None:
        if what == name:
            raise KeyError(what)

    return act


def hanging(name: str, gate: Gate) -> Callable[[str], None]:
    """Does not come back from one thing until the gate is opened."""

    def act(what: str) -> None:
        if what == name:
            gate()

    return act


def leaving(_: str) -> None:
    raise SystemExit


class Bad:
    """Is neither true nor false."""

    def __bool__(self) -> bool:
        raise MemoryError


def in_turn(*answers: bool) -> Callable[[], bool]:
    left = list(answers)
    return lambda: left.pop(0)


def yes() -> bool:
    return True


def soon() -> float:
    return monotonic() + LATER


def test_a_life() -> None:
    one = Actor("one", answers=yes)
    its = running(one)
    assert one.asked == ["create"]
    its.start()
    its.start()
    assert its.refresh()
    its.settle(soon())
    its.end(soon())
    assert one.asked == ["create", "start", "refresh", "settled", "close", "ended"]


def test_exporters_need_none_of_it(events: Logged) -> None:
    its = Running([Wanted(Plugin("one", Catalogue([]), lambda _: Exporter([])))])
    its.start()
    assert its.refresh()
    its.settle(soon())
    its.end(soon())
    assert events == []


def test_one_that_means_to_leave_is_kept(events: Logged) -> None:
    one = Actor("one")
    its = running(one)
    one.acts = leaving
    its.start()
    assert [(message, fields["err"]) for _, message, fields in events] == [("exporter not started", "SystemExit: ")]


@pytest.mark.parametrize("what", ["start", "refresh", "close", "settled", "ended"])
def test_a_defect_is_told_of_and_nothing_to_the_others(what: str, events: Logged) -> None:
    bad, good = Actor("bad", broken(what), yes), Actor("good", answers=yes)
    its = running(bad, good)
    its.start()
    assert its.refresh() is (what != "refresh")
    its.settle(soon())
    its.end(soon())
    assert good.asked == ["create", "start", "refresh", "settled", "close", "ended"]
    words = {"start": "started", "refresh": "refreshed", "close": "closed"}
    fields = {"exporter": "bad", "err": f"KeyError: {what!r}"}
    assert events == [("error", f"exporter not {words.get(what, 'asked')}", fields)]


@pytest.mark.parametrize("what", ["create", "start", "refresh", "close", "settled", "ended"])
def test_what_does_not_come_back_keeps_nobody_waiting(
    what: str, events: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    for patience in ("PATIENCE", "_ANSWER_WITHIN", "_END_WITHIN"):
        monkeypatch.setattr(module, patience, 0.3)
    with Gate() as gate:
        bad, good = Actor("bad", hanging(what, gate), yes), Actor("good", answers=yes)
        its = running(bad, good)
        its.start()
        its.refresh()
        its.settle(soon())
        its.end(soon())
    assert good.asked == ["create", "start", "refresh", "settled", "close", "ended"]
    assert "TimeoutError: it has not come back within 0.3 s" in [fields["err"] for *_, fields in events]


def test_what_stands_in_for_one_that_hangs_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    with Gate() as gate:
        (run,) = running(Actor("one", hanging("create", gate))).runs
        assert run.ask(lambda: 3) == 3


def test_what_is_being_made_still_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    with Gate() as gate:
        one = Actor("one", hanging("create", gate))
        its = running(one)
        (run,) = its.runs
        assert its.prepare([run.wanted]) == [run]
        assert one.asked == ["create"]
    monkeypatch.setattr(module, "PATIENCE", LATER)
    until(lambda: not its.prepare([run.wanted])[0].broken, "it is made")


def test_what_has_not_started_is_started_again_and_not_waited_for() -> None:
    one = Actor("one", broken("start"))
    its = running(one)
    its.start()
    assert its.refresh()
    its.settle(soon())
    one.acts = str
    its.start()
    its.start()
    assert one.asked == ["create", "start", "start"]


def test_what_is_wrong_is_told_as_it_is_where_the_exporter_knows(events: Logged) -> None:
    def act(what: str) -> None:
        if what == "refresh":
            raise ValueError("--key-file: not there")

    its = running(Actor("one", act))
    its.start()
    assert not its.refresh()
    assert [str(fields["err"]) for *_, fields in events] == ["--key-file: not there"]


def test_waits_for_each_until_it_has_settled_once() -> None:
    one, two = Actor("one", answers=in_turn(True, True)), Actor("two", answers=in_turn(False, False, True, True))
    its = running(one, two)
    its.start()
    its.settle(soon())
    assert (one.asked.count("settled"), two.asked.count("settled")) == (1, 3)
    its.end(soon())
    assert (one.asked.count("ended"), two.asked.count("ended")) == (1, 1)


def test_waits_no_longer_than_it_should() -> None:
    one = Actor("one")
    its = running(one)
    its.start()
    its.settle(monotonic())
    its.end(monotonic())
    assert one.asked == ["create", "start", "settled", "close", "ended"]


def test_what_was_replaced_is_closed_at_once_and_waited_for_at_the_end() -> None:
    old, kept = Actor("old"), Actor("kept", answers=yes)
    its = running(old, kept)
    its.start()
    its.replace(its.prepare([Wanted(kept.plugin)]), [])
    assert old.asked == ["create", "start", "close"]
    old.answers = in_turn(False, True)
    its.end(soon())
    assert old.asked == ["create", "start", "close", "ended", "ended"]
    assert kept.asked == ["create", "start", "close", "ended"]


def test_other_values_are_another_exporter() -> None:
    one = Actor("one", answers=yes)
    its = running(one)
    its.start()
    its.replace(its.prepare([Wanted(one.plugin, "", {"a": [("b", 1)]})]), [])
    assert its.refresh()
    its.start()
    assert one.asked == ["create", "start", "create", "close", "start"]
    its.replace(its.prepare([Wanted(one.plugin, "", {"a": [("b", 1)]})]), [])
    assert its.refresh()
    its.start()
    assert one.asked[5:] == ["ended", "refresh"]


def test_where_it_listens_is_no_concern_of_what_runs() -> None:
    one = Actor("one")
    its = Running([Wanted(one.plugin, "a", {"x": 1}, (("site", "home"),))])
    (run,) = its.runs
    its.replace(its.prepare([Wanted(one.plugin, "a", {"x": 1}, (("site", "home"),), [":1"])]), [])
    assert its.runs == [run]
    its.replace(its.prepare([Wanted(one.plugin, "a", {"x": 1}, (("site", "work"),))]), [])
    assert its.runs != [run]
    assert one.asked == ["create", "create", "close"]


def test_names_and_collectors() -> None:
    made = [Collector("kind", "one", lambda _: ()), Collector("other", "two", lambda _: ())]
    plugin = Plugin("kind", Catalogue([]), lambda _: Exporter(made))
    runs = Running([Wanted(plugin), Wanted(plugin, "a")]).runs
    assert [run.name for run in runs] == ["kind", "kind.a"]
    for run in runs:
        assert run.exporter.collectors is made
        assert [(each.exporter, each.name, each.kin) for each in run.collectors] == [
            (run.name, "one", "kind"),
            (run.name, "two", "kind"),
        ]


def garbage(*given: object) -> Plugin:
    """One that gives these instead of an exporter's collectors."""
    return Plugin("bad", Catalogue([]), lambda _: Exporter(given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("plugin", "told"),
    [
        (Actor("bad", broken("create")).plugin, "KeyError: 'create'"),
        (Actor("bad", leaving).plugin, "SystemExit: "),
        (Plugin("bad", Catalogue([]), lambda _: 3), "TypeError: it has made a int, which is no Exporter"),  # type: ignore[arg-type,return-value]
        (garbage(3), "TypeError: 3 is no Collector with a name and a function"),
        (garbage(*[Collector("bad", "x", lambda _: ())] * 2), 'ValueError: it has two collectors called "x"'),
        (Broken("bad", "ImportError: no"), "ImportError: no"),
    ],
)
def test_another_stands_in_for_one_that_is_broken(plugin: Plugin, told: str, events: Logged) -> None:
    its = Running([Wanted(plugin, "a", labels=(("site", "home"),))])
    (run,) = its.runs
    assert run.broken == told
    its.start()
    assert events == [("error", "exporter is broken", {"exporter": "bad.a", "err": told})]
    (collector,) = run.collectors
    assert (collector.exporter, collector.kin) == ("bad.a", "bad")
    with pytest.raises(Failed, match=f"^{re.escape(told)}$"):
        list(collector.collect(0.0))
    its.end(soon())


def test_what_was_broken_is_tried_again() -> None:
    one = Actor("one", broken("create"))
    its = running(one)
    assert its.runs[0].broken
    one.acts = str
    its.replace(its.prepare([Wanted(one.plugin)]), [])
    assert not its.runs[0].broken
    assert one.asked == ["create", "create"]


def test_what_cannot_be_taken_is_closed() -> None:
    asked: list[str] = []
    plugin = Plugin("bad", Catalogue([]), lambda _: Exporter([3], lambda: asked.append("close")))  # type: ignore[list-item]
    assert Running([Wanted(plugin)]).runs[0].broken
    assert asked == ["close"]


def test_an_instance_that_refuses_is_named() -> None:
    def act(what: str) -> None:
        raise ValueError("--a and --b exclude each other")

    with pytest.raises(Misconfigured, match=r"^\[one\.a\] --a and --b exclude each other$"):
        Running([Wanted(Actor("one", act).plugin, "a")])


@pytest.mark.parametrize("answer", [3, "yes", Bad()])
def test_answers_that_are_none(answer: object, events: Logged) -> None:
    its = running(Actor("one", answers=lambda: answer))  # type: ignore[arg-type,return-value]
    its.start()
    its.settle(soon())
    its.end(soon())


def test_where_one_refuses_what_was_made_is_closed() -> None:
    def act(what: str) -> None:
        raise ValueError("--a and --b exclude each other")

    kept, made, refuses = Actor("kept"), Actor("made"), Actor("refuses", act)
    its = running(kept)
    its.start()
    with pytest.raises(Misconfigured, match=r"^--a and --b exclude each other$"):
        its.prepare([Wanted(actor.plugin) for actor in (kept, made, refuses)])
    assert made.asked == ["create", "close"]
    assert kept.asked == ["create", "start"]
