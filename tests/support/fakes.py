"""Collectors that do what a test wants, and a clock that it sets."""

import threading
from collections.abc import Callable, Iterable

from motes.shared.collector import Collector
from motes.shared.exposition import Family, gauge

WITHIN = 30.0  # seconds that a thread may take to do what it was told, on a slow machine


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Scripted:
    """A collector of one family, which says how often it ran; `acts` is called inside it each time."""

    def __init__(
        self,
        name: str,
        acts: Callable[[], object] = int,
        *,
        family: str = "",
        last: bool = False,
        exporter: str = "test",
        kin: str = "",
    ) -> None:
        self.runs = 0
        self.deadline = 0.0
        self.acts = acts
        self.family = family or f"test_{name}"
        self.collector = Collector(exporter, name, self._collect, claims_last=last, kin=kin)

    def _collect(self, deadline: float) -> Iterable[Family]:
        self.runs += 1
        self.deadline = deadline
        yield gauge(self.family, "How often it ran.", self.runs)
        self.acts()


class Gate:
    """What a thread walks into and stays in until it is opened. Use it with `with`, or the thread never comes out."""

    def __init__(self) -> None:
        self._entered = threading.Semaphore(0)
        self._opened = threading.Event()

    def __call__(self) -> None:
        self._entered.release()
        assert self._opened.wait(WITHIN)

    def entered(self) -> None:
        """Wait for somebody to walk in."""
        assert self._entered.acquire(timeout=WITHIN)

    def open(self) -> None:
        self._opened.set()

    def __enter__(self) -> "Gate":
        return self

    def __exit__(self, *_: object) -> None:
        self.open()
