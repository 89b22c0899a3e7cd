"""A server on loopback in a thread of this process, and a client that takes nothing for granted."""

import re
import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from types import TracebackType
from typing import Self, TypeVar

from motes.shared import address, http
from motes.shared.allow import Allow
from motes.shared.engine import Engine
from motes.shared.listen import Listeners
from motes.shared.pages import Pages
from motes.shared.server import Server
from motes.shared.site import Site

from tests.support.fakes import WITHIN, Scripted
from tests.support.namespaces import until

T = TypeVar("T")


class _Doors(Listeners):
    """Listeners that also bring calls into the server's loop, where events about interfaces would arrive."""

    def __init__(self, spec: str, server: Server) -> None:
        super().__init__([address.parse(spec)], socket_mode=0o600, opened=server.opened, closed=server.closed)
        self._bell, self._rope = socket.socketpair()
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def fileno(self) -> int:
        return self._bell.fileno()

    def handle(self) -> None:
        for _ in self._bell.recv(4096):
            self._calls.get()()

    def call(self, act: Callable[[], None]) -> None:
        self._calls.put(act)
        self._rope.send(b"!")


class Serving:
    """A site with these collectors, served until the `with` ends."""

    def __init__(self, *scripts: Scripted, spec: str = "127.0.0.1:0", allow: tuple[str, ...] = ()) -> None:
        self.engine = Engine([script.collector for script in scripts])
        self.site = Site(self.engine, Pages({"test": ("test_collector", "collector", ())}, self.engine.claims))
        self.site.views = {address.parse(spec): frozenset(["test"])}
        self.site.ready = True
        self.server = Server(self.site, self.engine, Allow(allow))
        self._doors = _Doors(spec, self.server)
        self.server.listen(self._doors)
        listening = self._doors.listeners[0].sockets[0]
        self.name: tuple[str, int] | str = listening.getsockname()
        self._family = listening.family
        self._broken: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def call(self, act: Callable[[], T]) -> T:
        """Something done in the server's loop."""
        future: Future[T] = Future()
        self._doors.call(lambda: _settle(future, act))
        return future.result(WITHIN)

    def connections(self) -> int:
        return self.call(lambda: len(self.server.lanes))

    def emptied(self) -> None:
        """Wait until no connection is left."""
        until(lambda: self.connections() == 0, "no connection")

    def connect(self) -> "Client":
        sock = socket.socket(self._family)
        sock.settimeout(WITHIN)
        sock.connect(self.name)
        return Client(sock)

    def ended(self) -> bool:
        """Whether the loop has ended, or does so soon."""
        self._thread.join(WITHIN)
        return not self._thread.is_alive()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._thread.is_alive():
            self.call(self.server.stop)
        assert self.ended()
        self.engine.close()
        if self._broken is not None:
            raise self._broken

    def _run(self) -> None:
        try:
            self.server.run()
        except BaseException as broken:
            self._broken = broken


def _settle(future: "Future[T]", act: Callable[[], T]) -> None:
    try:
        future.set_result(act())
    except BaseException as error:
        future.set_exception(error)


class Answer:
    """A response as it came."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


class Client:
    """A connection. Reads answers strictly: AssertionError for one that is not well-formed."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self.sock.close()

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.sock.sendall(part)

    def get(self, target: str = "/metrics", *headers: str, method: str = "GET", version: str = "1.1") -> Answer:
        self.ask(target, *headers, method=method, version=version)
        return self.answer(bodiless=method == "HEAD")

    def ask(self, target: str = "/metrics", *headers: str, method: str = "GET", version: str = "1.1") -> None:
        lines = [f"{method} {target} HTTP/{version}", "Host: test", *headers, "", ""]
        self.send("\r\n".join(lines).encode())

    def answer(self, *, bodiless: bool = False) -> Answer:
        while b"\r\n\r\n" not in self._received:
            self._more()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        first, *lines = head.decode("ascii").split("\r\n")
        found = re.fullmatch(r"HTTP/1\.1 (\d{3}) ([A-Z][A-Za-z ]+)", first)
        assert found, first
        status = int(found[1])
        assert http.REASONS[status] == found[2]
        headers: dict[str, str] = {}
        for line in lines:
            field = re.fullmatch(r"([A-Z][A-Za-z-]*): (\S(?:.*\S)?)", line)
            assert field, line
            assert field[1] not in headers, line
            headers[field[1]] = field[2]
        return Answer(status, headers, b"" if bodiless else self._body(headers))

    def closed(self) -> bool:
        """Whether the server has nothing more to say and has closed, or does so soon."""
        try:
            return not self._received and self.sock.recv(1) == b""
        except ConnectionResetError:
            return True

    def reset(self) -> None:
        """Vanish without a goodbye."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def _body(self, headers: dict[str, str]) -> bytes:
        assert headers["Content-Length"].isdecimal()
        assert headers["Content-Type"]
        length = int(headers["Content-Length"])
        while len(self._received) < length:
            self._more()
        body, self._received = self._received[:length], self._received[length:]
        return body

    def _more(self) -> None:
        received = self.sock.recv(1 << 20)
        assert received, f"closed in mid-answer: {self._received!r}"
        self._received += received
