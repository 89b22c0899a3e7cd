"""What is served of a profile: names, HELP, and the samples that a session gives.

Unit: ages in seconds; tabs, windows and groups as such.
"""

from collections.abc import Iterable, Mapping

from motes.exporters.firefox_tabs.session import Session
from motes.shared.exposition import labels

PREFIX = "firefox_"
HELPS = {
    "windows": "Windows that are open; private ones are never saved, and not counted.",
    "tabs": "Tabs that are open, by state: pinned, hidden (by an extension), or plain.",
    "tab_groups": "Groups of tabs in the windows that are open.",
    "closed_tabs": "Closed tabs that can be had back, of the windows that are open or restorable.",
    "closed_windows": "Closed windows that can be had back.",
    "restorable_windows": "Windows that can be restored; 0 while the browser is open.",
    "restorable_tabs": "Tabs that can be restored, by state; 0 while the browser is open.",
    "container_tabs": "Tabs that are open, by the number of their container; 0 is none.",
    "session_file_timestamp_seconds": "When the session file that was read was written, Unix time.",
}
OLDEST = "How long ago the tab was looked at that nobody has looked at the longest, of those that are open."
UNTOUCHED = "Tabs that are open and that nobody has looked at for so many days; who counts for 30 does for 7 and 1."
DAYS = ("1", "7", "30")
_DAY = 86400.0
# Later than now by more is no time at which a tab can have been looked at, whatever was done to the clock.
_AHEAD = _DAY
# Of a browser that is closed.
NOTHING = Session()

Samples = Mapping[str, Mapping[bytes, float]]


class Whose:
    """A profile's labels."""

    __slots__ = ("alone", "browser", "days", "profile", "user")

    def __init__(self, user: str, profile: str, browser: str) -> None:
        self.user = user
        self.profile = profile
        self.browser = browser
        self.alone = labels(user=user, profile=profile, browser=browser)
        self.days = tuple((self.labelled(days=days), int(days) * _DAY) for days in DAYS)

    def labelled(self, **more: str) -> bytes:
        return labels(user=self.user, profile=self.profile, browser=self.browser, **more)


def samples(whose: Whose, session: Session, written: float, *, open: bool, containers: bool) -> Samples:
    """What a session gives, by the end of its metric's name."""
    now, later = (session, NOTHING) if open else (NOTHING, session)
    alone = {
        "windows": now.windows,
        "tab_groups": now.groups,
        "closed_tabs": session.closed_tabs,
        "closed_windows": session.closed_windows,
        "restorable_windows": later.windows,
        "session_file_timestamp_seconds": written,
    }
    given: dict[str, Mapping[bytes, float]] = {name: {whose.alone: value} for name, value in alone.items()}
    given["tabs"] = _by(whose, "state", now.states())
    given["restorable_tabs"] = _by(whose, "state", later.states())
    if containers:
        given["container_tabs"] = _by(whose, "container", now.by_container())
    return given


def _by(whose: Whose, name: str, values: Iterable[tuple[str, int]]) -> Mapping[bytes, float]:
    return {whose.labelled(**{name: each}): value for each, value in values}


def untouched(whose: Whose, session: Session, now: float) -> Mapping[bytes, float]:
    return {label_set: session.untouched(now, seconds) for label_set, seconds in whose.days}


def oldest(session: Session, now: float) -> float | None:
    """None where there is no tab, or none that says so."""
    age = session.oldest(now)
    return None if age is None or age < -_AHEAD else max(0.0, age)
