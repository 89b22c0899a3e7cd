"""What is counted in a session, and that nothing that can be in its place makes it fail otherwise."""

from array import array

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from motes.exporters.firefox_tabs import session as module
from motes.exporters.firefox_tabs.problems import Failure
from motes.exporters.firefox_tabs.session import LONGEST, Session, count, unpack

from tests.support.sessions import NOW, session, tab, window

NAMES = ("windows", "pinned", "hidden", "plain", "groups", "closed_tabs", "closed_windows")
DAY = 86400


def numbers(session: Session) -> dict[str, int]:
    """Those that are not 0."""
    return {name: getattr(session, name) for name in NAMES if getattr(session, name)}


@pytest.mark.parametrize(
    ("document", "counted"),
    [
        (session(), {}),
        (session(window()), {"windows": 1}),
        (session(window(tab(), tab())), {"windows": 1, "plain": 2}),
        (
            session(window(tab(pinned=True), tab(hidden=True), tab(), closed=2, groups=1), window(tab(), groups=2)),
            {"windows": 2, "pinned": 1, "hidden": 1, "plain": 2, "groups": 3, "closed_tabs": 2},
        ),
        (session(window(tab(pinned=True, hidden=True))), {"windows": 1, "pinned": 1}),
        (session(window(tab()), closed=[window(tab(), closed=3)]), {"windows": 1, "plain": 1, "closed_windows": 1}),
        # One that was closed just now is in either place, or in both.
        (session(window(tab(), closed=1, closedAt=5, closedId=1)), {"closed_windows": 1}),
        (
            session(window(closedAt=5, closedId=1), closed=[window(closedAt=5, closedId=1)]),
            {"closed_windows": 1},
        ),
        (
            session(window(closedAt=5, closedId=2), closed=[window(closedAt=5, closedId=1)]),
            {"closed_windows": 2},
        ),
        (
            session(window(tab(), closedGroups=[{"tabs": [tab(), tab(), 7]}, {"tabs": 7}, 7], closed=1)),
            {"windows": 1, "plain": 1, "closed_tabs": 3},
        ),
        (session(savedGroups=[{"tabs": [tab()]}], lastSessionState=session(window(tab()))), {}),
    ],
)
def test_counts(document: object, counted: dict[str, int]) -> None:
    assert numbers(count(document)) == counted


@pytest.mark.parametrize(
    ("document", "counted"),
    [
        (session(7, None, "window", [], window(tab())), {"windows": 1, "plain": 1}),
        (session(window(7, None, "tab", [tab()], tab())), {"windows": 1, "plain": 1}),
        (session({}), {"windows": 1}),
        (session({"tabs": {"0": tab()}, "groups": "abc", "_closedTabs": 7}), {"windows": 1}),
        (session(window({}, tab(pinned=1, hidden="true"))), {"windows": 1, "plain": 2}),
        ({"windows": []}, {}),
        ({"windows": [], "_closedWindows": {"0": window()}}, {}),
    ],
)
def test_what_has_another_type_is_not_counted(document: object, counted: dict[str, int]) -> None:
    assert numbers(count(document)) == counted


@pytest.mark.parametrize("document", [None, 7, "windows", [], [session()], {}, {"windows": None}, {"windows": {}}])
def test_what_is_no_session(document: object) -> None:
    with pytest.raises(Failure) as raised:
        count(document)
    assert raised.value.reason == "wrong_type"


def test_more_tabs_than_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TABS", 3)
    assert count(session(window(tab(), tab()), window(tab()))).plain == 3
    with pytest.raises(Failure) as raised:
        count(session(window(tab(), tab()), window(tab(), tab())))
    assert raised.value.reason == "too_many_tabs"


def test_containers() -> None:
    tabs = [tab(userContextId=each) for each in (2, 0, 2, True, "2", None, -1, 1e300, 2.0)]
    counted = count(session(window(*tabs, {}), window(tab(userContextId=9), closedAt=5)))
    assert dict(counted.by_container()) == {"0": 7, "2": 3}


def test_containers_beyond_what_is_served_are_one() -> None:
    counted = count(session(window(*[tab(userContextId=each) for each in range(40)])))
    served = dict(counted.by_container())
    assert served.pop("other") == 8
    assert served == {str(each): 1 for each in range(32)}
    assert dict(unpack(counted.packed()).by_container()) == dict(counted.by_container())


@pytest.mark.parametrize("wrong", [0, -5, None, "1793700000000", True, [], float("inf"), 1e300, 10**30])
def test_a_time_that_is_none_has_no_age(wrong: object) -> None:
    counted = count(session(window(tab(NOW), tab(wrong), tab(NOW - 5000))))
    assert counted.plain == 3
    assert list(counted.accessed) == [NOW - 5000, NOW]


def test_ages_go_on() -> None:
    counted = count(session(window(tab(NOW), tab(NOW - DAY * 1000), tab(NOW - 7 * DAY * 1000))))
    now = NOW / 1000
    assert counted.oldest(now) == 7 * DAY
    assert [counted.untouched(now, days * DAY) for days in (1, 7, 30)] == [2, 1, 0]
    assert counted.oldest(now + 30 * DAY) == 37 * DAY
    assert [counted.untouched(now + 30 * DAY, days * DAY) for days in (1, 7, 30)] == [3, 3, 3]
    assert Session().oldest(now) is None


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
KEYS = st.sampled_from(
    ["windows", "tabs", "groups", "_closedTabs", "_closedWindows", "closedGroups", "closedAt", "closedId", "pinned"]
    + ["hidden", "lastAccessed", "userContextId", "index"]
)
ANYTHING = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=40)
TABS = st.fixed_dictionaries(
    {},
    optional={
        "pinned": st.booleans() | ANYTHING,
        "hidden": st.booleans() | ANYTHING,
        "lastAccessed": st.integers() | ANYTHING,
        "userContextId": st.integers() | ANYTHING,
    },
)
WINDOWS = st.fixed_dictionaries(
    {},
    optional={
        "tabs": st.lists(TABS | ANYTHING) | ANYTHING,
        "groups": st.lists(ANYTHING),
        "_closedTabs": st.lists(ANYTHING) | ANYTHING,
        "closedAt": ANYTHING,
    },
)
SESSIONS = st.fixed_dictionaries(
    {"windows": st.lists(WINDOWS | ANYTHING)}, optional={"_closedWindows": st.lists(WINDOWS) | ANYTHING}
)


@given(SESSIONS | ANYTHING)
@example({"windows": [{"tabs": [{"lastAccessed": float("nan"), "userContextId": float("-inf")}]}]})
def test_whatever_it_is(document: object) -> None:
    try:
        counted = count(document)
    except Failure as failure:
        assert failure.reason == "wrong_type"
        return
    tabs = counted.pinned + counted.hidden + counted.plain
    assert sum(counted.containers.values()) == tabs >= len(counted.accessed)
    assert counted.accessed == array("q", sorted(counted.accessed))
    packed = counted.packed()
    assert len(packed) <= LONGEST
    again = unpack(packed)
    assert [getattr(again, name) for name in Session.__slots__] == [
        getattr(counted, name) for name in Session.__slots__
    ]


@given(st.binary(max_size=200))
def test_what_was_cut_is_no_session(octets: bytes) -> None:
    try:
        unpack(octets)
    except (IndexError, ValueError):
        pass
