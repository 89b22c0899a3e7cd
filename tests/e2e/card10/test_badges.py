"""motes-card10-bme680 listens to lines, finds badges, and comes to an end."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.badge.badge import TICKING, Badge
from tests.support.badge.firmware import V1_4, V1_9, V1_10, V1_17, V1_17_BREATH, Firmware
from tests.support.badge.machine import Machine
from tests.support.card10 import COMMAND, ESTIMATED, MEASURED, PATH, Card10, Seeing, fails, reads
from tests.support.namespaces import WITHIN, until
from tests.support.program import ROOT, Program, free_port

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


Start = Callable[..., Card10]
Plug = Callable[..., Badge]


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
