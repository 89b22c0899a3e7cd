"""motes-card10-bme680 beside a badge that a real MicroPython plays: it reads any firmware, and leaves it as it was."""

import errno
from collections.abc import Callable

import pytest

from tests.support.badge.badge import SILENT, TICKING, Badge
from tests.support.badge.firmware import GENERATIONS, V1_4, V1_9, V1_10, V1_17, V1_17_BREATH, V1_17_BSEC, Firmware
from tests.support.card10 import ESTIMATED, MEASURED, Card10, fails, reads, shows
from tests.support.namespaces import WITHIN, until

Start = Callable[..., Card10]
Plug = Callable[..., Badge]


@pytest.mark.parametrize("firmware", GENERATIONS, ids=lambda each: f"{each.version}+{len(each.estimates)}")
def test_reads_every_generation(plug: Plug, start: Start, firmware: Firmware) -> None:
    badge = plug(firmware)
    program = start(badge)
    reads(program)
    wanted = dict(MEASURED)
    if firmware.estimates:
        wanted |= ESTIMATED
    if firmware is V1_17_BREATH:
        wanted |= {"breath_voc_ppm": 0.75}
    assert {name: program.value(name) for name in [*MEASURED, *ESTIMATED, "breath_voc_ppm"]} == {
        **dict.fromkeys([*ESTIMATED, "breath_voc_ppm"]),
        **wanted,
    }
    badge.measures(temperature=-12.25)
    shows(program, "temperature_celsius", -12.25)
    until(badge.at_prompt, "the prompt", badge.shown.decode)
    assert b"\x03" not in badge.typed, "there was nothing to interrupt"
    assert program.labels("info") == {
        "device": str(badge.path),
        "port": badge.tty,
        "firmware": program.labels("info")["firmware"],
    }
    assert program.problem() == ""
    assert program.labels("failures_total") == {}


@pytest.mark.parametrize("firmware", [V1_4, V1_9, V1_17], ids=lambda each: each.version)
@pytest.mark.parametrize("app", [TICKING, SILENT], ids=["ticking", "silent"])
def test_ends_an_app_and_says_its_firmware(plug: Plug, start: Start, firmware: Firmware, app: str) -> None:
    badge = plug(firmware, app=app)
    program = start(badge)
    reads(program, 2)
    assert {name: program.value(name) for name in MEASURED} == MEASURED
    assert program.labels("info")["firmware"] == firmware.version
    until(badge.at_prompt, "the prompt", badge.shown.decode)
    interrupted = badge.typed.count(b"\x03")
    reads(program, 2)
    assert badge.typed.count(b"\x03") == interrupted
    assert not badge.runs()
    assert program.labels("failures_total") == {}


@pytest.mark.parametrize("firmware", [V1_4, V1_9, V1_17], ids=lambda each: each.version)
def test_starts_an_app_again(plug: Plug, start: Start, firmware: Firmware) -> None:
    badge = plug(firmware, app=TICKING)
    program = start(badge, "--serial.restart-app=true")
    reads(program)
    for _ in range(3):
        starts = badge.shown.count(b"Loading main.py")
        reads(program)
        until(lambda: badge.shown.count(b"Loading main.py") > starts, "another start", badge.shown.decode)  # noqa: B023
    assert {name: program.value(name) for name in MEASURED} == MEASURED
    until(lambda: badge.shown.endswith(b"tick 1\r\n"), "the app", badge.shown.decode)


def test_leaves_a_badge_without_an_app_alone(plug: Plug, start: Start) -> None:
    badge = plug()
    program = start(badge, "--serial.restart-app=true")
    reads(program, 3)
    assert badge.shown.count(b"Pycardium") == 1, "it was reset"


def test_goes_on_from_a_raw_repl_that_was_left(plug: Plug, start: Start) -> None:
    badge = plug()
    badge.leave_in_raw_repl()
    badge.feed(b"while True: pass\n")
    program = start(badge)
    reads(program)
    until(badge.at_prompt, "the prompt", badge.shown.decode)


@pytest.mark.parametrize("firmware", [V1_4, V1_10], ids=lambda each: each.version)
def test_somebody_interrupts_a_reading(plug: Plug, start: Start, firmware: Firmware) -> None:
    badge = plug(firmware)
    program = start(badge)
    reads(program)
    badge.measures(takes=4 * WITHIN)
    until(badge.runs, "a reading that takes long", badge.shown.decode)
    badge.measures(takes=0, temperature=7)
    badge.feed(b"\x03")
    shows(program, "temperature_celsius", 7)
    assert program.failures("garbled") == 1
    assert program.log().count("badge is not read") == 0


def test_the_sensor_fails_and_lies(plug: Plug, start: Start) -> None:
    badge = plug()
    program = start(badge)
    reads(program)
    badge.measures(error=errno.EIO)
    fails(program, "no_sensor")
    assert "OSError(5" in program.log()
    badge.measures(error=0, temperature=85.5)
    fails(program, "out_of_range")
    until(lambda: program.value("temperature_celsius") is None, "that the reading expires", program.log)
    badge.measures(temperature=float("nan"))
    seen = program.failures("out_of_range")
    until(lambda: program.failures("out_of_range") > seen, "another refusal", program.log)
    assert program.value("humidity_ratio") is None
    assert program.value("up") == 0
    badge.measures(temperature=85)
    shows(program, "temperature_celsius", 85)
    assert program.log().count("problem=out_of_range") == 1


def test_estimates_without_accuracy_are_marked(plug: Plug, start: Start) -> None:
    badge = plug(V1_17_BSEC)
    badge.measures(iaq_accuracy=0)
    program = start(badge)
    reads(program)
    assert program.value("iaq") == 57
    assert program.value("iaq_accuracy") == 0
    assert program.value("iaq_trusted") == 0
