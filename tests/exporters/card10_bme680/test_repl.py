"""The dialogue with badges that are played in memory; those of MicroPython's own are in tests/e2e."""

import pytest
from motes.exporters.card10_bme680.problems import Failure
from motes.exporters.card10_bme680.repl import Repl
from motes.exporters.card10_bme680.values import fold

from tests.exporters.card10_bme680.played import Playing

TOLD = {"temperature": 21.5, "humidity": 45.25, "pressure": 1003.125, "gas_resistance": 123456.0}
BANNER = b"raw REPL; CTRL-B to exit\r\n>"
VERSION = b"\r\nMicroPython v1.11 on 2019-08-28; card10 with max32666\r\n>>> "


class Badge:
    """At its prompt, or in an app. `silent` are the controls that it does not answer."""

    def __init__(self, *, app: bool = False, silent: bytes = b"") -> None:
        self.app = app
        self.silent = silent
        self.code = b""

    def __call__(self, typed: bytes) -> bytes:
        if self.app and b"\x03" not in typed:
            return b""
        self.app = False
        said = b"".join(self.control(typed[at : at + 1]) for at in range(len(typed)))
        if typed[-1:] == b"\x04" and b"_motes" in self.code:
            nonce = self.code.partition(b"_motes('")[2][:12]
            told = nonce + b" 21.5 45.25 1003.125 123456.0"
            said += b"OK\r\n<%b %d>\r\n\x04\x04>" % (told, fold(told))
            self.code = b""
        return said

    def control(self, octet: bytes) -> bytes:
        if octet >= b" " or octet == b"\n":
            self.code += octet
        answers = {b"\x01": b"\r\n" + BANNER, b"\x02": VERSION, b"\x03": b"\r\n>>> ", b"\r": b"\r\n>>> "}
        return b"" if octet in self.silent else answers.get(octet, b"")


def attached(badge: Badge) -> tuple[Repl, Playing]:
    port = Playing(badge)
    repl = Repl(clock=port.clock)
    repl.attach(port)
    return repl, port


def test_an_idle_badge_is_asked_at_once() -> None:
    repl, port = attached(Badge())
    assert repl.ask() == TOLD
    assert b"\x03" not in port.written
    assert port.written.endswith(b"\x04\x02")
    assert port.now < 0.1
    assert not repl.ended_app
    assert repl.firmware == "MicroPython v1.11"


def test_pieces_are_small_with_pauses_between() -> None:
    repl, port = attached(Badge())
    repl.ask()
    sizes = [len(chunk) for chunk in port.chunks]
    assert max(sizes) == 256
    assert port.now >= 0.01 * sizes.count(256)


def test_an_app_is_interrupted_and_started_again() -> None:
    badge = Badge(app=True)
    repl, port = attached(badge)
    assert repl.ask() == TOLD
    assert port.written.count(b"\x03") == 1
    assert repl.ended_app
    repl.restart()
    assert port.written.endswith(b"\x04")
    assert not repl.ended_app
    badge.app, before = True, port.now
    assert repl.ask() == TOLD
    assert port.now - before < 0.1, "it is known that an app runs"


def test_what_is_owed_to_a_badge_outlives_its_port() -> None:
    repl, _ = attached(Badge(app=True))
    repl.ask()
    port = Playing(Badge())
    repl.attach(port)
    repl.abandon(restart=True)
    assert port.written == b"\x04"
    repl.abandon(restart=False)
    assert port.written == b"\x04"


def test_a_badge_that_says_nothing() -> None:
    repl, port = attached(Badge(silent=bytes(range(256))))
    with pytest.raises(Failure) as raised:
        repl.ask()
    assert raised.value.reason == "no_answer"
    assert port.now < 5
    assert b"_motes" not in port.written, "nothing is sent to who does not listen"


def test_a_badge_that_talks_without_end() -> None:
    port = Playing(lambda _: b"")
    repl = Repl(clock=port.clock)
    repl.attach(port)

    def talk(seconds: float) -> bytes:
        port.now += 0.001
        return b"x" * 4096

    port.read = talk  # type: ignore[method-assign]
    with pytest.raises(Failure) as raised:
        repl.ask()
    assert raised.value.reason == "no_answer"
    assert len(repl._heard) <= 8192


def test_an_old_prompt_is_none() -> None:
    repl, port = attached(Badge(app=True))
    port.says(b"\r\n>>> ")
    assert repl.ask() == TOLD
    assert port.written.index(b"\x03") < port.written.index(b"\x01"), "an app would take it, and before 1.9 restart"


def test_a_badge_that_starts_anew_instead_of_an_answer() -> None:
    port = Playing(lambda typed: b"Pycardium\r\n Version: v1.17\r\n" if b"\x04" in typed else Badge()(typed))
    repl = Repl(clock=port.clock)
    repl.attach(port)
    with pytest.raises(Failure) as raised:
        repl.ask()
    assert raised.value.reason == "rebooted"
    assert port.written.endswith(b"\x04"), "it is left alone"


def test_only_what_was_sent_is_taken_back() -> None:
    repl, port = attached(Badge())
    repl.abandon(restart=False)
    assert port.written == b""
    badge = Badge(silent=b"\x04")
    repl, port = attached(badge)

    def stop(seconds: float) -> bytes:
        raise KeyboardInterrupt

    original = port.write

    def write(data: bytes) -> None:
        original(data)
        if b"_motes" in data:
            port.read = stop  # type: ignore[method-assign]

    port.write = write  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        repl.ask()
    port.written = b""
    repl.abandon(restart=True)
    assert port.written == b"\x03\x02"
