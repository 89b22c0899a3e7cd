"""The comparison sees what differs, and lets pass what may."""

import pytest

from tests.support.comparison import Exceptions, differences, settle
from tests.support.page import Page

ALLOWED = Exceptions(
    ours={r"mine\{.*": "ours alone"},
    theirs={r"yours\{.*": "theirs alone"},
    values={r"time\{.*": "never the same"},
    labels={("disk", "turns"): "newer"},
    newer={"new"},
)


@pytest.mark.parametrize(
    ("before", "ours", "after", "found"),
    [
        ("a 1", "a 1", "a 1", ""),
        ("a 1", "a 2", "a 1", "our 2.0 is their 1.0, then 1.0"),
        ("a 1", "a 2", "a 3", ""),
        ("a 3", "a 2", "a 1", ""),
        ("a 3", "a 4", "a 1", "our 4.0 is their 3.0, then 1.0"),
        ("a NaN", "a NaN", "a NaN", ""),
        ("a NaN", "a 0", "a NaN", "our 0.0 is their nan, then nan"),
        ("a +Inf", "a +Inf", "a +Inf", ""),
        ("a 1", "", "a 1", "theirs alone"),
        ("a 1", "", "", ""),
        ("", "a 1", "", "ours alone"),
        ("", "a 1", "a 1", ""),
        ('a{b="c"} 1', "a 1", 'a{b="c"} 1', "theirs alone|ours alone"),
        ('a{b="c",d="\\"}\\n"} 1', 'a{d="\\"}\\n",b="c"} 1', 'a{b="c",d="\\"}\\n"} 1', ""),
        ("# TYPE a gauge\na 1", "# TYPE a counter\na 1", "# TYPE a gauge\na 1", "our counter is their gauge"),
        ("yours 1", "mine 2", "yours 1", ""),
        ("time 1", "time 2", "time 1", ""),
        ("# TYPE time gauge\ntime 1", "time 2", "# TYPE time gauge\ntime 1", "our  is their gauge"),
        ('disk{is="x"} 1', 'disk{is="x",turns="no"} 1', 'disk{is="x"} 1', ""),
        ('disk{is="x"} 1', 'disk{is="y",turns="no"} 1', 'disk{is="x"} 1', "theirs alone|ours alone"),
        ("", "new 1", "", ""),
        ("", "new 1", 'new{b="c"} 1', "ours alone"),
    ],
)
def test_differences(before: str, ours: str, after: str, found: str) -> None:
    differing = differences(Page(before), Page(ours), Page(after), ALLOWED)
    assert list(differing.values()) == [how for how in found.split("|") if how]


def test_what_moves_to_and_fro_settles() -> None:
    theirs, ours = iter(["a 1\nb 1", "a 1\nb 1", "a 3\nb 1", "a 3\nb 1"]), iter(["a 2\nb 1", "a 2\nb 1"])
    assert settle(lambda: next(ours), lambda: next(theirs), ALLOWED) == {}


def test_what_stays_wrong_is_told() -> None:
    assert list(settle(lambda: "a 2\nb 1", lambda: "a 1\nb 1", ALLOWED)) == [("a", ())]


@pytest.mark.parametrize("text", ["a", "a{b} 1", 'a{b="c"d="e"} 1x y', "a 1\na 1", "# TYPE b gauge\na 1", "a 1 2"])
def test_no_page(text: str) -> None:
    with pytest.raises((AssertionError, ValueError)):
        Page(text)
