"""The dialogue with a played badge, over a pty that is a port, with whatever the firmware says in between."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from motes.exporters.card10_bme680.problems import Failure
from motes.exporters.card10_bme680.repl import Repl
from motes.exporters.card10_bme680.serial_port import SerialPort

from tests.support.badge.badge import SILENT, Badge
from tests.support.badge.firmware import V1_4, V1_17, V1_17_BREATH, Firmware
from tests.support.namespaces import WITHIN, until

TOLD = {"temperature": 21.5, "humidity": 45.25, "pressure": 1003.125, "gas_resistance": 123456.0}
TOLD_BY_BSEC = TOLD | {"iaq": 57, "iaq_accuracy": 2, "eco2": 612.5, "breath_voc": 0.75}
NOISE = {
    "line": b"[   13.000] WARN pmic: the battery is low\r\n",
    "between-lines": b"\r\n[   13.000] WARN pmic: the battery is low\r\n",
    "prompt": b"\r\n>>> ",
    "ends": b"OK\x04\x04>",
    "banner": b"raw REPL; CTRL-B to exit\r\n>",
    "octets": bytes(range(256)),
    "much": b"\xff" * 5_000 + b"\r\n",
}


@pytest.fixture
def badge(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Badge]:
    firmware: Firmware = getattr(request, "param", V1_17)
    with Badge(tmp_path / "badge", firmware) as plugged:
        yield plugged


@pytest.fixture
def port(badge: Badge) -> Iterator[SerialPort]:
    with SerialPort(str(badge.path)) as opened:
        yield opened


@pytest.fixture
def repl(port: SerialPort) -> Repl:
    made = Repl()
    made.attach(port)
    return made


def answer(repl: Repl) -> dict[str, float]:
    """The first that is whole."""
    for _ in range(5):
        try:
            return repl.ask()
        except Failure as failure:
            assert failure.reason in ("garbled", "no_answer", "rebooted"), failure
    pytest.fail("no answer")


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("badge", [V1_4, V1_17_BREATH], ids=["friendly", "raw"], indirect=True)
def test_noise_at_any_moment(badge: Badge, repl: Repl, noise: str) -> None:
    wanted = answer(repl)
    assert wanted == (TOLD_BY_BSEC if len(wanted) > len(TOLD) else TOLD)
    for number, after in enumerate(range(0, 700, 23)):
        wanted["temperature"] = number
        badge.measures(temperature=number)
        badge.say(NOISE[noise], after=after)
        assert answer(repl) == wanted
    until(badge.at_prompt, "the prompt", badge.shown.decode)


def test_noise_in_the_answer_is_no_answer(badge: Badge, repl: Repl) -> None:
    repl.ask()
    refused = 0
    for after in range(100, 240, 4):
        badge.say(NOISE["line"], after=after)
        try:
            assert repl.ask() == TOLD
        except Failure as failure:
            refused += failure.reason == "garbled"
            assert answer(repl) == TOLD
    assert refused, "no answer was hit"


def test_tells_that_it_rebooted(badge: Badge, repl: Repl) -> None:
    repl.ask()
    badge.measures(takes=4 * WITHIN)
    with Resetting(badge), pytest.raises(Failure) as raised:
        repl.ask()
    assert raised.value.reason == "rebooted"
    badge.measures(takes=0)
    assert answer(repl) == TOLD


class Resetting(Thread):
    """Resets it while it measures."""

    def __init__(self, badge: Badge) -> None:
        super().__init__()
        self._badge = badge

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_: object) -> None:
        self.join()

    def run(self) -> None:
        until(self._badge.runs, "that it measures")
        self._badge.soft_reset()


def test_an_app_that_cannot_be_interrupted(tmp_path: Path) -> None:
    stubborn = SILENT.replace("    utime.sleep(1)", "    try: utime.sleep(1)\n    except KeyboardInterrupt: pass")
    with Badge(tmp_path / "badge", app=stubborn) as badge, SerialPort(str(badge.path)) as port:
        repl = Repl()
        repl.attach(port)
        with pytest.raises(Failure) as raised:
            repl.ask()
        assert raised.value.reason == "no_answer"
        assert badge.runs()
