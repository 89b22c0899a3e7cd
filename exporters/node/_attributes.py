"""Devices of sysfs, and what their attributes hold, as node_exporter reads it.

Errors: ValueError for a number that is none, or is none of 64 bits.
"""

import re
from collections.abc import Callable, Iterator

from motes.exporters.node.host import Device, Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Read = TypeVar("Read")

# node_exporter reads no more of a file with texts than this; longer texts would be other series.
LONGEST = 128
_HEXADECIMAL = b"0123456789abcdefABCDEF \t"
_NOT_UTF8 = re.compile("[\udc80-\udcff]+")


def each(sys: Tree, folder: str, read: "Callable[[Device], Read]") -> "Iterator[tuple[Device, Read]]":
    """What `read` gives for each device of a folder. One that goes away in the meantime is left out."""
    for device in sys.devices(folder):
        try:
            yield device, read(device)
        except OSError:
            if sys.exists(device.path):
                raise


def decimal(value: bytes) -> bytes:
    """The digits of a whole number without a sign, as they are."""
    if not value.isdigit():
        raise ValueError(f"{value!r} is no whole number")
    return value


def hexadecimal(line: bytes) -> list[int]:
    """The numbers of a line, none of which has a sign or a prefix."""
    if line.translate(None, _HEXADECIMAL):
        raise ValueError(f"{line!r} is not of hexadecimal numbers")
    return [int(word, 16) for word in line.split()]


def unsigned(value: bytes) -> int:
    """Decimal digits or, behind 0x, hexadecimal, or, behind 0, octal ones."""
    return _within(value, 0, 2**64)


def signed(value: bytes) -> int:
    """As `unsigned`, perhaps below zero."""
    return _within(value, -(2**63), 2**63)


def text(value: bytes) -> str:
    """A label's value: each run of bytes that are not UTF-8 is one U+FFFD."""
    cut = value[:LONGEST].rstrip()
    return _NOT_UTF8.sub("\N{REPLACEMENT CHARACTER}", cut.decode("utf-8", "surrogateescape"))


def integer(value: bytes) -> int:
    """As in C: digits behind 0x are hexadecimal, those behind 0 octal."""
    octal = value.lstrip(b"+-").startswith(b"0") and value.lstrip(b"+-").isdigit()
    return int(value, 8 if octal else 0)


def _within(value: bytes, least: int, end: int) -> int:
    number = integer(value)
    if not least <= number < end:
        raise ValueError(f"{value!r} does not fit into 64 bits")
    return number
