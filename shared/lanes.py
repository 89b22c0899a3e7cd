"""How long, and how many, connections are borne.

A connection is in one lane at a time. All that wait in a lane may wait equally long, so the oldest is the
first that is due, and the first to go when room is needed.
"""

from collections.abc import Iterator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.connection import Connection

# How long each may take, in seconds: to send a request's head, to come back with another request,
# to read a response, to see that it was refused.
HEAD = 10.0
IDLE = 180.0
WRITING = 60.0
DRAINING = 2.0
MOST_CONNECTIONS = 512


class Lane:
    """Connections in one state, oldest first; `seconds` is how long they may be in it, None for any time."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._members: dict[Connection, float] = {}

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> "Iterator[Connection]":
        return iter(list(self._members))

    def enter(self, connection: "Connection", now: float) -> None:
        self._members[connection] = now

    def leave(self, connection: "Connection") -> None:
        self._members.pop(connection, None)

    def oldest(self) -> "Connection | None":
        return next(iter(self._members), None)

    def due(self) -> float:
        """When the oldest has been here too long, in monotonic seconds."""
        if self.seconds is None or not self._members:
            return float("inf")
        return next(iter(self._members.values())) + self.seconds


class Lanes:
    """The lanes, in the order in which their connections make room for new ones."""

    def __init__(self) -> None:
        self.head = Lane(HEAD)
        self.draining = Lane(DRAINING)
        self.idle = Lane(IDLE)
        self.writing = Lane(WRITING)
        # A scrape has its own deadline.
        self.busy = Lane(None)
        self.all = (self.head, self.draining, self.idle, self.writing, self.busy)

    def __len__(self) -> int:
        return sum(map(len, self.all))

    def due(self) -> float:
        return min(lane.due() for lane in self.all)

    def overdue(self, now: float) -> "Iterator[Connection]":
        for lane in self.all:
            while lane.due() <= now and (connection := lane.oldest()):
                yield connection
                lane.leave(connection)

    def to_make_room(self) -> "Connection | None":
        """The connection to close for a new one. Scrapes that are under way stay."""
        for lane in (self.head, self.draining, self.idle, self.writing):
            if connection := lane.oldest():
                return connection
        return None
