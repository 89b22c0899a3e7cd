"""D-Bus, as much of it as asking properties takes: a connection, method calls of strings, and their answers.

Source: the D-Bus Specification; messages in _dbus_message.py.
Errors: OSError where there is no bus, it does not know us, or it takes too long; ValueError for what is garbled. A call
        that is refused is answered with its error, which is not raised.
"""

import os
import socket
from collections.abc import Iterator, Sequence
from time import monotonic

from motes.exporters.node._dbus_message import ERROR, HEAD, METHOD_RETURN, Call, Message, length, request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SYSTEM = "unix:path=/run/dbus/system_bus_socket"
_HELLO = Call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello")
# A bus allows each who asks but so many calls without an answer, 128 where nothing else is set.
_AT_ONCE = 64
_LARGEST = 65536
_LONGEST_LINE = 16384
# Seconds, for a caller without a deadline.
_LONGEST = 30.0


class Refused(Exception):
    """What a call was answered with instead: the error's name, and what it says."""


class Bus:
    """A connection, kept from scrape to scrape and made anew after a failure.

    `address` is one as in DBUS_SYSTEM_BUS_ADDRESS. At a `peer` there is no bus between, and nobody to greet.
    """

    def __init__(self, address: str, *, peer: bool = False) -> None:
        self._paths = list(_paths(address))
        self._peer = peer
        self._socket: socket.socket | None = None
        self._received = bytearray()
        self._serial = 0

    def ask(self, calls: "Sequence[Call]", deadline: float) -> "list[Any]":
        """What each call was answered with: its first value, or a Refused."""
        until = min(deadline, monotonic() + _LONGEST)
        if self._socket is not None:
            try:
                return self._exchange(self._socket, calls, until)
            except ConnectionError:
                pass  # the bus was started anew since the last time
        connected = self._connect(until)
        greeting = [] if self._peer else [_HELLO]
        return self._exchange(connected, [*greeting, *calls], until)[len(greeting) :]

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, connected: socket.socket, calls: "Sequence[Call]", until: float) -> "list[Any]":
        try:
            answers: list[Any] = []
            for begin in range(0, len(calls), _AT_ONCE):
                answers += self._ask_some(connected, calls[begin : begin + _AT_ONCE], until)
        except BaseException:
            self.close()
            raise
        return answers

    def _ask_some(self, connected: socket.socket, calls: "Sequence[Call]", until: float) -> "list[Any]":
        first = self._serial + 1
        self._serial += len(calls)
        _wait(connected, until)
        connected.sendall(b"".join([request(call, serial) for serial, call in enumerate(calls, first)]))
        answers: dict[int, Any] = {}
        while len(answers) < len(calls):
            message = Message(self._receive_message(connected, until))
            if message.kind in (METHOD_RETURN, ERROR) and first <= message.answers <= self._serial:
                answers[message.answers] = _answer(message)
        return [answers[serial] for serial in range(first, self._serial + 1)]

    def _receive_message(self, connected: socket.socket, until: float) -> bytes:
        while len(self._received) < HEAD or len(self._received) < length(self._received):
            self._receive(connected, until)
        end = length(self._received)
        message = bytes(self._received[:end])
        del self._received[:end]
        return message

    def _receive(self, connected: socket.socket, until: float) -> None:
        _wait(connected, until)
        received = connected.recv(_LARGEST)
        if not received:
            raise ConnectionResetError("the bus has closed the connection")
        self._received += received

    def _connect(self, until: float) -> socket.socket:
        failure: OSError = FileNotFoundError("D-Bus: no address of a unix socket")
        for path in self._paths:
            try:
                return self._connect_to(path, until)
            except OSError as error:
                failure = error
        raise failure

    def _connect_to(self, path: bytes, until: float) -> socket.socket:
        self._socket = connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._received.clear()
        try:
            _wait(connected, until)
            connected.connect(path)
            # EXTERNAL: the kernel has told them who we are.
            connected.sendall(b"\0AUTH EXTERNAL %b\r\n" % str(os.geteuid()).encode().hex().encode())
            line = self._receive_line(connected, until)
            if not line.startswith(b"OK "):
                raise PermissionError(f"D-Bus: {path!r} answers {line!r} when told who is there")
            connected.sendall(b"BEGIN\r\n")
        except BaseException:
            self.close()
            raise
        return connected

    def _receive_line(self, connected: socket.socket, until: float) -> bytes:
        while b"\r\n" not in self._received:
            if len(self._received) > _LONGEST_LINE:
                raise ValueError("D-Bus: a line without end when told who is there")
            self._receive(connected, until)
        line, _, self._received = self._received.partition(b"\r\n")
        return bytes(line)


def system_bus() -> Bus:
    return Bus(os.environ.get("DBUS_SYSTEM_BUS_ADDRESS") or _SYSTEM)


def _answer(message: Message) -> "Any":
    if message.kind == ERROR:
        return Refused(": ".join([message.error, *map(str, message.values[:1])]))
    return message.values[0] if message.values else None


def _wait(connected: socket.socket, until: float) -> None:
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError("D-Bus: no answer in time")
    connected.settimeout(left)


def _paths(address: str) -> Iterator[bytes]:
    """The unix sockets of an address, with a zero in front for an abstract one."""
    for one in address.split(";"):
        transport, _, told = one.partition(":")
        keys = dict([pair.split("=", 1) for pair in told.split(",") if "=" in pair])
        if transport == "unix" and "path" in keys:
            yield _unescaped(keys["path"])
        elif transport == "unix" and "abstract" in keys:
            yield b"\0" + _unescaped(keys["abstract"])


def _unescaped(value: str) -> bytes:
    first, *rest = os.fsencode(value).split(b"%")
    return first + b"".join([bytes.fromhex(one[:2].decode()) + one[2:] for one in rest])
