"""Asking an NTP server: what it is asked, answers that are none, and leap seconds."""

import socket
import threading
from collections.abc import Callable
from struct import Struct
from time import monotonic, time_ns

import pytest
from motes.exporters.node import ntp
from motes.exporters.node._sntp import Reply, Server
from motes.exporters.node.host import Budget, Host
from motes.shared.collector import Failed
from motes.shared.exposition import text

from tests.support.namespaces import WITHIN

IP_RECVTTL = 12  # linux/in.h; the socket module lacks it
PACKET = Struct("!BBbbIII4Q")
SECOND = 1 << 32
IN_2026 = 3_987_000_000 * SECOND
FLAGS = {option.name.rpartition(".")[2]: option.default for option in ntp.OPTIONS}


class Clock:
    """A server on loopback that makes one answer of a question, or none; `question` and `ttl` are what arrived."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(WITHIN)
        self._answer = answer
        self._thread = threading.Thread(target=self._serve)
        self.port: int = self._socket.getsockname()[1]
        self.question = b""
        self.ttl = 0

    def __enter__(self) -> "Clock":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        self.question, control, _, client = self._socket.recvmsg(1000, 1000)
        self.ttl = int.from_bytes(control[0][2], "little")
        if answer := self._answer(self.question):
            self._socket.sendto(answer, client)


def answer(question: bytes, *, head: int = 4 << 3 | 4, times: tuple[int, int] | None = None, origin: int = 0) -> bytes:
    received, transmitted = times or (IN_2026, IN_2026 + 1)
    cookie = PACKET.unpack(question)[-1]
    return PACKET.pack(head, 2, 6, -20, 0x8000, 0x4000, 0, IN_2026 - SECOND, cookie ^ origin, received, transmitted)


def ask(clock: Clock, within: float = WITHIN, *, version: int = 4, ttl: int = 1) -> Reply:
    return Reply(Server("127.0.0.1", clock.port, version=version, ttl=ttl).ask(monotonic() + within))


def test_a_question_tells_nothing_of_the_asker() -> None:
    with Clock(answer) as clock:
        ask(clock, version=3, ttl=7)
    head, *rest, cookie = PACKET.unpack(clock.question)
    assert (head, rest, clock.ttl) == (3 << 3 | 3, [0, 0, 0x20, 0, 0, 0, 0, 0, 0], 7)
    with Clock(answer) as other:
        ask(other)
    assert PACKET.unpack(other.question)[-1] != cookie


def test_an_answer() -> None:
    before = time_ns()
    with Clock(answer) as clock:
        reply = ask(clock)
    after = time_ns()
    assert (reply.stratum, reply.leap) == (2, 0)
    assert (reply.root_delay, reply.root_dispersion) == (500_000_000, 250_000_000)
    assert reply.time - reply.reference == 1_000_000_000
    assert 0 < reply.round_trip <= after - before
    # The server's clock stands still at its time.
    assert reply.time - after <= reply.offset <= reply.time - before


def test_bytes_behind_the_answer_do_not_matter() -> None:
    with Clock(lambda question: answer(question) + bytes(20)) as clock:
        assert ask(clock).stratum == 2


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (lambda question: answer(question)[:47], "an answer of 47 bytes"),
        (lambda question: answer(question, head=4 << 3 | 3), "in no server's mode"),
        (lambda question: answer(question, origin=1), "to another question"),
        (lambda question: answer(question, times=(0, 0)), "sent before its question arrived"),
        (lambda question: answer(question, times=(IN_2026 + 1, IN_2026)), "sent before its question arrived"),
    ],
)
def test_answers_that_are_none(given: Callable[[bytes], bytes], told: str) -> None:
    with Clock(given) as clock, pytest.raises(Failed, match=told):
        ask(clock)


@pytest.mark.parametrize("within", [0.1, -1.0])
def test_no_answer(within: float) -> None:
    with Clock(lambda _: b"") as clock, pytest.raises(TimeoutError):
        ask(clock, within)


def collector(**flags: object) -> ntp.Collector:
    roots = {"path.procfs": "/proc", "path.sysfs": "/sys", "path.rootfs": "/", "path.udev.data": "/run"}
    given = {**FLAGS, **{name.replace("_", "-"): value for name, value in flags.items()}}
    return ntp.Collector(Host({**roots, **{f"collector.ntp.{name}": value for name, value in given.items()}}, Budget()))


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"server": "pool.ntp.org"}, "no loopback address; if the server is your own"),
        ({"server": "192.0.2.1"}, "no loopback address"),
        ({"server": "2001:db8::1"}, "no loopback address"),
        ({"server_port": 0}, "--collector.ntp.server-port: 0 is not from 1 to 65535"),
        ({"server_port": 65536}, "65536 is not from 1"),
        ({"protocol_version": 1}, "1 is not from 2 to 4"),
        ({"protocol_version": 5}, "5 is not from 2 to 4"),
        ({"ip_ttl": 256}, "256 is not from 0 to 255"),
    ],
)
def test_flags_that_stop_the_start(flags: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        collector(**flags)


@pytest.mark.parametrize("server", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_loopback_addresses(server: str) -> None:
    collector(server=server)


def test_any_server_that_is_vouched_for() -> None:
    collector(server="ntp.example.org", server_is_local=True)


DAY = 86400
MIDNIGHT = 1_700_006_400  # 2023-11-15


def believed(keeping: ntp.Collector, monkeypatch: pytest.MonkeyPatch, seconds: int, leap: int) -> bool:
    """Whether a server is that is half a second ahead."""
    now = (seconds + 2_208_988_800) * SECOND
    ahead = now + SECOND // 2
    reply = (leap << 6 | 4, 2, 6, -20, 0, 0, 0, now - SECOND, now, ahead, ahead, now)
    monkeypatch.setattr(ntp, "ask", lambda *_: reply)
    return "node_ntp_sanity 1\n" in text(keeping.collect()).decode()


@pytest.mark.parametrize("leap", [1, 2])
def test_a_leap_second_may_be_spread_over_a_day(leap: int, monkeypatch: pytest.MonkeyPatch) -> None:
    keeping = collector()
    assert not believed(keeping, monkeypatch, MIDNIGHT - DAY // 2, 0)
    assert believed(keeping, monkeypatch, MIDNIGHT - DAY // 2, leap)
    assert believed(keeping, monkeypatch, MIDNIGHT - 1, 0)
    assert believed(keeping, monkeypatch, MIDNIGHT + DAY - 1, 0)
    assert not believed(keeping, monkeypatch, MIDNIGHT + DAY, 0)
    assert not believed(keeping, monkeypatch, MIDNIGHT - DAY - 1, 0)
