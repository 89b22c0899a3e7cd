"""Network devices and addresses of this process's name space, asked of the kernel over netlink.

Source: rtnetlink(7); linux/if_link.h, linux/if_addr.h.
Errors: OSError where netlink is refused, ValueError for an answer that is garbled.
"""

import errno
import socket
from collections.abc import Iterator
from struct import Struct, unpack

from motes.shared import netlink

# linux/rtnetlink.h; the socket module lacks them.
_RTM_GETLINK = 18
_RTM_GETADDR = 22
_IFLA_IFNAME = 3
_IFLA_STATS64 = 23
_STATISTICS = (7, _IFLA_STATS64)  # the older, of 32 bits, stands behind the newer
_IFLA_EXT_MASK = 29
_IFA_ADDRESS = 1
_IFA_LOCAL = 2

_IFINFOMSG = Struct("=BxHiII")  # family, type, index, flags, change
_IFADDRMSG = Struct("=BBBBI")  # family, prefix length, flags, scope, index
_ATTRIBUTE = Struct("=HH")  # length, type
# RTEXT_FILTER_SKIP_STATS, which leaves out those of IPv6 but not those of the device.
_WITHOUT_STATISTICS = _IFINFOMSG.pack(0, 0, 0, 0, 0) + netlink.attribute(_IFLA_EXT_MASK, Struct("=I").pack(1 << 3))
# As much as the kernel ever puts into one answer.
_LARGEST = 32768
_TRIES = 5

# struct rtnl_link_stats64, in its order.
STATS64 = (
    *("receive_packets", "transmit_packets", "receive_bytes", "transmit_bytes", "receive_errors", "transmit_errors"),
    *("receive_dropped", "transmit_dropped", "multicast", "collisions"),
    *("receive_length_errors", "receive_over_errors", "receive_crc_errors", "receive_frame_errors"),
    *("receive_fifo_errors", "receive_missed_errors", "transmit_aborted_errors", "transmit_carrier_errors"),
    *("transmit_fifo_errors", "transmit_heartbeat_errors", "transmit_window_errors"),
    *("receive_compressed", "transmit_compressed", "receive_nohandler"),
)


class Routes:
    """A netlink socket, kept from scrape to scrape and made anew after a failure."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def statistics(self) -> Iterator[tuple[bytes, tuple[int, ...]]]:
        """Each device's name and struct rtnl_link_stats64, which older kernels have fewer fields of."""
        for body in self._dump(_RTM_GETLINK, _IFINFOMSG.pack(0, 0, 0, 0, 0)):
            found = _select(body, (_IFLA_IFNAME, _IFLA_STATS64))
            if len(found) == 2:
                numbers = found[_IFLA_STATS64]
                yield _text(found[_IFLA_IFNAME]), unpack(f"={len(numbers) // 8}Q", numbers)

    def links(self) -> list[bytes]:
        """What the kernel says of each device."""
        return [bytes(body) for body in self._dump(_RTM_GETLINK, _WITHOUT_STATISTICS)]

    def addresses(self) -> Iterator[tuple[bytes, bytes, int]]:
        """Each device's addresses as name, the address's own bytes, and prefix length."""
        names = self._names()
        for body in self._dump(_RTM_GETADDR, _IFADDRMSG.pack(0, 0, 0, 0, 0)):
            _, prefix, _, _, index = _IFADDRMSG.unpack_from(body)
            found = dict(netlink.attributes(body, _IFADDRMSG.size))
            # On a point-to-point link IFA_ADDRESS is the other end's.
            address = found.get(_IFA_LOCAL, found.get(_IFA_ADDRESS))
            if address is not None and index in names:
                yield names[index], bytes(address), prefix

    def _names(self) -> dict[int, bytes]:
        names = {}
        for body in self._dump(_RTM_GETLINK, _IFINFOMSG.pack(0, 0, 0, 0, 0)):
            names[_IFINFOMSG.unpack_from(body)[2]] = _text(_select(body, (_IFLA_IFNAME,))[_IFLA_IFNAME])
        return names

    def _dump(self, kind: int, request: bytes) -> list[memoryview]:
        """Asked again where a device came or went in mid-answer: then one may be missing, or be there twice."""
        try:
            for _ in range(_TRIES):
                answers = self._ask(netlink.dump(kind, request))
                if not any(flags & netlink.NLM_F_DUMP_INTR for flags, _ in answers):
                    return [body for _, body in answers[:-1]]
        except (OSError, ValueError):
            self.close()
            raise
        raise OSError(errno.EAGAIN, "network devices change faster than they are told")

    def _ask(self, request: bytes) -> list[tuple[int, memoryview]]:
        """All messages of the answer, with their flags; the last is NLMSG_DONE."""
        if self._socket is None:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._socket.send(request)
        answers = []
        while True:
            for kind, flags, _, body in netlink.messages(self._socket.recv(_LARGEST)):
                answers.append((flags, body))
                if kind == netlink.NLMSG_DONE:
                    return answers

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class Link:
    """What `Routes.links` gave for one device: its name and index, and its look but for the statistics."""

    __slots__ = ("_after", "_before", "_length", "index", "name")

    def __init__(self, body: bytes) -> None:
        view = memoryview(body)
        begin = end = len(body)
        name = b""
        offset = _IFINFOMSG.size
        for kind, value in netlink.attributes(view, offset):
            after = offset + ((_ATTRIBUTE.size + len(value) + 3) & ~3)
            if kind == _IFLA_IFNAME:
                name = _text(value)
            elif kind in _STATISTICS:
                begin, end = min(begin, offset), after
            offset = after
        self.name = name
        self.index = _IFINFOMSG.unpack_from(body)[2]
        self._length = len(body)
        self._before = body[:begin]
        self._after = body[end:]

    def is_in(self, body: bytes) -> bool:
        """Whether this says the same, whatever the statistics: with the same beginning they stand at the same place."""
        return len(body) == self._length and body.startswith(self._before) and body.endswith(self._after)


def _select(body: memoryview, wanted: tuple[int, ...]) -> dict[int, memoryview]:
    """Those attributes of a device, for it has some thirty and a page needs two of them."""
    found: dict[int, memoryview] = {}
    offset, end = _IFINFOMSG.size, len(body)
    while offset < end and len(found) < len(wanted):
        length, kind = _ATTRIBUTE.unpack_from(body, offset)
        if length < _ATTRIBUTE.size:
            raise ValueError(f"netlink attribute of {length} bytes")
        if kind in wanted:
            found[kind] = body[offset + _ATTRIBUTE.size : offset + length]
        offset += (length + 3) & ~3
    return found


def _text(value: memoryview) -> bytes:
    return bytes(value).rstrip(b"\0")
