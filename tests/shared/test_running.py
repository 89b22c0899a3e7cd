"""Exporters from their start to the end of their threads; and that a defect of one is a line, and nothing to others."""

from collections.abc import Callable
from time import monotonic

import pytest
from motes.shared.config import Misconfigured
from motes.shared.options import Catalogue
from motes.shared.plugin import Exporter, Plugin
from motes.shared.running import Running
from motes.shared.settings import Wanted

from tests.shared.conftest import Logged

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
