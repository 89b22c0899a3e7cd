"""Clients that mean no good: many that say nothing, and many that take their time."""

import contextlib
import os
import resource
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

MIB = 1 << 20
IDLE = 1000
SLOW = 200
_HEAD = b"GET /metrics HTTP/1.1\r\nHost: flood\r\nUser-Agent: " + b"x" * 8000


class Flood:
    """Connections to a port of loopback: most are idle, `slow` of them send a byte whenever `go_on` is called."""

    def __init__(self, port: int, idle: int = IDLE, slow: int = SLOW) -> None:
        self._address = "127.0.0.1", port
        self._idle = [self._connected() for _ in range(idle)]
        self._slow = [(self._connected(), 0) for _ in range(slow)]

    def go_on(self, part: int = 0, parts: int = 1) -> None:
        """One more byte from each of the slow; whoever was thrown out comes back. Or from one of so many parts."""
        self._idle[part::parts] = [self._still_there(sock) for sock in self._idle[part::parts]]
        self._slow[part::parts] = [self._one_more(sock, at) for sock, at in self._slow[part::parts]]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        for sock in [*self._idle, *(sock for sock, _ in self._slow)]:
            sock.close()

    def _connected(self) -> socket.socket:
        sock = socket.create_connection(self._address, timeout=30)
        sock.setblocking(False)
        return sock

    def _still_there(self, sock: socket.socket) -> socket.socket:
        try:
            sock.recv(4096)
        except BlockingIOError:
            return sock
        except OSError:
            pass
        sock.close()
        return self._connected()

    def _one_more(self, sock: socket.socket, at: int) -> tuple[socket.socket, int]:
        there = self._still_there(sock)
        if there is not sock:
            return there, 0
        with contextlib.suppress(OSError):
            sock.send(_HEAD[at : at + 1])
        return sock, at + 1


class Files:
    """Enough descriptors for the flood's end of it, as long as the `with` lasts."""

    def __enter__(self) -> None:
        self._before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(4096, self._before[0]), max(4096, self._before[1])))

    def __exit__(self, *_: object) -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, self._before)


def sockets(pid: int) -> int:
    return sum(_target(f"/proc/{pid}/fd/{name}").startswith("socket:") for name in os.listdir(f"/proc/{pid}/fd"))


def _target(link: str) -> str:
    try:
        return os.readlink(link)
    except FileNotFoundError:  # closed since it was listed
        return ""


def connected(port: int) -> int:
    """How many connections the program has still to close."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(local.endswith(f":{port:04X}") and state in ("01", "08") for _, local, _, state, *_ in lines)


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
