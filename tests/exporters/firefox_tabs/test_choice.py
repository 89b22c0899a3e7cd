"""Which file tells, by what there is, when it was written, and whether the browser runs."""

import pytest
from motes.exporters.firefox_tabs.choice import BACKUP, CLEAN, RECOVERY, Choice, Chooser
from motes.exporters.firefox_tabs.lock import Lock
from motes.exporters.firefox_tabs.opening import Identity

OPEN, CLOSED = True, False
FREE, UNKNOWN = Lock(False, 0, None), Lock(None, 0, None)


def files(**written: int) -> dict[str, Identity]:
    """By when each was written, which tells them apart, too."""
    names = {"recovery": RECOVERY, "backup": BACKUP, "clean": CLEAN}
    return {names[name]: (1, at, 100, at) for name, at in written.items()}


def runs(since: int) -> Lock:
    return Lock(True, since, since)


def shown(choice: Choice | None) -> object:
    return choice and (choice.names, choice.open)


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ({}, None),
        ({"recovery": 5}, [RECOVERY]),
        ({"backup": 4}, [BACKUP]),
        ({"recovery": 5, "backup": 4}, [RECOVERY, BACKUP]),
        # Left over from a browser that has run before.
        ({"recovery": 5, "backup": 4, "clean": 3}, [RECOVERY, BACKUP]),
    ],
)
@pytest.mark.parametrize(("lock", "open"), [(FREE, CLOSED), (UNKNOWN, OPEN)])
def test_what_is_left_behind(written: dict[str, int], names: list[str] | None, lock: Lock, open: bool) -> None:
    assert shown(Chooser().choose(lock, files(**written))) == (names and (names, open))


@pytest.mark.parametrize("lock", [FREE, UNKNOWN])
@pytest.mark.parametrize("written", [{"clean": 7}, {"clean": 7, "recovery": 7, "backup": 6}])
def test_who_has_quit_is_closed(written: dict[str, int], lock: Lock) -> None:
    names = [CLEAN, *([RECOVERY, BACKUP] if "recovery" in written else [])]
    assert shown(Chooser().choose(lock, files(**written))) == (names, CLOSED)


def test_a_session() -> None:
    chooser = Chooser()
    # It has quit before, and starts.
    before = files(recovery=3, backup=2, clean=4)
    assert chooser.choose(runs(10), before) is None
    # It has written for the first time, and the other file was moved away.
    first = files(backup=2, recovery=25)
    assert shown(chooser.choose(runs(10), first)) == ([RECOVERY], OPEN)
    # It writes again: what was there is renamed first.
    renamed = {BACKUP: first[RECOVERY]}
    assert shown(chooser.choose(runs(10), renamed)) == ([BACKUP], OPEN)
    again = renamed | files(recovery=40)
    assert shown(chooser.choose(runs(10), again)) == ([RECOVERY, BACKUP], OPEN)
    # It quits, and has not ended yet.
    assert shown(chooser.choose(runs(10), again | files(clean=50))) == ([CLEAN, RECOVERY, BACKUP], CLOSED)


def test_what_is_older_than_the_browser_that_runs_is_not_open() -> None:
    assert Chooser().choose(runs(10), files(recovery=9, backup=8)) is None
    assert shown(Chooser().choose(runs(10), files(recovery=10, backup=8))) == ([RECOVERY], OPEN)


def test_a_clock_that_was_set_back() -> None:
    chooser = Chooser()
    assert chooser.choose(runs(1000), files(recovery=900)) is None
    assert shown(chooser.choose(runs(1000), files(recovery=500, backup=900))) == ([RECOVERY], OPEN)
    # For the next browser, that is old.
    assert chooser.choose(runs(1001), files(recovery=500, backup=900)) is None


def test_a_browser_that_was_killed_and_one_that_was_started_since() -> None:
    chooser = Chooser()
    left = files(recovery=40, backup=25)
    assert shown(chooser.choose(runs(10), left)) == ([RECOVERY, BACKUP], OPEN)
    assert shown(chooser.choose(FREE, left)) == ([RECOVERY, BACKUP], CLOSED)
    assert chooser.choose(runs(60), left) is None
