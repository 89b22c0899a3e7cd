"""System calls that Python has no function for, made through the C library.

Errors: OSError where the call fails.
"""

import os
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ctypes import CDLL, Array, c_char


def buffer(size: int) -> "Array[c_char]":
    """Memory for a call to fill, all zeroes."""
    import ctypes  # noqa: PLC0415 - half a megabyte for those who call

    return ctypes.create_string_buffer(size)


def call(name: str, argument: "Array[c_char]") -> int:
    """A call that takes one pointer and returns -1 when it fails."""
    # As an attribute the library keeps the function; as an item it makes another each time, in a cycle of references.
    result: int = getattr(_library(), name)(argument)
    if result == -1:
        import ctypes  # noqa: PLC0415

        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)
    return result


@cache
def _library() -> "CDLL":
    import ctypes  # noqa: PLC0415

    return ctypes.CDLL(None, use_errno=True)
