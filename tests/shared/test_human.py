"""Times and numbers as people say them."""

import math

import pytest
from motes.shared import human


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "just now"),
        (0.9, "just now"),
        (-60, "just now"),
        (1, "1 s ago"),
        (119.9, "119 s ago"),
        (120, "2 min ago"),
        (7199, "119 min ago"),
        (7200, "2 h ago"),
        (172799, "47 h ago"),
        (172800, "2 d ago"),
        (86400 * 1234, "1,234 d ago"),
        (-61, "at 1970-01-12 13:47:41 UTC"),
    ],
)
def test_age(seconds: float, said: str) -> None:
    assert human.age(1e6 - seconds, 1e6) == said


@pytest.mark.parametrize("then", [1e30, 1e300, math.inf])
def test_a_time_that_is_none(then: float) -> None:
    assert human.age(then, 1e9) == "at a time that is none"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0.00 ms"), (0.00123, "1.23 ms"), (0.9999, "999.90 ms"), (1, "1.0 s"), (3600, "3,600.0 s")],
)
def test_duration(seconds: float, said: str) -> None:
    assert human.duration(seconds) == said


def test_count() -> None:
    assert [human.count(number, "sensor") for number in (0, 1, 1000)] == ["0 sensors", "1 sensor", "1,000 sensors"]
    assert human.count(2, "series", "series") == "2 series"


def test_readings() -> None:
    kinds = (("a", "warm", 1.0, "{:.1f} °C"), ("b", "damp", 100.0, "{:.0f} %"))
    assert human.readings({"b": 0.5, "c": 1}, kinds) == [("damp", "50 %")]
    assert human.readings({"b": 0.5, "a": -1}, kinds) == [("warm", "-1.0 °C"), ("damp", "50 %")]
