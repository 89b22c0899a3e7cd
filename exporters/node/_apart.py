"""Work that may take long, or never end, in a thread of its own: asked for again and again, one answer under way."""

from collections.abc import Callable
from time import monotonic

from motes.shared import threads
from motes.shared.threads import Empty, SimpleQueue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Generic, TypeVar

    T = TypeVar("T")
else:
    Generic, T = {None: object}, None


class Apart(Generic[T]):
    """All but `work` runs in the caller's thread; the other one ends with this object, or when its work then does."""

    def __init__(self, work: "Callable[[], T]") -> None:
        self._questions: SimpleQueue[bool] = SimpleQueue()
        self._answers: SimpleQueue[T | Exception] = SimpleQueue()
        self._busy = False
        self._late = False
        threads.start(_answer, work, self._questions, self._answers)

    def ask(self) -> None:
        """Have the work done anew: now, or when what was asked before has been answered."""
        self._late = self._busy
        if not self._busy:
            self._begin()

    def answer(self, deadline: float) -> "T | None":
        """What the work gave, or raises what it raised; None if it has not ended by this monotonic time."""
        while True:
            try:
                given = self._answers.get(timeout=max(0.0, deadline - monotonic()))
            except Empty:
                return None
            self._busy = False
            if not self._late:
                break
            # For who asked before: who knows how old it is.
            self.ask()
        if isinstance(given, Exception):
            raise given
        return given

    def _begin(self) -> None:
        self._busy = True
        self._questions.put(True)

    def __del__(self) -> None:
        self._questions.put(False)


def _answer(work: "Callable[[], T]", questions: "SimpleQueue[bool]", answers: "SimpleQueue[T | Exception]") -> None:
    while questions.get():
        try:
            answers.put(work())
        except Exception as error:  # noqa: BLE001 - it is the caller's, and raised there
            answers.put(error)
