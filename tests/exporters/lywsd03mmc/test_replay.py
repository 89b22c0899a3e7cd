"""Guards against replays, with times in seconds."""

import pytest
from motes.exporters.lywsd03mmc.replay import Guard

TTL = 60.0


def after(*counters: int, bits: int = 32) -> Guard:
    """One that has accepted these at 0."""
    guard = Guard(bits)
    for counter in counters:
        assert guard.accepts(counter, 0.0, TTL)
    return guard


@pytest.mark.parametrize("bits", [8, 32])
@pytest.mark.parametrize("counter", [0, 1, 200, 255])
def test_begins_anywhere(bits: int, counter: int) -> None:
    assert Guard(bits).accepts(counter, 0.0, TTL)


def test_goes_on_and_may_repeat_itself() -> None:
    after(7, 7, 8, 8, 8, 20, 100_000)


def test_does_not_go_back() -> None:
    guard = after(20, 21)
    assert not guard.accepts(20, 1.0, TTL)
    assert not guard.accepts(0, 59.9, TTL)
    assert guard.accepts(21, 59.9, TTL)


@pytest.mark.parametrize(("bits", "last"), [(8, 255), (32, 2**32 - 1)])
def test_goes_round(bits: int, last: int) -> None:
    guard = after(last, 0, bits=bits)
    assert not guard.accepts(last, 1.0, TTL)
    assert guard.accepts(1, 1.0, TTL)


def test_begins_anew_after_a_change_of_battery() -> None:
    guard = after(5000)
    assert not guard.accepts(1, 59.0, TTL)
    assert guard.accepts(1, 60.0, TTL)
    assert guard.accepts(2, 61.0, TTL)
    assert not guard.accepts(1, 62.0, TTL)


def test_what_is_refused_holds_nobody_up() -> None:
    guard = after(5000)
    for second in range(60):
        assert not guard.accepts(1, float(second), TTL)
    assert guard.accepts(1, 60.0, TTL)
