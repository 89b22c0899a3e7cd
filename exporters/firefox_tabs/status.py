"""How one profile does, as the log and the page have it: nothing of what is in its files.

The thread that looks at it tells this, the scrape's thread reads it.
"""

from time import time

from motes.exporters.firefox_tabs.numbers import Whose
from motes.exporters.firefox_tabs.problems import PARSING, Failure
from motes.shared import log


class Status:
    """`seen` is when it was last read without fail, Unix time; `path` is where it is."""

    __slots__ = ("_told", "errors", "path", "problem", "seen", "whose")

    def __init__(self, whose: Whose, path: str) -> None:
        self.whose = whose
        self.path = path
        self.problem = ""
        self.errors: dict[str, int] = {}
        self.seen = 0.0
        # What the log has of it, at last.
        self._told: str | None = None

    def sees(self) -> None:
        """What it has is known."""
        self.seen = time()

    def works(self) -> None:
        """There is nothing wrong with it."""
        if self._told != "":
            log.info("profile is read", **self._fields())
        self.problem = self._told = ""

    def fails(self, failure: Failure) -> None:
        """Logged when it is another problem than before; not to have saved anything is usual after each start."""
        self.problem = failure.reason
        if failure.reason not in (self._told, "not_saved"):
            log.warn("profile is not read", **self._fields(), **failure.fields())
            self._told = failure.reason

    def count(self, failure: Failure) -> None:
        """A file, as it is now, could not be read."""
        if failure.reason in PARSING:
            self.errors[failure.reason] = self.errors.get(failure.reason, 0) + 1

    def _fields(self) -> dict[str, str]:
        return {"user": self.whose.user, "profile": self.whose.profile, "browser": self.whose.browser}
