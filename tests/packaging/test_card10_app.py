"""The app for the badge, on a real MicroPython with each generation's sensor: what it prints and shows."""

import errno
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from motes.exporters.card10_bme680.lines import Lines

from tests.support.badge.badge import Badge
from tests.support.badge.firmware import GENERATIONS, V1_4, V1_10, V1_17_BREATH, V1_17_BSEC, Firmware
from tests.support.namespaces import until
from tests.support.program import ROOT

FOLDER = ROOT / "packaging/card10/motes_air"
APP = (FOLDER / "__init__.py").read_text()
MEASURED = {"temperature": 21.5, "humidity": 45.25, "pressure": 1003.125, "gas_resistance": 123456.0}
ESTIMATED = {"iaq": 57, "iaq_accuracy": 2, "eco2": 612.5, "breath_voc": 0.75}

Start = Callable[[Firmware], Badge]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A badge that runs the app, in more of a hurry."""
    started: list[Badge] = []

    def run(firmware: Firmware) -> Badge:
        started.append(Badge(tmp_path / f"badge{len(started)}", firmware, app=APP.replace("EVERY = 5", "EVERY = 0.05")))
        return started[-1]

    assert "EVERY = 5" in APP
    yield run
    for badge in started:
        badge.__exit__(None, None, None)


def _readings(badge: Badge) -> list[object]:
    """What the exporter takes from all that the badge has said."""
    return list(Lines().feed(badge.shown))


def _until_it_reads(badge: Badge, values: dict[str, float]) -> None:
    until(lambda: _readings(badge)[-1:] == [values], f"a reading of {values}", badge.shown.decode)


@pytest.mark.parametrize("firmware", GENERATIONS, ids=lambda each: f"{each.version}+{len(each.estimates)}")
def test_the_exporter_reads_what_it_prints(start: Start, firmware: Firmware) -> None:
    badge = start(firmware)
    expected = MEASURED | dict(list(ESTIMATED.items())[: len(firmware.estimates)])
    _until_it_reads(badge, expected)
    badge.measures(temperature=-12.3)
    _until_it_reads(badge, expected | {"temperature": -12.3})
    assert all(isinstance(each, dict) for each in _readings(badge)), "a line was refused"


def test_a_line_has_a_check_sum(start: Start) -> None:
    badge = start(V1_10)
    told = "temperature=21.5 humidity=45.25 pressure=1003.125 gas_resistance=123456.0"
    line = f"{told} check={_sum(told)}\r\n".encode()
    until(lambda: line in badge.shown, str(line), badge.shown.decode)
    assert line.decode().strip() in APP, "its example is another one"


def _sum(told: str) -> int:
    sum = 0
    for octet in told.encode():
        sum = (sum * 31 + octet) % 65521
    return sum


@pytest.mark.parametrize(
    ("firmware", "last"), [(V1_4, "123 kOhm"), (V1_17_BSEC, "IAQ 57")], ids=lambda each: str(each).split("'")[1:2]
)
def test_it_shows_the_values(start: Start, firmware: Firmware, last: str) -> None:
    badge = start(firmware)
    shown = ["21.5 C", "45 %", "1003 hPa", last]
    until(lambda: badge.display == shown, "the values", lambda: str(badge.display))


def test_the_widest_values_have_room(start: Start) -> None:
    badge = start(V1_10)
    badge.measures(temperature=-40, humidity=100, pressure=1100, gas_resistance=99999999.0)
    shown = ["-40.0 C", "100 %", "1100 hPa", "100000 kOhm"]
    until(lambda: badge.display == shown, "the values", lambda: str(badge.display))


def test_a_sensor_that_fails_is_tried_again(start: Start) -> None:
    badge = start(V1_17_BREATH)
    _until_it_reads(badge, MEASURED | ESTIMATED)
    badge.measures(error=errno.EIO)
    until(lambda: badge.display == ["no sensor"], "that it fails", lambda: str(badge.display))
    until(lambda: b"\r\nbme680: [Errno 5] EIO\r\n" in badge.shown, "why", lambda: str(badge.shown))
    badge.measures(error=0, temperature=20)
    _until_it_reads(badge, MEASURED | ESTIMATED | {"temperature": 20})


def test_ctrl_c_ends_it_and_the_sensor_is_off(start: Start) -> None:
    badge = start(V1_10)
    until(badge.runs, "that it runs")
    badge.feed(b"\x03")
    until(badge.at_prompt, "the prompt", badge.shown.decode)
    badge.feed(b"import sys_bme680; sys_bme680.get_data()\r")
    until(lambda: b"OSError: [Errno 22] EINVAL" in badge.shown, "that the sensor is off", badge.shown.decode)


def test_the_menu_knows_it() -> None:
    metadata = json.loads((FOLDER / "metadata.json").read_text())
    assert metadata.keys() == {"author", "name", "description", "category", "revision"}
