"""The interfaces of this machine, and their addresses.

Source: an RTM_GETADDR dump, see rtnetlink(7); linux/if_addr.h.
Errors: where the kernel does not say, as in a sandbox, addresses are missing.
"""

import socket
from collections.abc import Iterator
from struct import Struct

from motes.shared import netlink

_RTM_GETADDR = 22
_IFADDRMSG = Struct("=BBBBi")  # family, prefix length, flags, scope, index
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_SIZES = {socket.AF_INET: 4, socket.AF_INET6: 16}
_LONGEST = 1 << 16


def interfaces() -> dict[str, list[str]]:
    """By name, the addresses of each; those that have none, too."""
    found: dict[str, list[str]] = {name: [] for _, name in socket.if_nameindex()}
    try:
        for index, address in _addresses():
            found.setdefault(socket.if_indextoname(index), []).append(address)
    except OSError:
        pass  # or an interface is gone meanwhile
    return found


def _addresses() -> Iterator[tuple[int, str]]:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
        kernel.settimeout(1.0)
        kernel.send(netlink.dump(_RTM_GETADDR, bytes(_IFADDRMSG.size)))
        for body in _told(kernel):
            family, _, _, _, index = _IFADDRMSG.unpack_from(body)
            held = {each: bytes(value) for each, value in netlink.attributes(body, _IFADDRMSG.size)}
            # On a point-to-point link, the other end's stands in IFA_ADDRESS.
            packed = held.get(_IFA_LOCAL) or held.get(_IFA_ADDRESS, b"")
            if len(packed) == _SIZES.get(family):
                yield index, socket.inet_ntop(family, packed)


def _told(kernel: socket.socket) -> "Iterator[memoryview]":
    """What comes until the kernel has told all."""
    while True:
        for kind, _, _, body in netlink.messages(kernel.recv(_LONGEST)):
            if kind == netlink.NLMSG_DONE:
                return
            yield body
