"""How long to wait before the next attempt: twice as long after each failure, up to a limit."""


class Backoff:
    """Seconds, from `first` to `most`."""

    __slots__ = ("_first", "_most", "_next")

    def __init__(self, first: float = 1.0, most: float = 60.0) -> None:
        self._first = first
        self._most = most
        self._next = first

    def next(self) -> float:
        now, self._next = self._next, min(2 * self._next, self._most)
        return now

    def reset(self) -> None:
        """It went well."""
        self._next = self._first
