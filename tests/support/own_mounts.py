"""A mount namespace for a test's own mounts: what hangs in there hangs nobody else."""

import ctypes
import os
import threading
from collections.abc import Callable

_CLONE_NEWNS = 0x20000
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000

_libc = ctypes.CDLL(None, use_errno=True)


def in_own_mounts(body: Callable[[], None]) -> None:
    """Run it in a thread that has a mount namespace of its own, and so have the threads and programs it starts."""
    raised: list[BaseException] = []

    def enter_and_run() -> None:
        try:
            _enter()
            body()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=enter_and_run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


def _enter() -> None:
    # A thread that unshares its mounts gets a current folder of its own, too; the others keep theirs.
    if _libc.unshare(_CLONE_NEWNS) or _libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "unshare")
