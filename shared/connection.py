"""One client's connection: bytes in, responses out, one request at a time."""

import socket
from selectors import EVENT_READ, EVENT_WRITE
from time import monotonic

from motes.shared import http
from motes.shared.address import Address
from motes.shared.allow import Allow
from motes.shared.http import Refused, Request
from motes.shared.lanes import Lane
from motes.shared.site import Response, Ticket, defect, error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.server import Server

_READ = 16384
# What a refused client may still send: it is read and thrown away, for closing on unread bytes resets
# the connection and the client never sees the answer (RFC 9112, section 9.6).
_MOST_DRAINED = 1 << 20


class Connection:
    """Made by the server for each client, told by it when the socket is ready or time is up."""

    __slots__ = (
        "_address",
        "_bodiless",
        "_closing",
        "_drained",
        "_ended",
        "_outgoing",
        "_received",
        "_request",
        "_server",
        "_ticket",
        "lane",
        "socket",
    )

    def __init__(self, server: "Server", accepted: socket.socket, address: Address) -> None:
        self.socket = accepted
        self.lane: Lane = server.lanes.head
        self._server = server
        # Where it came in, which says what it is served.
        self._address = address
        self._received = bytearray()
        self._outgoing = memoryview(b"")
        self._request: Request | None = None
        self._ticket: Ticket | None = None
        self._bodiless = False
        self._closing = False
        self._ended = False
        self._drained = 0

    def ready(self, events: int) -> None:
        try:
            if events & EVENT_WRITE:
                self._send()
            elif events & EVENT_READ:
                self._read()
        except BlockingIOError:
            pass
        except OSError:
            self.close()

    def advance(self) -> None:
        """Take up the next request, if all of its head is here."""
        if self.lane not in (self._server.lanes.head, self._server.lanes.idle):
            return
        # What answers HEAD has no body, even where the head is too bad to become a request.
        self._bodiless = self._received.lstrip().startswith(b"HEAD ")
        try:
            length = http.head_length(self._received)
            if length:
                head = bytes(self._received[:length])
                del self._received[:length]
                self._answer(http.parse_head(head))
            elif self._ended:
                self.close()
            elif self._received and self.lane is self._server.lanes.idle:
                self.move(self._server.lanes.head)
        except Refused as refused:
            self._reply(error(refused))
        except Exception as failure:  # noqa: BLE001 - see defect
            self._reply(defect("request failed", failure))

    def expire(self) -> None:
        """It has been in its lane for too long."""
        if self.lane is self._server.lanes.head and self._received:
            self._reply(error(Refused(408, "The request's head took too long to arrive.")))
        else:
            self.close()

    def permitted(self, allow: Allow) -> bool:
        try:
            return allow.permits(self.socket.getpeername())
        except OSError:
            # It has gone already.
            return False

    def close(self) -> None:
        if self._ticket is not None:
            self._server.site.cancel(self._ticket)
            self._ticket = None
        self._server.forget(self)
        self.socket.close()

    def move(self, lane: Lane) -> None:
        self.lane.leave(self)
        self.lane = lane
        lane.enter(self, monotonic())

    def _read(self) -> None:
        received = self.socket.recv(_READ)
        if not received:
            self._end()
        elif self.lane is self._server.lanes.draining:
            self._drained += len(received)
            if self._drained > _MOST_DRAINED:
                self.close()
        else:
            self._received += received
            if len(self._received) > http.MAX_HEAD and self._busy():
                self._server.watch(self, 0)
            self.advance()

    def _end(self) -> None:
        """The client sends no more; what it has asked for it still gets."""
        self._ended = True
        if self._busy():
            self._server.watch(self, EVENT_WRITE if self.lane is self._server.lanes.writing else 0)
        elif self.lane is self._server.lanes.draining:
            self.close()
        else:
            self.advance()

    def _busy(self) -> bool:
        return self.lane in (self._server.lanes.busy, self._server.lanes.writing)

    def _answer(self, request: Request) -> None:
        self._request = request
        self._closing = not request.keep_alive
        self.move(self._server.lanes.busy)
        ticket = self._server.site.respond(request, self._address, self._reply)
        if ticket is not None and not ticket.over:
            self._ticket = ticket

    def _reply(self, response: Response) -> None:
        self._ticket = None
        self._closing = self._closing or self._server.stopping or response.status >= 400
        request = self._request
        head = http.response_head(
            response.status,
            len(response.body),
            response.kind,
            keep_alive=not self._closing,
            modern=request is None or request.modern,
            more=response.headers,
        )
        body = b"" if self._bodiless else response.body
        self.move(self._server.lanes.writing)
        try:
            self._begin(head, body)
        except OSError:
            self.close()

    def _begin(self, head: bytes, body: bytes) -> None:
        try:
            sent = self.socket.sendmsg((head, body))
        except BlockingIOError:
            sent = 0
        self._outgoing = memoryview(body)[sent - len(head) :] if sent >= len(head) else memoryview(head[sent:] + body)
        self._sent()

    def _send(self) -> None:
        self._outgoing = self._outgoing[self.socket.send(self._outgoing) :]
        self._sent()

    def _sent(self) -> None:
        if self._outgoing:
            self._server.watch(self, EVENT_WRITE)
        elif self._closing:
            self._finish()
        else:
            self._request = None
            self.move(self._server.lanes.idle)
            # Who sends requests faster than they are answered is not read until they are.
            self._server.watch(self, 0 if self._ended or len(self._received) > http.MAX_HEAD else EVENT_READ)
            if self._received or self._ended:
                self._server.soon(self)

    def _finish(self) -> None:
        if self._ended:
            self.close()
            return
        self.socket.shutdown(socket.SHUT_WR)
        self._received.clear()
        self.move(self._server.lanes.draining)
        self._server.watch(self, EVENT_READ)
