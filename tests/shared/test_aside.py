"""Code that is asked in a thread of its own."""

import threading
from collections.abc import Callable

import pytest
from motes.shared.aside import Aside
from motes.shared.collector import Failed

from tests.support.fakes import WITHIN, Gate
from tests.support.namespaces import until

SOON = 0.01


def raising(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def test_what_it_gives() -> None:
    aside = Aside()
    assert aside.ask(lambda: 3, WITHIN) == 3
    assert aside.ask(threading.get_ident, WITHIN) != threading.get_ident()


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3)])
def test_what_it_raises(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised:
        Aside().ask(raising(error), WITHIN)
    assert raised.value is error


def test_who_interrupts_there_is_not_the_person() -> None:
    with pytest.raises(Failed, match=r"^KeyboardInterrupt: \^C$"):
        Aside().ask(raising(KeyboardInterrupt("^C")), WITHIN)


def test_what_does_not_come_back_is_asked_nothing_more_until_it_does() -> None:
    aside = Aside()
    asked: list[int] = []
    with Gate() as gate:
        with pytest.raises(TimeoutError, match=r"^it has not come back within 0.01 s$"):
            aside.ask(gate, SOON)
        gate.entered()
        with pytest.raises(TimeoutError, match="asked before"):
            aside.ask(lambda: asked.append(1), WITHIN)
    until(lambda: _answers(aside), "it has come back")
    assert asked == []


def _answers(aside: Aside) -> bool:
    try:
        return bool(aside.ask(lambda: True, WITHIN))
    except TimeoutError:
        return False
