"""motes-card10-bme680 beside a badge that is played by a real MicroPython: it reads, through whatever happens to it."""

import errno
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.badge.badge import SILENT, TICKING, Badge
from tests.support.badge.firmware import GENERATIONS, V1_4, V1_9, V1_10, V1_17, V1_17_BREATH, V1_17_BSEC, Firmware
from tests.support.badge.holder import held
from tests.support.badge.machine import Machine
from tests.support.card10 import COMMAND, PATH, UNPRIVILEGED, Card10, Seeing
from tests.support.namespaces import WITHIN, until
from tests.support.program import ROOT, Program, free_port

MEASURED = {
    "temperature_celsius": 21.5,
    "humidity_ratio": 0.4525,
    "pressure_pascals": 100312.5,
    "gas_resistance_ohms": 123456.0,
}
ESTIMATED = {"iaq": 57, "iaq_accuracy": 2, "iaq_trusted": 1, "eco2_ppm": 612.5}
LINES = """import utime
while True:
    print("temperature=21.5 humidity=45.25 pressure=1003.125 gas_resistance=123456.0 iaq=57 iaq_accuracy=0")
    print("[ 12.345] INFO epicardium: something else")
    utime.sleep(0.1)
"""
JSON = """import utime
while True:
    print('{"temperature": 21.5, "humidity": 45.25, "pressure": 1003.125, "gas_resistance": 123456.0}')
    print('{"temperature": "warm"}')
    utime.sleep(0.1)
"""
FAST = "--serial.interval=1s"

Start = Callable[..., Card10]
Plug = Callable[..., Badge]


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Plug]:
    """Plugs in a badge."""
    plugged: list[Badge] = []

    def run(*words: Firmware, **more: object) -> Badge:
        plugged.append(Badge(tmp_path / f"badge{len(plugged)}", *words, **more))  # type: ignore[arg-type]
        return plugged[-1]

    yield run
    for badge in plugged:
        badge.__exit__(None, None, None)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the program."""
    started: list[Card10] = []

    def run(badge: Badge | None, *flags: str, **more: object) -> Card10:
        devices = [f"--serial.device={badge.path}"] if badge else []
        started.append(Card10(tmp_path / "log", *devices, FAST, *flags, **more))  # type: ignore[arg-type]
        return started[-1]

    yield run
    for program in started:
        program.__exit__(None, None, None)


def reads(program: Card10, number: int = 1) -> None:
    """So many readings more."""
    wanted = program.readings() + number
    until(lambda: program.readings() >= wanted and program.value("up") == 1, "a reading", program.log)


def shows(program: Card10, metric: str, value: float) -> None:
    until(lambda: program.value(metric) == value, f"{metric} {value}", program.log)


def fails(program: Card10, problem: str) -> None:
    until(lambda: program.problem() == problem, f"the problem {problem}", program.log)


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


@pytest.mark.parametrize(
    "tear",
    [
        lambda badge: badge.unplug(),
        lambda badge: badge.unplug(after_read=40),
        lambda badge: badge.unplug(after_read=150),
        lambda badge: badge.unplug(after_written=1),
        lambda badge: badge.unplug(after_written=200),
    ],
    ids=["idle", "read-40", "read-150", "written-1", "written-200"],
)
@pytest.mark.parametrize("firmware", [V1_4, V1_17], ids=lambda each: each.version)
def test_unplugged_and_plugged_in_again(
    plug: Plug, start: Start, firmware: Firmware, tear: Callable[[Badge], None]
) -> None:
    badge = plug(firmware)
    program = start(badge)
    reads(program)
    for number in range(2):
        tear(badge)
        until(lambda: not badge.plugged, "that it is gone", program.log)
        fails(program, "disconnected")
        badge.measures(temperature=number)
        badge.replug()
        shows(program, "temperature_celsius", number)
    assert program.log().count("badge is read") == 3
    assert program.log().count("badge is not read") == 2
    assert program.failures("disconnected") == 2


def test_torn_away_while_it_is_opened(plug: Plug, start: Start) -> None:
    badge = plug()
    program = start(badge)
    for number in range(50):
        badge.unplug()
        badge.replug()
        if number % 10 == 0:
            reads(program)
    reads(program, 2)


def test_what_was_true_vanishes_when_it_is_gone(plug: Plug, start: Start) -> None:
    badge = plug()
    program = start(badge)
    reads(program)
    badge.unplug()
    until(lambda: program.value("temperature_celsius") is None, "that the reading expires", program.log)
    assert program.value("up") == 0
    seen = program.value("last_seen_timestamp_seconds")
    assert seen is not None
    badge.replug()
    until(lambda: (program.value("last_seen_timestamp_seconds") or 0) > seen, "a reading", program.log)


def test_a_badge_that_hangs(plug: Plug, start: Start) -> None:
    badge = plug()
    program = start(badge)
    reads(program)
    badge.stall()
    fails(program, "no_answer")
    badge.measures(temperature=3)
    badge.go_on()
    shows(program, "temperature_celsius", 3)
    assert program.log().count("problem=no_answer") == 1


def test_a_badge_that_is_mute_until_it_is_reset(plug: Plug, start: Start) -> None:
    badge = plug()
    program = start(badge)
    reads(program)
    badge.mute()
    fails(program, "no_answer")
    badge.reset()
    reads(program, 2)


@pytest.mark.parametrize(("app", "after"), [("", 30), (TICKING, 90), ("", 150)], ids=["at-30", "app-at-90", "at-150"])
def test_reboots_in_the_middle(plug: Plug, start: Start, app: str, after: int) -> None:
    badge = plug(app=app)
    program = start(badge)
    for number, reset in enumerate((badge.soft_reset, badge.reset)):
        reads(program)
        reset(after=after)
        badge.measures(temperature=number)
        shows(program, "temperature_celsius", number)


@pytest.mark.parametrize("by", ["flock", "tiocexcl"])
def test_another_program_holds_the_port(plug: Plug, start: Start, by: str) -> None:
    badge = plug()
    with held(badge.path, by):
        # Root, with all that it may, opens it nevertheless.
        program = start(badge, before=("setpriv", "--bounding-set=-sys_admin"))
        fails(program, "busy")
        assert badge.typed == b""
    reads(program)
    assert program.log().count("problem=busy") == 1


def test_nobody_else_opens_the_port(plug: Plug, start: Start) -> None:
    badge = plug()
    program = start(badge)
    reads(program)
    command = ["setpriv", "--bounding-set=-sys_admin", "cat", str(badge.path)]
    tried = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WITHIN)
    assert os.strerror(errno.EBUSY) in tried.stderr


def test_no_permission(plug: Plug, start: Start) -> None:
    badge = plug()
    badge.belongs_to(65534)
    program = start(badge, before=UNPRIVILEGED)
    fails(program, "denied")
    assert "dialout" in program.labels("problem_info")["advice"]
    badge.belongs_to(0)
    reads(program)


def test_no_serial_port(tmp_path: Path, start: Start) -> None:
    file = tmp_path / "file"
    file.write_text("what is this\n")
    program = start(None, f"--serial.device={file}")
    fails(program, "failed")
    assert file.read_text() == "what is this\n"


def test_listens_to_lines(plug: Plug, start: Start) -> None:
    badge = plug(app=LINES)
    program = start(badge, "--serial.mode=lines")
    reads(program, 2)
    assert {name: program.value(name) for name in MEASURED} == MEASURED
    assert program.value("iaq_trusted") == 0
    badge.unplug()
    fails(program, "disconnected")
    badge.replug()
    reads(program)
    badge.stall()
    fails(program, "no_answer")
    assert program.value("temperature_celsius") is None
    badge.go_on()
    reads(program)
    assert badge.typed == b""


def test_listens_to_json(plug: Plug, start: Start) -> None:
    program = start(plug(app=JSON), "--serial.mode=lines")
    reads(program, 2)
    assert {name: program.value(name) for name in MEASURED} == MEASURED
    until(lambda: program.failures("garbled") > 1, "what is refused", program.log)
    assert program.problem() == ""


def test_listens_to_the_app_that_comes_with_it(plug: Plug, start: Start) -> None:
    app = (ROOT / "packaging/card10/motes_air/__init__.py").read_text().replace("\nEVERY = 5\n", "\nEVERY = 0.1\n")
    badge = plug(V1_17_BREATH, app=app)
    program = start(badge, "--serial.mode=lines")
    reads(program, 3)
    assert {name: program.value(name) for name in [*MEASURED, *ESTIMATED]} == MEASURED | ESTIMATED
    assert program.value("breath_voc_ppm") == 0.75
    line = badge.shown.rpartition(b"\r\n")[0].rpartition(b"\r\n")[2]
    assert b" check=" in line
    badge.say(b"\r\ntemperature=40 humidity=10\r\n")
    until(lambda: program.failures("garbled") == 1, "that it is refused", program.log)
    assert program.value("temperature_celsius") == 21.5


def test_finds_badges_and_tells_them_apart(tmp_path: Path, plug: Plug, start: Start) -> None:
    machine = Machine(tmp_path)
    badge = plug(V1_9, machine=machine, port="1-1.2")
    program = start(None, machine=Seeing(machine))
    reads(program)
    assert program.labels("info")["device"] == "1-1.2"
    assert program.labels("info")["port"] == badge.tty
    other = plug(V1_17, machine=machine, port="1-3")
    other.measures(temperature=3)
    until(lambda: program.value("temperature_celsius", device="1-3") == 3, "the other", program.log)
    assert program.value("temperature_celsius", device="1-1.2") == 21.5
    other.to_storage_mode()
    until(lambda: program.value("problem_info", device="1-3", problem="storage_mode") == 1, "a problem", program.log)
    other.measures(temperature=4)
    other.replug()
    until(lambda: program.value("temperature_celsius", device="1-3") == 4, "the other", program.log)
    # In whatever order they get their names.
    badge.unplug()
    other.unplug()
    other.replug()
    badge.measures(temperature=5)
    badge.replug()
    until(lambda: program.value("temperature_celsius", device="1-1.2") == 5, "the first", program.log)
    assert program.value("temperature_celsius", device="1-3") == 4


def test_waits_for_a_badge(tmp_path: Path, plug: Plug, start: Start) -> None:
    machine = Machine(tmp_path)
    program = start(None, machine=Seeing(machine))
    fails(program, "not_found")
    assert program.labels("problem_info")["device"] == ""
    plug(machine=machine)
    reads(program)
    assert program.problem() == ""


def test_a_badge_that_is_named_is_not_found_besides(tmp_path: Path, plug: Plug, start: Start) -> None:
    machine = Machine(tmp_path)
    plug(machine=machine)
    link = next((machine.dev / "serial" / "by-id").iterdir())
    named = f"/dev/serial/by-id/{link.name}"
    program = start(None, "--serial.device=auto", f"--serial.device={named}", machine=Seeing(machine))
    reads(program, 2)
    assert program.labels("info")["device"] == named


@pytest.mark.parametrize("firmware", [V1_4, V1_10], ids=lambda each: each.version)
def test_leaves_the_badge_at_its_prompt_in_the_middle_of_a_reading(
    plug: Plug, start: Start, firmware: Firmware
) -> None:
    badge = plug(firmware)
    program = start(badge)
    reads(program)
    badge.measures(takes=4 * WITHIN)
    until(badge.runs, "a reading that takes long", badge.shown.decode)
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(WITHIN) == 0
    until(badge.at_prompt, "the prompt", badge.shown.decode)
    assert not badge.runs()


def test_starts_the_app_again_when_it_is_stopped(plug: Plug, start: Start) -> None:
    badge = plug(V1_10, app=TICKING)
    badge.measures(takes=4 * WITHIN)
    program = start(badge, "--serial.restart-app=true")
    until(lambda: b"KeyboardInterrupt" in badge.shown and badge.runs(), "a reading that takes long", badge.shown.decode)
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(WITHIN) == 0
    until(lambda: badge.shown.endswith(b"tick 3\r\n"), "the app", badge.shown.decode)


def test_one_page(plug: Plug) -> None:
    done = once(f"--serial.device={plug().path}")
    assert done.returncode == 0, done.stderr
    assert "\ncard10_temperature_celsius{" in done.stdout


def test_one_page_without_a_badge(tmp_path: Path) -> None:
    done = once(f"--serial.device={tmp_path}/ttyACM7")
    assert done.returncode == 0, done.stderr
    assert 'problem="not_found"' in done.stdout


def once(*flags: str) -> "subprocess.CompletedProcess[str]":
    command = [*COMMAND, "--once", *flags]
    environment = {**os.environ, **PATH}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=WITHIN, env=environment)


def test_beside_the_node_exporter(tmp_path: Path, plug: Plug) -> None:
    port = free_port()
    config = tmp_path / "motes.toml"
    config.write_text(f'[node]\n[card10-bme680]\ndevice = ["{plug().path}"]\n')
    command = (
        COMMAND[0],
        "-m",
        "motes.shared.motesd",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--config.file={config}",
    )
    with Program(command, port, tmp_path / "log", ready="/-/ready", PYTHONPATH=str(ROOT / ".src")) as program:
        until(lambda: "\ncard10_temperature_celsius{" in program.get("/metrics"), "a reading", program.log)
        assert "\nnode_load1 " in program.get("/metrics")
        assert "node_load1" not in program.get("/metrics/card10-bme680")
