"""The D-Bus client against a real bus, and its reader against what a bus would never send."""

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from struct import pack
from time import monotonic
from typing import Any

import pytest
from motes.exporters.node import _dbus
from motes.exporters.node._dbus import Bus, Refused
from motes.exporters.node._dbus_message import Call, Message, get, length, request

from tests.support.bluez.bus import Bus as Daemon
from tests.support.namespaces import WITHIN
from tests.support.service import Service

NAME, PATH = "org.example.Thing", "/org/example/Thing"
VALUES: dict[str, Any] = {
    "y": 255,
    "b": True,
    "n": -(2**15),
    "q": 2**16 - 1,
    "i": -(2**31),
    "u": 2**32 - 1,
    "x": -(2**63),
    "t": 2**64 - 1,
    "d": -0.5,
    "s": "größer",
    "o": PATH,
    "g": "a{sv}",
    "as": ["", "one", "three"],
    "ay": b"\0\1",
    "a(t)": [],
    "a(yt)": [[1, 2], [3, 4]],
    "(y(nas)s)": [1, [2, ["x"]], "end"],
    "a{yu}": {1: 2, 3: 4},
    "aas": [[], ["a"], []],
    "a(ssssssouso)": [["a.service", "A", "loaded", "active", "running", "", "/a", 0, "", "/"]],
}


@pytest.fixture
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with Daemon(tmp_path_factory.mktemp("bus")) as running:
        yield running


def ask(bus: Bus, *calls: Call, within: float = WITHIN) -> list[Any]:
    return bus.ask(calls, monotonic() + within)


def plain(value: Any) -> Any:
    """As dbus-fast has it: structures are lists."""
    return [plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def test_every_type_as_an_answer_and_in_a_variant(bus: Daemon) -> None:
    answers = {(PATH, f"M{at}"): (kind, value) for at, (kind, value) in enumerate(VALUES.items())}
    expected = [[list(pair) for pair in one.items()] if isinstance(one, dict) else one for one in VALUES.values()]
    expected = [list(one) if isinstance(one, bytes) else one for one in expected]
    client = Bus(bus.address)
    with Service(bus.address, NAME, answers):
        calls = [Call(NAME, PATH, NAME, name) for _, name in answers]
        assert plain(ask(client, *calls)) == expected
        assert plain(ask(client, *[get(NAME, PATH, NAME, name) for _, name in answers])) == expected
    client.close()


def test_more_calls_than_a_bus_allows_at_once(bus: Daemon) -> None:
    answers = {(PATH, f"M{at}"): ("s", "x" * at) for at in range(1000)}
    client = Bus(bus.address)
    with Service(bus.address, NAME, answers):
        assert ask(client, *[get(NAME, PATH, NAME, name) for _, name in answers]) == ["x" * at for at in range(1000)]
    client.close()


def test_errors_are_answers(bus: Daemon) -> None:
    client = Bus(bus.address)
    (told,) = ask(client, get(NAME, PATH, NAME, "Nothing"))
    assert isinstance(told, Refused)
    assert str(told).startswith("org.freedesktop.DBus.Error.NameHasNoOwner: ")
    client.close()


def test_a_bus_that_was_started_anew_is_connected_to_again(bus: Daemon) -> None:
    client = Bus(bus.address)
    listing = Call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ListNames")
    assert len(ask(client, listing)[0]) == 2
    bus.stop()
    with pytest.raises(FileNotFoundError):
        ask(client, listing)
    bus.start()
    for _ in range(2):
        assert len(ask(client, listing)[0]) == 2
    bus.stop()
    bus.start()
    assert len(ask(client, listing)[0]) == 2
    client.close()


def test_a_service_that_does_not_answer_costs_the_time_that_there_is(bus: Daemon) -> None:
    client = Bus(bus.address)
    with Service(bus.address, NAME, {}):
        with pytest.raises(TimeoutError):
            ask(client, get(NAME, PATH, NAME, "Silent"), within=0.1)
        assert client._socket is None
        with pytest.raises(TimeoutError):
            ask(client, get(NAME, PATH, NAME, "Silent"), within=0)


class Peer:
    """A socket that somebody else listens at: to each of the words, once it is heard, he says an answer, in bytes."""

    def __init__(self, path: Path, **answers: bytes) -> None:
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen()
        self._answers = answers
        self.heard = b""
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connected = self._listening.accept()[0]
        with connected:
            for word, answer in self._answers.items():
                while word.encode() not in self.heard:
                    self.heard += connected.recv(65536)
                try:
                    for byte in answer:
                        connected.send(bytes((byte,)))
                except BrokenPipeError:
                    return  # the client has heard enough

    def close(self) -> None:
        self._thread.join(WITHIN)
        self._listening.close()


def reply(signature: str, body: bytes, *, answers: int = 1, kind: int = 2, order: str = "<") -> bytes:
    told = signature.encode()
    fields = pack(f"{order}B3sI", 5, b"\1u\0", answers) + bytes((8, 1)) + b"g\0" + bytes((len(told),)) + told + b"\0"
    head = pack(f"{order}4BIII", ord("l" if order == "<" else "B"), kind, 0, 1, len(body), 9, len(fields))
    return head + fields + bytes(-len(fields) % 8) + body


def test_a_peer_is_told_who_is_there_and_not_greeted(tmp_path: Path) -> None:
    another, signal = reply("s", pack("<I", 2) + b"no\0", answers=9), reply("s", pack("<I", 2) + b"no\0", kind=4)
    answer = reply("s", pack("<I", 3) + b"yes\0")
    peer = Peer(tmp_path / "private", EXTERNAL=b"OK 0123\r\n", Tell=another + signal + answer)
    client = Bus(f"unix:path={tmp_path / 'private'}", peer=True)
    calling = Call(NAME, PATH, NAME, "Tell")
    assert ask(client, calling) == ["yes"]
    client.close()
    peer.close()
    uid = str(os.geteuid()).encode().hex().encode()
    assert peer.heard == b"\0AUTH EXTERNAL %b\r\nBEGIN\r\n" % uid + request(calling, 1)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"REJECTED EXTERNAL\r\n", PermissionError),
        (b"x" * 20000, ValueError),
        (b"", ConnectionResetError),
    ],
)
def test_a_peer_that_does_not_know_us(line: bytes, error: type[Exception], tmp_path: Path) -> None:
    peer = Peer(tmp_path / "private", EXTERNAL=line)
    client = Bus(f"unix:path={tmp_path / 'private'}", peer=True)
    with pytest.raises(error):
        ask(client, Call(NAME, PATH, NAME, "Tell"))
    peer.close()


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n", pack("<4BIII", ord("l"), 2, 0, 1, 2**31, 9, 0)])
def test_a_peer_that_speaks_something_else(answer: bytes, tmp_path: Path) -> None:
    peer = Peer(tmp_path / "private", EXTERNAL=b"OK 0123\r\n", Tell=answer)
    client = Bus(f"unix:path={tmp_path / 'private'}", peer=True)
    with pytest.raises(ValueError, match="D-Bus"):
        ask(client, Call(NAME, PATH, NAME, "Tell"))
    peer.close()


def test_addresses() -> None:
    assert list(_dbus._paths("unix:path=/a%20b,guid=1;tcp:host=x;unix:abstract=c;unix:tmpdir=/d")) == [b"/a b", b"\0c"]
    with pytest.raises(FileNotFoundError, match="no address of a unix socket"):
        ask(Bus("tcp:host=127.0.0.1"), Call(NAME, PATH, NAME, "Tell"))


def test_numbers_in_the_other_order_of_bytes() -> None:
    assert Message(reply("u", pack(">I", 7), order=">", answers=3)).values == [7]
    assert Message(reply("u", pack(">I", 7), order=">", answers=3)).answers == 3
    assert length(reply("u", pack(">I", 7), order=">")) == len(reply("u", pack(">I", 7), order=">"))


def test_what_is_cut_short_is_refused_wherever_it_is_cut() -> None:
    whole = reply("a(uu)ys", pack("<I4x4I", 16, 1, 2, 3, 4) + b"\7" + bytes(3) + pack("<I", 3) + b"abc\0")
    assert Message(whole).values == [[(1, 2), (3, 4)], 7, "abc"]
    for end in range(1, len(whole)):
        with pytest.raises(ValueError, match="garbled"):
            Message(whole[:end])


@pytest.mark.parametrize("signature", ["a", "(", "()", "a()", "(u", "z", "a" * 100 + "u", "v"])
def test_signatures_that_are_none(signature: str) -> None:
    with pytest.raises(ValueError, match="garbled"):
        Message(reply(signature, pack("<I", 64) + b"\1v\0" * 100))
