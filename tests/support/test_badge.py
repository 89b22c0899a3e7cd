"""The badge that is played, by pyserial alone: it must do what a card10's serial port was seen to do."""

import errno
import os
import subprocess
import termios
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
import serial

from tests.support.badge.badge import PROMPT, RAW_PROMPT, SILENT, TICKING, Badge
from tests.support.badge.firmware import GENERATIONS, V1_4, V1_10, V1_17, V1_17_BREATH, V1_17_BSEC, Firmware
from tests.support.badge.holder import held
from tests.support.namespaces import WITHIN, until

NOBODY = 65534
READ = """import bme680
if hasattr(bme680, "Bme680"):
    with bme680.Bme680() as sensor:
        print(tuple(sensor.get_data()))
else:
    bme680.init()
    print(bme680.get_data())
"""
MEASURED = (21.5, 45.25, 1003.125, 123456.0)


class Port(serial.Serial):
    """As a program would open it, which forgets what came before, or most of it."""

    def __init__(self, badge: Badge) -> None:
        super().__init__(str(badge.path), 115200, timeout=WITHIN, write_timeout=WITHIN, exclusive=True)

    def prompt(self) -> None:
        """One that nothing comes after."""
        self.write(b"print(6 * 7)\r")
        self.until(b"\r\n42\r\n>>> ")

    def until(self, end: bytes) -> bytes:
        """What comes, to this end."""
        said = self.read_until(end)
        assert said.endswith(end), said
        return said

    def run(self, code: str) -> bytes:
        """What it prints in the raw REPL, and its error."""
        self.write(b"\x03\x03\x01")
        self.until(RAW_PROMPT)
        self.write(code.encode() + b"\x04")
        said = self.until(b"\x04>")
        self.write(b"\x02")
        self.until(PROMPT)
        return said


@pytest.fixture
def badge(tmp_path: Path) -> Iterator[Badge]:
    with Badge(tmp_path / "badge") as plugged:
        until(plugged.at_prompt, "the prompt")
        yield plugged


@pytest.fixture
def port(badge: Badge) -> Iterator[Port]:
    with Port(badge) as opened:
        opened.prompt()
        yield opened


@pytest.mark.parametrize("firmware", GENERATIONS[1:], ids=lambda each: f"{each.version}+{len(each.estimates)}")
def test_each_generation_measures(tmp_path: Path, firmware: Firmware) -> None:
    values = MEASURED + (57, 2, 612.5, 0.75)[: len(firmware.estimates)]
    with Badge(tmp_path / "badge", firmware) as badge, Port(badge) as port:
        assert port.run(READ) == f"OK{values}\r\n\x04\x04>".encode()


def test_the_header_tells_the_version(tmp_path: Path) -> None:
    with Badge(tmp_path / "badge", V1_10) as badge, Port(badge) as port:
        port.prompt()
        port.write(b"\x04")
        assert b"\r\n Version: v1.10\r\n" in port.until(PROMPT)


def test_floats_have_seven_digits(badge: Badge, port: Port) -> None:
    badge.measures(temperature=-3.3000001, humidity=99.99999999, pressure=1013.2501234, gas_resistance=1234567.8)
    assert port.run(READ) == b"OK(-3.3, 100.0, 1013.25, 1234568.0)\r\n\x04\x04>"


def test_the_sensor_fails_and_lies(badge: Badge, port: Port) -> None:
    badge.measures(temperature=float("nan"), humidity=float("inf"), pressure=-1)
    assert port.run(READ) == b"OK(nan, inf, -1.0, 123456.0)\r\n\x04\x04>"
    badge.measures(error=errno.EIO)
    assert port.run(READ).endswith(b"OSError: [Errno 5] EIO\r\n\x04>")


def test_estimates_are_refused_without_bsec(tmp_path: Path) -> None:
    code = "import bme680\nwith bme680.Bme680() as sensor: print(sensor.iaq())"
    for firmware, end in ((V1_17, b"OSError: [Errno 19] ENODEV\r\n\x04>"), (V1_17_BSEC, b"OK57\r\n\x04\x04>")):
        with Badge(tmp_path / str(len(firmware.estimates)), firmware) as badge, Port(badge) as port:
            assert port.run(code).endswith(end)


def test_a_reading_that_takes_long_can_be_interrupted(badge: Badge, port: Port) -> None:
    badge.measures(takes=10 * WITHIN)
    port.write(b"\x01")
    port.until(RAW_PROMPT)
    port.write(READ.encode() + b"\x04")
    port.until(b"OK")
    until(badge.runs, "that the reading is under way")
    port.write(b"\x03")
    assert port.until(b"\x04>").endswith(b"KeyboardInterrupt: \r\n\x04>")


def test_an_app_is_interrupted_and_started_again_by_a_soft_reset(tmp_path: Path) -> None:
    with Badge(tmp_path / "badge", app=TICKING) as badge, Port(badge) as port:
        port.until(b"tick 1\r\n")
        assert port.run("print(7)") == b"OK7\r\n\x04\x04>"
        assert badge.at_prompt()
        assert not badge.runs()
        port.write(b"\x04")
        assert b"Loading main.py" in port.until(b"tick 1\r\n")
        assert badge.runs()


def test_an_app_that_is_interrupted_again_and_again_ends(tmp_path: Path) -> None:
    with Badge(tmp_path / "badge", app=SILENT) as badge, Port(badge) as port:
        for _ in range(20):
            until(badge.runs, "that the app runs")
            for _ in range(5):
                port.write(b"\x03")
            port.prompt()
            port.write(b"\x04")
            until(lambda: not badge.at_prompt(), "the soft reset")
        until(lambda: badge.shown.count(b"Loading main.py") == 21, "a start, and one for each soft reset")


def test_short_code_interrupted_at_any_moment_leaves_a_prompt(badge: Badge, port: Port) -> None:
    for number in range(100):
        port.write(f"for i in range({100 * number}): x = i\r\r\r".encode())
        port.write(b"\x03")
        port.write(f"print('at', {number})\r".encode())
        port.until(f"at {number}\r\n".encode())
    assert badge.shown.count(b"Pycardium") == 1, "it was reset"


def test_before_1_9_ctrl_a_is_a_soft_reset(tmp_path: Path) -> None:
    with Badge(tmp_path / "badge", V1_4, app=TICKING) as badge, Port(badge) as port:
        until(badge.runs, "that the app runs")
        port.write(b"\x03")
        port.prompt()
        port.write(b"print(7)\r")
        assert port.until(PROMPT) == b"print(7)\r\n7\r\n>>> "
        port.write(b"\x01")
        assert RAW_PROMPT not in port.until(b"tick 1\r\n")


def test_its_log_comes_between(badge: Badge, port: Port) -> None:
    badge.say(b"[  1.000] INFO ble: now\r\n")
    port.until(b"ble: now\r\n")
    badge.say(b"[  2.000] WARN pmic: later\r\n", after=len("print(12345)\r\n12"))
    port.write(b"print(12345)\r")
    assert port.until(PROMPT) == b"print(12345)\r\n12[  2.000] WARN pmic: later\r\n345\r\n>>> "


def test_a_stalled_badge_goes_on(badge: Badge, port: Port) -> None:
    badge.stall()
    port.write(b"print(7)\r")
    port.timeout = 0.1
    assert port.read(1) == b""
    badge.go_on()
    port.timeout = WITHIN
    port.until(b"7\r\n>>> ")


def test_a_stalled_badge_takes_no_more_at_last(badge: Badge, port: Port) -> None:
    badge.stall()
    port.write_timeout = 0.1
    with pytest.raises(serial.SerialTimeoutException):
        port.write(b"#" * (1 << 17))


def test_a_mute_badge_listens_until_it_is_reset(badge: Badge, port: Port) -> None:
    badge.mute()
    port.write(b"print(7)\r")
    until(lambda: badge.shown.endswith(b"7\r\n>>> "), "that it has answered")
    assert port.in_waiting == 0
    badge.reset()
    with Port(badge) as again:
        again.prompt()


def test_the_soft_reset_in_the_middle_of_an_answer(badge: Badge, port: Port) -> None:
    badge.soft_reset(after=len("print(12345)\r\n12"))
    port.write(b"print(12345)\r")
    answer = port.until(PROMPT)
    assert answer.startswith(b"print(12345)\r\n12")
    assert b"Pycardium" in answer


def test_the_port_left_in_raw_repl(badge: Badge) -> None:
    badge.leave_in_raw_repl()
    with Port(badge) as port:
        port.write(b"print(7)\x04")
        assert port.until(b"\x04>").endswith(b"OK7\r\n\x04\x04>")
    assert not badge.at_prompt()


def test_unplugged_while_it_is_read(badge: Badge, port: Port) -> None:
    unplugging = Thread(target=badge.unplug)
    unplugging.start()
    with pytest.raises(serial.SerialException):
        port.read(1)
    unplugging.join()
    with pytest.raises(OSError, match="Errno 5"):
        assert port.in_waiting
    with pytest.raises(serial.SerialException):
        port.write(b"x")
    with pytest.raises(termios.error):
        port.reset_input_buffer()
    with pytest.raises(serial.SerialException) as gone:
        Port(badge)
    assert gone.value.errno == errno.ENOENT
    badge.replug()
    with Port(badge) as again:
        again.write(b"print(7)\r")
        again.until(b"7\r\n>>> ")


@pytest.mark.parametrize("number", [1, 9, 14])
def test_unplugged_after_so_many_bytes_were_read(badge: Badge, port: Port, number: int) -> None:
    badge.unplug(after_read=number)
    port.write(b"print(12345)\r")
    until(lambda: port.in_waiting == number, "so many bytes")
    assert badge.plugged
    said = port.read(number)
    with pytest.raises(serial.SerialException):
        port.read(1)
    assert said == b"print(12345)\r\n12345"[:number]
    assert not badge.plugged


@pytest.mark.parametrize("number", [1, 9, 12])
def test_unplugged_after_so_many_bytes_were_written(badge: Badge, port: Port, number: int) -> None:
    badge.unplug(after_written=number)
    port.write(b"print(12345)\r")
    until(lambda: not badge.plugged, "that it was unplugged")
    assert badge.typed == b"print(6 * 7)\r" + b"print(12345)\r"[:number]


def test_what_runs_goes_on_while_it_is_unplugged(tmp_path: Path) -> None:
    with Badge(tmp_path / "badge", app=TICKING) as badge:
        badge.unplug()
        until(lambda: b"tick 2\r\n" in badge.shown, "that it ticks on")
        badge.replug()
        with Port(badge) as port:
            port.until(b"tick 4\r\n")
        assert badge.shown.count(b"Loading") == 1


def test_a_reset_badge_has_a_new_port(tmp_path: Path) -> None:
    with Badge(tmp_path / "badge", app=TICKING) as badge, Port(badge) as port:
        badge.reset()
        with pytest.raises(serial.SerialException):
            port.until(b"never")
        with Port(badge) as again:
            assert b"Loading" in again.until(b"tick 1\r\n")


def test_nobody_else_can_open_what_one_holds(badge: Badge) -> None:
    with Port(badge), pytest.raises(serial.SerialException) as busy:
        Port(badge)
    assert busy.value.errno == errno.EAGAIN


def _opened_by_nobody(badge: Badge) -> str:
    """The error that another user gets."""
    code = "import os, sys\ntry: os.open(sys.argv[1], os.O_RDWR)\nexcept OSError as no: print(no.errno)"
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    command = [*become, "/usr/bin/python3", "-c", code, badge.tty]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=WITHIN).stdout.strip()


def test_another_program_holds_it(badge: Badge) -> None:
    with held(badge.path, "flock"):
        with pytest.raises(serial.SerialException) as busy:
            Port(badge)
        assert busy.value.errno == errno.EAGAIN
    Port(badge).close()


def test_another_program_holds_it_as_modem_managers_do(badge: Badge) -> None:
    badge.belongs_to(NOBODY)
    assert _opened_by_nobody(badge) == ""
    with held(badge.path, "tiocexcl"):
        assert _opened_by_nobody(badge) == str(errno.EBUSY)
    assert _opened_by_nobody(badge) == ""


def test_who_may_not_open_it(badge: Badge) -> None:
    badge.belongs_to(0)
    assert _opened_by_nobody(badge) == str(errno.EACCES)
    badge.belongs_to(NOBODY)
    assert _opened_by_nobody(badge) == ""
    badge.unplug()
    badge.replug()
    assert _opened_by_nobody(badge) == "", "it belongs to somebody else when it comes back"


def test_nothing_is_left(tmp_path: Path) -> None:
    before = set(os.listdir("/proc/self/fd"))
    with Badge(tmp_path / "badge", V1_17_BREATH, app=TICKING) as badge:
        first = badge.pid
        badge.reset()
        second = badge.pid
    assert set(os.listdir("/proc/self/fd")) == before
    assert not any(Path(f"/proc/{pid}").exists() for pid in (first, second))
