"""Counting events of the kernel and of the processor on one CPU.

Source: perf_event_open(2), for which Python and the C library have no function; linux/perf_event.h.
Errors: OSError where the kernel or the processor does not count this, or this process may not; ENOSYS, as from a kernel
        without the call, for a processor whose number of it is not known here.
"""

import errno
import os
import sys
from functools import cache
from struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ctypes import CDLL

HARDWARE, SOFTWARE, TRACEPOINT, CACHE = 0, 1, 2, 3
# struct perf_event_attr in its first version, which all kernels take: type, size, config, period, sample type, read
# format, flags, and what is for samples and breakpoints.
_ATTR = Struct("=IIQQQQQIIQ")
_EXCLUDE_HYPERVISOR = 1 << 6
_CLOEXEC = 1 << 3
_ALL_PROCESSES = -1
_NO_GROUP = -1
_COUNT = Struct("=Q")
# asm/unistd.h; those of 32 bits by the name that a kernel of 64 bits has for itself.
_CALL_64 = {
    **dict.fromkeys(("aarch64", "riscv64", "loongarch64"), 241),
    **dict.fromkeys(("ppc64", "ppc64le"), 319),
    "x86_64": 298,
    "s390x": 331,
    "mips64": 5292,
    "sparc64": 327,
}
_CALL_32 = {
    **dict.fromkeys(("i386", "i486", "i586", "i686", "x86_64"), 336),
    **dict.fromkeys(("armv5tel", "armv6l", "armv7l", "armv8l", "aarch64"), 364),
    **dict.fromkeys(("ppc", "ppc64"), 319),
    "riscv32": 241,
    "mips": 4333,
}


class Counter:
    """An event on a CPU, counted from now on, whichever process it happens to."""

    __slots__ = ("_descriptor",)

    def __init__(self, kind: int, config: int, cpu: int) -> None:
        self._descriptor = -1
        self._descriptor = _open(kind, config, cpu)

    def count(self) -> int:
        found: int = _COUNT.unpack(os.read(self._descriptor, _COUNT.size))[0]
        return found

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


def _open(kind: int, config: int, cpu: int) -> int:
    import ctypes  # noqa: PLC0415 - half a megabyte for those who count

    attributes = _ATTR.pack(kind, _ATTR.size, config, 0, 0, 0, _EXCLUDE_HYPERVISOR, 0, 0, 0)
    descriptor: int = _library().syscall(_call(), attributes, _ALL_PROCESSES, cpu, _NO_GROUP, _CLOEXEC)
    if descriptor < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "perf_event_open")
    return descriptor


@cache
def _library() -> "CDLL":
    import ctypes  # noqa: PLC0415

    return ctypes.CDLL(None, use_errno=True)


@cache
def _call() -> int:
    machine = os.uname().machine
    found = (_CALL_64 if sys.maxsize >> 32 else _CALL_32).get(machine)
    if found is None:
        raise OSError(errno.ENOSYS, f"the number of perf_event_open on {machine} is not known")
    return found
