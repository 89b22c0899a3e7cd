"""What is had from a server, whatever the server does."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from motes.shared.person import fetch as fetching
from motes.shared.person.fetch import Unreachable, fetch
from motes.shared.person.place import parse

from tests.support.fakes import WITHIN
from tests.support.program import free_port

Talk = Callable[[socket.socket], object]


@contextmanager
def server(talk: Talk, listening: socket.socket | None = None) -> Iterator[str]:
    """Takes one connection; the place where it listens."""
    listening = listening or socket.create_server(("127.0.0.1", 0))
    name = listening.getsockname()

    def serve() -> None:
        with listening.accept()[0] as accepted:
            try:
                talk(accepted)
            except OSError:
                pass  # the client has left

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"unix:{name}" if isinstance(name, str) else f"127.0.0.1:{name[1]}"
    finally:
        thread.join(WITHIN)
        listening.close()
    assert not thread.is_alive()


def asked(accepted: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += accepted.recv(4096)
    return received


def answers(text: bytes) -> Talk:
    def talk(accepted: socket.socket) -> None:
        asked(accepted)
        accepted.sendall(text)

    return talk


def ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def test_by_tcp() -> None:
    with server(answers(ok(b"{}"))) as where:
        assert fetch(parse(where), "status.json", WITHIN) == b"{}"


def test_by_a_unix_socket(tmp_path: Path) -> None:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "sock"))
    listening.listen()
    with server(answers(ok(b"{}")), listening) as where:
        assert fetch(parse(where), "status.json", WITHIN) == b"{}"


def test_a_prefix_is_kept() -> None:
    heads: list[bytes] = []

    def talk(accepted: socket.socket) -> None:
        heads.append(asked(accepted))
        accepted.sendall(ok(b""))

    with server(talk) as where:
        fetch(parse(f"http://{where}/motes"), "status.json", WITHIN)
    assert heads[0].startswith(b"GET /motes/status.json HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "there is no /status.json there: is it a program"),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "it answers 503 Busy"),
        (b"HTTP/1.1 301 Moved\r\nLocation: http://b/\r\nContent-Length: 0\r\n\r\n", "301 Moved, see http://b/"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "its answer is not HTTP, or not whole: BadStatusLine"),
        (b"", "not whole: RemoteDisconnected|closed connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "not whole: IncompleteRead"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000, "not whole: HTTPException"),
    ],
)
def test_what_is_no_answer(answer: bytes, why: str) -> None:
    with server(answers(answer)) as where, pytest.raises(Unreachable, match=why):
        fetch(parse(where), "status.json", WITHIN)


def test_an_answer_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MOST_BYTES", 1 << 20)

    def endless(accepted: socket.socket) -> None:
        asked(accepted)
        accepted.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            accepted.sendall(bytes(1 << 16))

    with server(endless) as where, pytest.raises(Unreachable, match="longer than 1 MiB"):
        fetch(parse(where), "status.json", WITHIN)


def test_who_says_a_byte_now_and_then_is_not_waited_for() -> None:
    left = threading.Event()

    def slow(accepted: socket.socket) -> None:
        asked(accepted)
        try:
            while not left.wait(0.05):
                accepted.sendall(b"H")
        finally:
            left.set()

    with server(slow) as where:
        with pytest.raises(Unreachable, match=r"no answer within 0\.5 s"):
            fetch(parse(where), "status.json", 0.5)
        assert left.wait(WITHIN), "the connection is closed"


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="Connection refused"):
        fetch(parse(f"127.0.0.1:{free_port()}"), "status.json", WITHIN)
    with pytest.raises(Unreachable, match="No such file"):
        fetch(parse(f"unix:{tmp_path}/none"), "status.json", WITHIN)
    with pytest.raises(Unreachable, match="too long"):
        fetch(parse(f"unix:/{'x' * 200}"), "status.json", WITHIN)
    with pytest.raises(Unreachable, match=r"."):
        fetch(parse(f"http://{'x' * 70}.invalid/"), "status.json", WITHIN)
