"""Network devices, addresses and neighbours of this process's name space, asked of the kernel over netlink.

Source: rtnetlink(7); linux/if_link.h, linux/if_addr.h, linux/neighbour.h.
Errors: OSError where netlink is refused, ValueError for an answer that is garbled.
"""

import socket
from collections.abc import Iterator
from struct import Struct

from motes.exporters.node._netlink import Netlink
from motes.exporters.node.host import Host
from motes.shared import netlink

# linux/rtnetlink.h; the socket module lacks them.
_RTM_GETLINK = 18
_RTM_GETADDR = 22
_RTM_GETNEIGH = 30
_IFLA_IFNAME = 3
_IFLA_STATS64 = 23
_STATISTICS = (7, _IFLA_STATS64)  # the older, of 32 bits, stands behind the newer
_IFLA_EXT_MASK = 29
_IFA_ADDRESS = 1
_IFA_LOCAL = 2

_IFINFOMSG = Struct("=BxHiII")  # family, type, index, flags, change
_IFADDRMSG = Struct("=BBBBI")  # family, prefix length, flags, scope, index
_NDMSG = Struct("=BxxxiHxx")  # family, index, state
_ATTRIBUTE = Struct("=HH")  # length, type
# RTEXT_FILTER_SKIP_STATS, which leaves out those of IPv6 but not those of the device.
_WITHOUT_STATISTICS = _IFINFOMSG.pack(0, 0, 0, 0, 0) + netlink.attribute(_IFLA_EXT_MASK, Struct("=I").pack(1 << 3))

# struct rtnl_link_stats64, in its order.
STATS64 = (
    *("receive_packets", "transmit_packets", "receive_bytes", "transmit_bytes", "receive_errors", "transmit_errors"),
    *("receive_dropped", "transmit_dropped", "multicast", "collisions"),
    *("receive_length_errors", "receive_over_errors", "receive_crc_errors", "receive_frame_errors"),
    *("receive_fifo_errors", "receive_missed_errors", "transmit_aborted_errors", "transmit_carrier_errors"),
    *("transmit_fifo_errors", "transmit_heartbeat_errors", "transmit_window_errors"),
    *("receive_compressed", "transmit_compressed", "receive_nohandler"),
)


class Routes(Netlink):
    """A netlink socket; and where things stand in its answers. Collectors of one host share what tells of devices."""

    __slots__ = ("_host", "_links")

    def __init__(self, host: Host | None = None) -> None:
        super().__init__(socket.NETLINK_ROUTE)
        self._host = host
        self._links: list[Link] = []

    def statistics(self) -> Iterator[tuple[bytes, tuple[int, ...]]]:
        """Each device's name and struct rtnl_link_stats64, which older kernels have fewer fields of."""
        answer = self.links()
        for link, body in zip(self._looked_at(answer), answer, strict=True):
            if link.statistics is not None:
                yield link.name, link.statistics.unpack_from(body, link.at)

    def links(self) -> list[bytes]:
        """What the kernel says of each device."""
        return self._host.shared("links", self._ask_links) if self._host else self._ask_links()

    def names(self) -> dict[int, bytes]:
        """The name of each device, by its index."""
        return {link.index: link.name for link in self._looked_at(self.links())}

    def addresses(self) -> Iterator[tuple[bytes, bytes, int]]:
        """Each device's addresses as name, the address's own bytes, and prefix length."""
        names = self.names()
        for body in self.dump(_RTM_GETADDR, _IFADDRMSG.pack(0, 0, 0, 0, 0)):
            _, prefix, _, _, index = _IFADDRMSG.unpack_from(body)
            found = dict(netlink.attributes(body, _IFADDRMSG.size))
            # On a point-to-point link IFA_ADDRESS is the other end's.
            address = found.get(_IFA_LOCAL, found.get(_IFA_ADDRESS))
            if address is not None and index in names:
                yield names[index], bytes(address), prefix

    def neighbours(self) -> Iterator[tuple[int, int]]:
        """For each IPv4 address that a device knows the way to: the device's index, and the state (NUD_...)."""
        for body in self.dump(_RTM_GETNEIGH, _NDMSG.pack(socket.AF_INET, 0, 0)):
            _, index, state = _NDMSG.unpack_from(body)
            yield index, state

    def _ask_links(self) -> list[bytes]:
        return [bytes(body) for body in self.dump(_RTM_GETLINK, _WITHOUT_STATISTICS)]

    def _looked_at(self, answer: list[bytes]) -> "list[Link]":
        if len(answer) != len(self._links) or not all(map(Link.begins, self._links, answer)):
            self._links = [Link(body) for body in answer]
        return self._links


class Link:
    """What `Routes.links` gave for one device: its name and index, and its look but for the statistics.

    `statistics` is the form of its rtnl_link_stats64, `at` where that stands; None where it has none.
    """

    __slots__ = ("_after", "_before", "_length", "at", "index", "name", "statistics")

    def __init__(self, body: bytes) -> None:
        begin = end = len(body)
        self.name = b""
        self.at = 0
        self.statistics: Struct | None = None
        offset = _IFINFOMSG.size
        for kind, value in netlink.attributes(memoryview(body), offset):
            after = offset + ((_ATTRIBUTE.size + len(value) + 3) & ~3)
            if kind == _IFLA_IFNAME:
                self.name = _text(value)
            elif kind in _STATISTICS:
                begin, end = min(begin, offset + _ATTRIBUTE.size), after
            if kind == _IFLA_STATS64:
                self.at = offset + _ATTRIBUTE.size
                self.statistics = Struct(f"={len(value) // 8}Q")
            offset = after
        self.index = _IFINFOMSG.unpack_from(body)[2]
        self._length = len(body)
        self._before = body[:begin]
        self._after = body[end:]

    def begins(self, body: bytes) -> bool:
        """Whether this is the same as far as the statistics, which then stand at the same place."""
        return len(body) == self._length and body.startswith(self._before)

    def is_in(self, body: bytes) -> bool:
        """Whether this says the same, whatever the statistics."""
        return self.begins(body) and body.endswith(self._after)


def _text(value: memoryview) -> bytes:
    return bytes(value).rstrip(b"\0")
