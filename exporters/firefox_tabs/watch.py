"""How long a thread has been waiting for a file system, for others to see."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

# A file system that does not answer for so long, in seconds, hangs.
PATIENCE = 10.0


class Watch:
    def __init__(self) -> None:
        self._since = 0.0

    def begin(self) -> None:
        """It is waiting from now on, or again."""
        self._since = monotonic()

    def end(self) -> None:
        self._since = 0.0

    def hangs(self) -> bool:
        since = self._since
        return bool(since) and monotonic() - since > PATIENCE

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """For something else meanwhile."""
        self.end()
        try:
            yield
        finally:
            self.begin()
