"""Routes, and how many there are of each network device.

Source: rtnetlink's RTM_GETROUTE, for all tables and protocols; net/route and net/ipv6_route, see the kernel's
        net/ipv4/fib_trie.c and net/ipv6/route.c, where netlink is refused and below another `path.procfs`. The files
        tell neither the protocol (which is "unknown" then) nor the source, and net/route only of the main table and
        of a route's first way.
Unit:   routes, counted once for each of their ways; those only that lead to a host or a gateway (unicast).
Errors: a missing net/route, or a line that is garbled, fails this collector; a missing net/ipv6_route does not.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from socket import AF_INET, AF_INET6, inet_ntop
from struct import Struct

from motes.exporters.node.host import Host
from motes.exporters.node.rtnetlink import Routes
from motes.shared import netlink
from motes.shared.exposition import Family, gauge, labels

_RTM_GETROUTE = 26
_RTMSG = Struct("=BBBBBBBBI")  # family, lengths of destination and source, TOS, table, protocol, scope, type, flags
_RTN_UNICAST = 1
_RTA_DST, _RTA_OIF, _RTA_GATEWAY, _RTA_PRIORITY, _RTA_PREFSRC, _RTA_MULTIPATH = 1, 4, 5, 6, 7, 9
_NUMBER = Struct("=I")
_NEXTHOP = Struct("=HBBi")  # struct rtnexthop: length, flags, weight less one, device's index

# linux/rtnetlink.h, RTPROT_…, under node_exporter's names.
_PROTOCOLS = {
    **dict(enumerate(("unspec", "redirect", "kernel", "boot", "static"))),
    **dict(enumerate(("gated", "ra", "mrt", "zebra", "bird", "dnrouted", "xorp", "ntk", "dhcp", "mrouted"), 8)),
    42: "babel",
    186: "bgp",
    187: "isis",
    188: "ospf",
    189: "rip",
    192: "eigrp",
}

# linux/route.h, linux/ipv6_route.h: refused, anycast, this machine's own.
_NO_WAY = 0x200 | 0x100000 | 0x80000000
_COLUMNS4, _COLUMNS6 = 11, 10


# Of one way of a route, the device and the label set.
_Way = tuple[bytes, bytes]


class Collector:
    """Keeps a netlink socket; and what was made of the kernel's answer, of which next to nothing changes."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._routes = Routes(host)
        self._names: dict[int, bytes] = {}
        self._known: dict[bytes, list[_Way]] = {}

    def collect(self) -> Iterator[Family]:
        ways = self._ways()
        info = dict.fromkeys([label_set for _, label_set in ways], 1)
        devices = Counter([device for device, _ in ways])
        yield gauge("node_network_route_info", "A route; the value is always 1.", info)
        counts = {labels(device=device): count for device, count in devices.items()}
        yield gauge("node_network_routes", "Routes, by network device.", counts)

    def _ways(self) -> list[_Way]:
        if self._host.proc.root == "/proc":
            try:
                return self._asked()
            except OSError:
                pass  # a sandbox: the files tell less
        return [*_parse4(self._host.net("route")), *_parse6(self._ipv6())]

    def _ipv6(self) -> bytes:
        try:
            return self._host.net("ipv6_route")
        except FileNotFoundError:
            return b""  # a kernel without IPv6

    def _asked(self) -> list[_Way]:
        names = self._routes.names()
        known = self._known if names == self._names else {}
        found: dict[bytes, list[_Way]] = {}
        for body in map(bytes, self._routes.dump(_RTM_GETROUTE, _RTMSG.pack(*bytes(9)))):
            found[body] = known[body] if body in known else _of_route(memoryview(body), names)
        self._names, self._known = names, found
        return [way for ways in found.values() for way in ways]


def _of_route(body: memoryview, names: Mapping[int, bytes]) -> list[_Way]:
    _, prefix, _, _, _, protocol, _, kind, _ = _RTMSG.unpack_from(body)
    if kind != _RTN_UNICAST:
        return []
    told = dict(netlink.attributes(body, _RTMSG.size))
    dest = f"{_address(told.get(_RTA_DST))}/{prefix}" if prefix else "default"
    priority = _number(told, _RTA_PRIORITY)
    known = {"protocol": _PROTOCOLS.get(protocol, "unknown"), "source": _address(told.get(_RTA_PREFSRC))}
    return [
        _way(names.get(index, b""), dest, gateway, priority, weight=weight, **known)
        for index, gateway, weight in _hops(told)
    ]


def _way(
    device: bytes,
    dest: str,
    gateway: str,
    priority: int,
    *,
    protocol: str = "unknown",
    source: str = "",
    weight: str = "",
) -> _Way:
    label_set = labels(
        dest=dest, device=device, gw=gateway, priority=str(priority), proto=protocol, src=source, weight=weight
    )
    return device, label_set


def _hops(told: dict[int, memoryview]) -> Iterator[tuple[int, str, str]]:
    """The device's index, the gateway and the weight of each way that a route has."""
    rest = told.get(_RTA_MULTIPATH)
    if rest is None:
        yield _number(told, _RTA_OIF), _address(told.get(_RTA_GATEWAY)), ""
    while rest:
        length, _, weight, index = _NEXTHOP.unpack_from(rest)
        if not _NEXTHOP.size <= length <= len(rest):
            raise ValueError(f"netlink: a next hop of {length} bytes, {len(rest)} bytes left")
        gateway = dict(netlink.attributes(rest[:length], _NEXTHOP.size)).get(_RTA_GATEWAY)
        yield index, _address(gateway), str(weight + 1)
        rest = rest[(length + 3) & ~3 :]


def _number(told: dict[int, memoryview], kind: int) -> int:
    found: int = _NUMBER.unpack_from(told[kind])[0] if kind in told else 0
    return found


def _address(value: memoryview | bytes | None) -> str:
    """Empty for none."""
    return inet_ntop(AF_INET if len(value) == 4 else AF_INET6, value) if value else ""


def _parse4(content: bytes) -> Iterator[_Way]:
    for line in content.splitlines()[1:]:
        fields = line.split()
        if len(fields) != _COLUMNS4:
            raise ValueError(f"net/route: {line!r} has not {_COLUMNS4} columns")
        dest, gateway, mask = [int(fields[at], 16).to_bytes(4, sys.byteorder) for at in (1, 2, 7)]
        if not int(fields[3], 16) & _NO_WAY:
            prefix = int.from_bytes(mask, "big").bit_count()
            told = f"{_address(dest)}/{prefix}" if prefix else "default"
            yield _way(fields[0], told, _address(gateway) if any(gateway) else "", int(fields[6]))


def _parse6(content: bytes) -> Iterator[_Way]:
    for line in content.splitlines():
        fields = line.split()
        if len(fields) != _COLUMNS6:
            raise ValueError(f"net/ipv6_route: {line!r} has not {_COLUMNS6} columns")
        dest, gateway = bytes.fromhex(fields[0].decode()), bytes.fromhex(fields[4].decode())
        if int(fields[8], 16) & _NO_WAY or dest[0] == 0xFF:  # multicast
            continue
        prefix = int(fields[1], 16)
        told = f"{_address(dest)}/{prefix}" if prefix else "default"
        yield _way(fields[9], told, _address(gateway) if any(gateway) else "", int(fields[5], 16))
