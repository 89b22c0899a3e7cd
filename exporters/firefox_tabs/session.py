"""What a session has: windows, tabs, groups, and when each tab was last looked at.

Source: the JSON that Firefox's session store writes. `windows` has each window that is open with its `tabs`, `groups`
        and `_closedTabs`; those that were closed with their group are in `closedGroups`. A window that was closed just
        now is still there, with `closedAt`; later it is in `_closedWindows`. A tab has `pinned` only when it is,
        `userContextId` is its container, `lastAccessed` is Unix time. Private windows are never written.
Unit:   milliseconds for lastAccessed.
Errors: Failure wrong_type where there is no list of windows, too_many_tabs where there are more than are counted.
        Whatever else is missing or of another type is not counted.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping

from motes.exporters.firefox_tabs.problems import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_TABS = 100_000
# Containers by their number, and in the last place those that have no place of their own.
MOST_CONTAINERS = 32
_OTHERS = -1
_COUNTS = ("windows", "pinned", "hidden", "plain", "groups", "closed_tabs", "closed_windows")
# Beyond this, neither a time nor a container; both fit into 64 bits.
_LARGEST = 2**53
# What `packed` gives at most, in octets.
LONGEST = 8 * (len(_COUNTS) + 1 + 2 * (MOST_CONTAINERS + 1) + MOST_TABS)


class Session:
    """Numbers of what is open; `containers` are tabs by container, `accessed` is sorted."""

    __slots__ = (*_COUNTS, "accessed", "containers")

    def __init__(self) -> None:
        self.windows = self.pinned = self.hidden = self.plain = 0
        self.groups = self.closed_tabs = self.closed_windows = 0
        self.containers: dict[int, int] = {}
        self.accessed = array("q")

    def states(self) -> Iterator[tuple[str, int]]:
        """Tabs by state."""
        return ((state, getattr(self, state)) for state in ("pinned", "hidden", "plain"))

    def by_container(self) -> Iterator[tuple[str, int]]:
        return (("other" if each == _OTHERS else str(each), tabs) for each, tabs in self.containers.items())

    def untouched(self, now: float, seconds: float) -> int:
        """Tabs that nobody has looked at for so long; `now` is Unix time."""
        return bisect_right(self.accessed, int((now - seconds) * 1000))

    def oldest(self, now: float) -> float | None:
        """Seconds since the tab was looked at that nobody has looked at the longest; may be below 0."""
        return now - self.accessed[0] / 1000 if self.accessed else None

    def packed(self) -> bytes:
        """As octets; see `unpack`."""
        counts = [getattr(self, name) for name in _COUNTS]
        pairs = [number for pair in self.containers.items() for number in pair]
        return array("q", [*counts, len(self.containers), *pairs]).tobytes() + self.accessed.tobytes()


def unpack(octets: bytes) -> Session:
    """A session out of what another process has packed; ValueError or IndexError where that was cut."""
    numbers = array("q")
    numbers.frombytes(octets)
    session = Session()
    for name, number in zip(_COUNTS, numbers, strict=False):
        setattr(session, name, number)
    begin = len(_COUNTS) + 1
    end = begin + 2 * numbers[begin - 1]
    session.containers = dict(zip(numbers[begin:end:2], numbers[begin + 1 : end : 2], strict=True))
    session.accessed = numbers[end:]
    return session


def count(document: object) -> Session:
    """What is in a session file's JSON."""
    if not isinstance(document, dict) or not isinstance(document.get("windows"), list):
        raise Failure("wrong_type")
    session = Session()
    closed = _objects(document, "_closedWindows")
    session.closed_windows = len(closed)
    for window in _objects(document, "windows"):
        if "closedAt" in window:
            session.closed_windows += not any(_same(window, each) for each in closed)
        else:
            _count_window(session, window)
    session.accessed = array("q", sorted(session.accessed))
    session.containers = _bounded(session.containers)
    return session


def _count_window(session: Session, window: "Mapping[str, Any]") -> None:
    session.windows += 1
    session.groups += len(_objects(window, "groups"))
    groups = _objects(window, "closedGroups")
    session.closed_tabs += len(_objects(window, "_closedTabs")) + sum(len(_objects(each, "tabs")) for each in groups)
    for tab in _objects(window, "tabs"):
        state = "pinned" if tab.get("pinned") is True else "hidden" if tab.get("hidden") is True else "plain"
        setattr(session, state, getattr(session, state) + 1)
        container = _whole(tab.get("userContextId"), 0)
        session.containers[container] = session.containers.get(container, 0) + 1
        if accessed := _whole(tab.get("lastAccessed"), 0):
            session.accessed.append(accessed)
    if session.pinned + session.hidden + session.plain > MOST_TABS:
        raise Failure("too_many_tabs")


def _objects(holder: "Mapping[str, Any]", name: str) -> "list[Mapping[str, Any]]":
    """The objects in a list, if there is one."""
    value = holder.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _same(window: "Mapping[str, Any]", other: "Mapping[str, Any]") -> bool:
    """Whether a window was written twice: closing gives it a time, and a number in this session."""
    return all(window.get(key) == other.get(key) for key in ("closedAt", "closedId"))


def _whole(value: object, default: int) -> int:
    """A number that can be a time or a container."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _LARGEST:
        return int(value)
    return default


def _bounded(containers: Mapping[int, int]) -> dict[int, int]:
    """The first so many, and all others as one."""
    known = sorted(containers)[:MOST_CONTAINERS]
    others = sum(containers.values()) - sum(containers[each] for each in known)
    return {each: containers[each] for each in known} | ({_OTHERS: others} if others else {})
