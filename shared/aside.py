"""Somebody else's code, asked in a thread of its own, for it may never come back.

Errors: what it raises; TimeoutError where it takes too long, and its thread is left to it.
"""

from collections.abc import Callable

from motes.shared import threads
from motes.shared.collector import Failed, told
from motes.shared.threads import Empty, SimpleQueue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Outcomes = SimpleQueue[tuple[Any, BaseException | None]]


class Aside:
    """Is asked one thing at a time: where it has not come back from one, it is asked no other."""

    def __init__(self) -> None:
        self._awaited: Outcomes | None = None

    @property
    def busy(self) -> bool:
        """Whether it has not come back."""
        return self._awaited is not None and self._awaited.empty()

    def ask(self, act: "Callable[[], Any]", seconds: float) -> "Any":
        """What it gives, within so many seconds."""
        # What is asked may import it, see Sampler.
        import threading  # noqa: F401, PLC0415

        if self.busy:
            raise TimeoutError("it has not come back from what it was asked before")
        outcomes: Outcomes = SimpleQueue()
        self._awaited = outcomes
        threads.start(_answer, act, outcomes)
        try:
            given, error = outcomes.get(timeout=seconds)
        except Empty:
            raise TimeoutError(f"it has not come back within {seconds:g} s") from None
        self._awaited = None
        if error is not None:
            raise error
        return given


def _answer(act: "Callable[[], Any]", outcomes: "Outcomes") -> None:
    try:
        outcomes.put((act(), None))
    except KeyboardInterrupt as error:
        # Ctrl-C comes to the main thread.
        outcomes.put((None, Failed(told(error))))
    except BaseException as error:  # noqa: BLE001 - it is raised for who asked
        outcomes.put((None, error))
