"""Which file tells, by what there is, when it was written, and whether a browser runs."""

import pytest
from motes.exporters.firefox_tabs.choice import BACKUP, CLEAN, RECOVERY, choose
from motes.exporters.firefox_tabs.opening import Identity

NAMES = {"recovery": RECOVERY, "backup": BACKUP, "clean": CLEAN}
OPEN, CLOSED = True, False


def files(**written: int) -> dict[str, Identity]:
    """By when each was written, which tells them apart, too."""
    return {NAMES[name]: (1, at, 100, at) for name, at in written.items()}


def chosen(running: bool | None, **written: int) -> object:
    choice = choose(files(**written), running=running)
    return choice and (choice.names, choice.open)


@pytest.mark.parametrize("running", [True, False, None])
def test_nothing(running: bool | None) -> None:
    assert chosen(running) is None


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ({"recovery": 5}, [RECOVERY]),
        ({"backup": 4}, [BACKUP]),
        ({"recovery": 5, "backup": 4}, [RECOVERY, BACKUP]),
        # The clock was set back in between.
        ({"recovery": 4, "backup": 5}, [RECOVERY, BACKUP]),
        # Left over from a browser that has run before.
        ({"recovery": 5, "backup": 4, "clean": 3}, [RECOVERY, BACKUP]),
    ],
)
@pytest.mark.parametrize(("running", "open"), [(True, OPEN), (None, OPEN), (False, CLOSED)])
def test_what_was_written_while_a_browser_ran(
    written: dict[str, int], names: list[str], running: bool | None, open: bool
) -> None:
    assert chosen(running, **written) == (names, open)


@pytest.mark.parametrize("running", [True, False, None])
@pytest.mark.parametrize(
    ("written", "names"),
    [
        ({"clean": 7}, [CLEAN]),
        ({"clean": 7, "recovery": 7}, [CLEAN, RECOVERY]),
        ({"clean": 7, "recovery": 6, "backup": 5}, [CLEAN, RECOVERY, BACKUP]),
    ],
)
def test_what_was_written_at_the_end(running: bool | None, written: dict[str, int], names: list[str]) -> None:
    """It counts until the next browser has written something, which is a while after its start."""
    assert chosen(running, **written) == (names, CLOSED)
