"""Dumps asked of the kernel over a netlink socket, which is kept from scrape to scrape and made anew after a failure.

Source: netlink(7).
Errors: OSError where netlink is refused, ValueError for an answer that is garbled.
"""

import errno
import socket
from collections.abc import Iterator

from motes.shared import netlink

# As much as the kernel ever puts into one datagram.
_LARGEST = 32768
_TRIES = 5


class Netlink:
    """A socket of one netlink family, such as NETLINK_ROUTE."""

    __slots__ = ("_family", "_socket")

    def __init__(self, family: int) -> None:
        self._family = family
        self._socket: socket.socket | None = None

    def dump(self, kind: int, request: bytes) -> list[memoryview]:
        """All messages that answer, without their headers. `request` is the message's fixed part and attributes.

        Asked again where something came or went in mid-answer: then one may be missing, or be there twice.
        """
        try:
            for _ in range(_TRIES):
                answers = self._ask(netlink.dump(kind, request))
                if not any(flags & netlink.NLM_F_DUMP_INTR for flags, _ in answers):
                    return [body for _, body in answers[:-1]]
        except (OSError, ValueError):
            self.close()
            raise
        raise OSError(errno.EAGAIN, "what is asked for changes faster than it is told")

    def _ask(self, request: bytes) -> list[tuple[int, memoryview]]:
        """All messages of the answer, with their flags; the last is NLMSG_DONE."""
        answers = []
        for datagram in self.datagrams(request):
            for kind, flags, _, body in netlink.messages(datagram):
                answers.append((flags, body))
                if kind == netlink.NLMSG_DONE:
                    return answers
        return answers

    def datagrams(self, request: bytes) -> Iterator[bytes]:
        """Whatever comes in answer to a request, without an end: NLMSG_DONE is for the caller to see."""
        if self._socket is None:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, self._family)
        self._socket.send(request)
        while True:
            yield self._socket.recv(_LARGEST)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
