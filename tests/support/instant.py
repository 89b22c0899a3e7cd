"""An event loop that does not wait: whenever nothing is left to do, its clock goes on to what is due next."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class _Impatient(selectors.SelectSelector):
    waited = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everything waits for something that nothing will do"
        self.waited += max(0.0, timeout)
        return super().select(0)


class InstantLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._impatient = _Impatient()
        super().__init__(self._impatient)

    def time(self) -> float:
        return self._impatient.waited


def run(work: Coroutine[Any, Any, _Result]) -> _Result:
    with asyncio.Runner(loop_factory=InstantLoop) as runner:
        return runner.run(work)


def now() -> float:
    """The running loop's time, which began at 0."""
    return asyncio.get_running_loop().time()
