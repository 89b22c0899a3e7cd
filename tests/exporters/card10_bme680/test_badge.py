"""A badge's thread over a port in memory: whatever it says, nothing is raised, and no value is out of range."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from time import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from motes.exporters.card10_bme680 import badge as module
from motes.exporters.card10_bme680.badge import Badge
from motes.exporters.card10_bme680.problems import Failure
from motes.exporters.card10_bme680.status import Status
from motes.exporters.card10_bme680.values import fold

from tests.exporters.card10_bme680.played import Memory, split
from tests.exporters.card10_bme680.test_values import LIMITS

NONCE = bytes(6)
SAID = NONCE.hex().encode() + b" 21.5 45.25 1003.125 123456.0 57 0 500.0 0.5"
ANSWER = b"<%b %d>\r\n" % (SAID, fold(SAID))
# What the badge says to each thing that it is told.
PROMPT, BANNER, ANSWERED = b"\r\n>>> ", b"raw REPL; CTRL-B to exit\r\n>", b"OK\r\n" + ANSWER + b"\x04\x04>"
LINE = b"temperature=21.5 humidity=45.25 pressure=1003.125 gas_resistance=123456.0\r\n"
FOUND = {
    "temperature_celsius": 21.5,
    "humidity_ratio": 0.4525,
    "pressure_pascals": 100312.5,
    "gas_resistance_ohms": 123456.0,
}
WORDS = st.sampled_from(
    [b"\n", b" ", b">>> ", b"OK", b"\x04", PROMPT, BANNER, ANSWERED, ANSWER, LINE, b"temperature=", b"900", b"nan"]
)

Put = dict[str, float]


@pytest.fixture(autouse=True)
def nonce(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "urandom", lambda number: NONCE[:number])


class Attempts:
    """A badge's thread, whose attempts to open the port come to these: a failure, or what the badge says then."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
        path.touch()
        self.put: list[Put] = []
        self.waited: list[float] = []
        self.status = Status("1-2")
        self._monkeypatch = monkeypatch
        self._path = path

    def run(self, mode: str, attempts: Iterable[Failure | Sequence[bytes | Failure]]) -> None:
        left = iter(attempts)
        self._monkeypatch.setattr(module, "SerialPort", lambda _: opened(next(left, ())))
        self._monkeypatch.setattr(Badge, "_wait", lambda *words: self.waited.append(words[-1]))
        badge = Badge(self.status, lambda: str(self._path), self._take, mode=mode, interval=10, restart_app=True)
        badge._work(badge.sampler)

    def _take(self, label_set: bytes, values: Mapping[str, float], ttl: float) -> None:
        assert (label_set, ttl) == (self.status.labels, 25)
        self.put.append(dict(values))


def opened(comes: Failure | Sequence[bytes | Failure]) -> Memory:
    if isinstance(comes, Failure):
        raise comes
    return Memory(comes)


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Attempts:
    return Attempts(monkeypatch, tmp_path / "port")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, Sequence[bytes]], list[Put]]:
    """What it puts when a badge says these pieces."""

    def read(mode: str, pieces: Sequence[bytes]) -> list[Put]:
        made = Attempts(monkeypatch, tmp_path / "port")
        made.run(mode, [pieces])
        return made.put

    return read


Run = Callable[[str, Sequence[bytes]], list[Put]]
fuzzed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.mark.parametrize("mode", ["repl", "lines"])
@fuzzed
@given(pieces=st.lists(st.one_of(st.binary(min_size=1), WORDS)))
@example(pieces=[PROMPT, BANNER, ANSWERED, PROMPT])
@example(pieces=[b"\n", LINE])
def test_whatever_it_says(run: Run, mode: str, pieces: list[bytes]) -> None:
    for values in run(mode, pieces):
        for name, value in values.items():
            least, most = LIMITS[name]
            assert least <= value <= most


@fuzzed
@given(at=st.lists(st.integers(0, 1000)))
def test_however_it_comes(run: Run, at: list[int]) -> None:
    said = [piece for part in (PROMPT, BANNER, ANSWERED, PROMPT) for piece in split(part, at)]
    (values,) = run("repl", said)
    assert values.items() >= FOUND.items()
    assert values["iaq_trusted"] == 0
    assert run("lines", split(b"\n" + LINE, at)) == [FOUND]


@fuzzed
@given(noise=st.one_of(st.binary(), WORDS), at=st.integers(0, len(ANSWERED)), splits=st.lists(st.integers(0, 1000)))
def test_noise_anywhere_leaves_no_other_reading(run: Run, noise: bytes, at: int, splits: list[int]) -> None:
    said = [PROMPT, BANNER, *split(ANSWERED[:at] + noise + ANSWERED[at:], splits), PROMPT]
    for values in run("repl", said):
        assert values.items() >= FOUND.items()


def test_what_is_out_of_range_is_refused(run: Run) -> None:
    for wrong in (b"temperature=85.1", b"temperature=nan", b"temperature=20 humidity=101", b"temperature=1 pressure=0"):
        assert run("lines", [b"\n", wrong + b"\n", LINE]) == [FOUND]


def test_waits_longer_after_each_failure_and_not_after_a_reading(attempts: Attempts) -> None:
    busy, gone = Failure("busy"), Failure("disconnected")
    attempts.run("lines", [busy, busy, busy, [b"\n", LINE, gone], *[busy] * 9])
    assert attempts.waited == [0.25, 0.5, 1, 0.25, 0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_badge_that_is_gone_is_waited_for_without_end(attempts: Attempts) -> None:
    attempts.run("repl", [Failure("not_found"), Failure("storage_mode")])
    assert attempts.waited == [float("inf"), float("inf")]


def test_udev_is_given_time(attempts: Attempts, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts.run("repl", [Failure("denied")])
    assert attempts.status.problem == ""
    now = time()
    monkeypatch.setattr(module, "time", lambda: now + 10)
    attempts.run("repl", [Failure("denied")])
    assert attempts.status.problem == "denied"


def test_sleeps_until_it_is_time(attempts: Attempts, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    read = Memory.read

    def recorded(port: Memory, seconds: float) -> bytes:
        waits.append(seconds)
        return read(port, seconds)

    monkeypatch.setattr(Memory, "read", recorded)
    attempts.run("repl", [[PROMPT, BANNER, ANSWERED, PROMPT]])
    assert len(attempts.put) == 1
    assert 5 < waits[-1] <= 10
    assert all(seconds <= 5 for seconds in waits[:-1])
