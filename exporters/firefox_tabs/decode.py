"""What the child process does: it reads one session file from its standard input, and writes numbers.

It is given as little as it needs, for the file may be made to fill memory: `{}` over and over becomes objects of many
times its size. When it ends, the memory is given back whole.

Errors: the exit status tells the reason, see `reason`; nothing of what was read leaves it.
"""

import gc
import os
import resource
import sys

from motes.exporters.firefox_tabs.mozlz4 import HEADER, unpacked_size
from motes.exporters.firefox_tabs.problems import ADVICE, Failure
from motes.exporters.firefox_tabs.session import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

# Besides what the session needs: Python itself, lz4 and the C library.
_PYTHON = 128 << 20
# Exit statuses from here on are reasons, in the order in which ADVICE has them.
_FIRST_STATUS = 64
_REASONS = tuple(ADVICE)


def reason(status: int) -> str:
    """Why a child ended with this exit status, which is negative where it is a signal."""
    known = _REASONS[status - _FIRST_STATUS :][:1] if status >= _FIRST_STATUS else ()
    return known[0] if known else "crashed"


def main(most: int, seconds: int) -> "NoReturn":
    """Of a session that has `most` octets unpacked, in so many seconds of processor time."""
    status = 0
    try:
        confine(most, seconds)
        octets = count(document(most)).packed()
        while octets:
            octets = octets[os.write(1, octets) :]
    except MemoryError:
        status = _FIRST_STATUS + _REASONS.index("memory")
    except Failure as failure:
        status = _FIRST_STATUS + _REASONS.index(failure.reason)
    except BaseException:  # noqa: BLE001 - whatever it is, what it says may be of the file
        status = 1
    # Millions of objects are not given back one by one.
    os._exit(status)


def confine(most: int, seconds: int) -> None:
    """Take from this process what it does not need.

    The packed file is about as large as what is in it at most, and is gone when that becomes text: one octet a
    character for ASCII, four as soon as there is an emoji anywhere. Objects come on top: those that a session has are
    not much larger than its text.
    """
    limits = {
        resource.RLIMIT_AS: 4 * most + _PYTHON,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_CORE: 0,
    }
    for kind, limit in limits.items():
        hard = resource.getrlimit(kind)[1]
        least = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (least, least))
    # Where memory is short all the same, this is to go first, and nothing of the user's.
    try:
        with open("/proc/self/oom_score_adj", "wb", buffering=0) as file:
            file.write(b"1000")
    except OSError:
        pass  # where /proc may not be written to
    # There are no circles in what is read, and looking for them costs half as much again.
    gc.disable()


def document(most: int) -> object:
    """The JSON out of the file at standard input."""
    try:
        import lz4.block  # noqa: F401, PLC0415 - where it is missing, that is a reason
    except ImportError:
        raise Failure("no_lz4") from None
    try:
        return parse(_text(_read(most)))
    except UnicodeDecodeError:
        raise Failure("not_json") from None


def _read(most: int) -> bytes:
    """The file, or a Failure for one that is larger than it may be."""
    with open(0, "rb", buffering=0) as file:
        size = os.fstat(0).st_size
        unpacked_size(os.pread(0, HEADER, 0), size, most)
        packed: bytes = file.read(size)
    if len(packed) < size:
        raise Failure("bad_block")
    return packed


def _text(packed: bytes) -> str:
    from lz4.block import LZ4BlockError, decompress  # noqa: PLC0415 - it is there by now

    try:
        # With its size, which is how lz4 writes it, too.
        return str(decompress(memoryview(packed)[HEADER - 4 :]), "utf-8")
    except UnicodeDecodeError:
        raise
    except (LZ4BlockError, ValueError, OverflowError):
        raise Failure("bad_block") from None


def parse(text: str) -> object:
    """JSON, of which Python would take more than there is, such as NaN.

    Of members with the same name the last one counts, as for the browser.
    """
    import json  # noqa: PLC0415 - only the child needs it

    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise Failure("too_deep") from None
    except ValueError:
        raise Failure("not_json") from None


def _refuse(constant: str) -> None:  # noqa: ARG001 - JSON's decoder gives it
    raise ValueError


def run() -> "NoReturn":
    main(int(sys.argv[1]), int(sys.argv[2]))
