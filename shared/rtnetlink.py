"""Word from the kernel that interfaces or addresses have changed.

What has changed is not read: events are lost when there are many (ENOBUFS), so whoever is told looks for himself.
Source: rtnetlink(7).
"""

import errno
import socket

# linux/rtnetlink.h; the socket module lacks them.
_RTMGRP_LINK = 0x1
_RTMGRP_IPV4_IFADDR = 0x10
_RTMGRP_IPV6_IFADDR = 0x100
# A storm of events must not keep the caller here.
_AT_A_TIME = 1000


def subscribe() -> socket.socket:
    """A socket that becomes readable with each change. OSError where a sandbox forbids it."""
    events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
    try:
        events.bind((0, _RTMGRP_LINK | _RTMGRP_IPV4_IFADDR | _RTMGRP_IPV6_IFADDR))
    except OSError:
        events.close()
        raise
    return events


def drain(events: socket.socket) -> None:
    """Take what has come, so that the socket is readable again only after the next change."""
    for _ in range(_AT_A_TIME):
        try:
            events.recv(1)  # the rest of the datagram goes with it
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
