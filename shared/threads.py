"""Threads that end with the program, and queues between them.

`threading` and `queue` would be a third of a megabyte for what is used of them here, which is made of these two.
"""

from _queue import Empty, SimpleQueue
from _thread import start_new_thread
from collections.abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Empty", "SimpleQueue", "start"]


def start(work: "Callable[..., Any]", *arguments: object) -> None:
    """Run it in a thread of its own, which nobody waits for."""
    start_new_thread(work, arguments)
