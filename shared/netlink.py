"""Netlink datagrams: requests for dumps made, messages and attributes taken apart. Knows no sockets.

Source: netlink(7); linux/netlink.h. Everything is in the machine's byte order and aligned to four bytes.
Errors: ValueError for a datagram that is cut short or garbled, OSError for the kernel's refusal of a request.
"""

import os
from collections.abc import Iterator
from struct import Struct

NLMSG_ERROR = 2
NLMSG_DONE = 3
NLM_F_DUMP_INTR = 0x10

_NLM_F_REQUEST = 0x1
_NLM_F_DUMP = 0x300
# NLA_F_NESTED and NLA_F_NET_BYTEORDER are set in the type's upper bits.
_NLA_TYPE_MASK = 0x3FFF

_HEADER = Struct("=IHHII")  # length, kind, flags, sequence, port
_ATTRIBUTE = Struct("=HH")  # length, type
_ERROR = Struct("=i")


def dump(kind: int, body: bytes, sequence: int = 1) -> bytes:
    """A request for a whole table: an RTM_GET… with its fixed body (ifinfomsg, ifaddrmsg, …) and any attributes."""
    return _HEADER.pack(_HEADER.size + len(body), kind, _NLM_F_REQUEST | _NLM_F_DUMP, sequence, 0) + body


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute of a request, padded."""
    length = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(length, kind) + value + bytes(-length % 4)


def messages(datagram: bytes) -> Iterator[tuple[int, int, int, memoryview]]:
    """Each message as kind, flags, sequence, body.

    NLMSG_DONE comes like any other; so does an acknowledgement (NLMSG_ERROR with error 0).
    A dump whose messages have NLM_F_DUMP_INTR in their flags changed under way and is to be asked for again.
    """
    view = memoryview(datagram)
    while view:
        if len(view) < _HEADER.size:
            raise ValueError(f"netlink message of {len(view)} bytes")
        length, kind, flags, sequence, _ = _HEADER.unpack_from(view)
        if not _HEADER.size <= length <= len(view):
            raise ValueError(f"netlink message of {length} bytes, {len(view)} bytes left")
        body = view[_HEADER.size : length]
        if kind in (NLMSG_ERROR, NLMSG_DONE) and len(body) >= _ERROR.size:
            _raise_refusal(*_ERROR.unpack_from(body))
        yield kind, flags, sequence, body
        view = view[(length + 3) & ~3 :]


def attributes(body: memoryview, offset: int = 0) -> Iterator[tuple[int, memoryview]]:
    """Each attribute of a message (behind its fixed part, `offset` bytes) or of a nested one, as type and value."""
    end = len(body)
    while offset + _ATTRIBUTE.size <= end:
        length, kind = _ATTRIBUTE.unpack_from(body, offset)
        if not _ATTRIBUTE.size <= length <= end - offset:
            raise ValueError(f"netlink attribute of {length} bytes, {end - offset} bytes left")
        yield kind & _NLA_TYPE_MASK, body[offset + _ATTRIBUTE.size : offset + length]
        offset += (length + 3) & ~3


def _raise_refusal(code: int) -> None:
    if code:
        raise OSError(-code, os.strerror(-code))
