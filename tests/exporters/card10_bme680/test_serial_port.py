"""A port on a pty: what goes over it, and all that may go wrong with it."""

import errno
import fcntl
import os
import pty
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from motes.exporters.card10_bme680.problems import Failure, Stopped
from motes.exporters.card10_bme680.serial_port import SerialPort

from tests.support.namespaces import WITHIN


class Pty:
    """Its master, and the path of what is opened; nothing is echoed."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        self.path = os.ttyname(self.slave)

    def hang_up(self) -> None:
        os.close(self.slave)
        os.close(self.master)
        self.master = -1


@pytest.fixture
def line() -> Iterator[Pty]:
    made = Pty()
    yield made
    if made.master >= 0:
        made.hang_up()


@pytest.fixture
def port(line: Pty) -> Iterator[SerialPort]:
    with SerialPort(line.path) as opened:
        yield opened


def reason(path: str) -> str:
    with pytest.raises(Failure) as raised:
        SerialPort(path)
    return raised.value.reason


def test_octets_pass_as_they_are(line: Pty, port: SerialPort) -> None:
    every = bytes(range(256))
    port.write(every)
    assert os.read(line.master, 512) == every
    os.write(line.master, every)
    assert port.read(WITHIN) == every


def test_silence(port: SerialPort) -> None:
    assert port.read(0) == b""
    assert port.read(0.01) == b""


def test_flush(line: Pty, port: SerialPort) -> None:
    os.write(line.master, b"x" * 3000)
    port.flush()
    assert port.read(0) == b""


def test_a_port_that_hangs_up(line: Pty, port: SerialPort) -> None:
    line.hang_up()
    for act in (lambda: port.read(WITHIN), lambda: port.write(b"x"), port.flush):
        with pytest.raises(Failure) as raised:
            act()
        assert raised.value.reason == "disconnected"
    port.last(b"x")


def test_a_port_that_takes_nothing(port: SerialPort) -> None:
    with pytest.raises(Failure) as raised:
        port.write(b"x" * 100_000)
    assert raised.value.reason == "no_answer"


def test_whoever_waits_is_woken(port: SerialPort) -> None:
    waking = Thread(target=port.wake)
    waking.start()
    with pytest.raises(Stopped):
        port.read(float("inf"))
    waking.join()
    for act in (lambda: port.write(b"x"), lambda: port.pause(WITHIN), lambda: port.read(0)):
        with pytest.raises(Stopped):
            act()


def test_what_is_last_is_written_even_then(line: Pty, port: SerialPort) -> None:
    port.wake()
    port.last(b"\x02")
    assert os.read(line.master, 10) == b"\x02"


def test_woken_too_late(line: Pty) -> None:
    with SerialPort(line.path) as port:
        pass
    port.wake()


def test_what_it_holds_is_given_back(line: Pty) -> None:
    before = sorted(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with SerialPort(line.path) as port:
            port.write(b"x")
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_nobody_else_may_open_it(line: Pty, port: SerialPort) -> None:
    assert reason(line.path) == "busy"
    assert not others_open(line.path)


def others_open(path: str) -> bool:
    """Whether who asks for no lock can; root can always, with all that it may."""
    code = "import os, sys; os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)"
    command = ["setpriv", "--bounding-set=-sys_admin", sys.executable, "-c", code, path]
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False, timeout=WITHIN).returncode == 0


def test_another_program_holds_it(line: Pty) -> None:
    fcntl.flock(line.slave, fcntl.LOCK_EX)
    assert reason(line.path) == "busy"


def test_it_can_be_opened_again(line: Pty) -> None:
    for _ in range(2):
        with SerialPort(line.path):
            pass
    assert others_open(line.path)


def test_what_is_no_port(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert reason(str(file)) == "failed"
    assert reason(str(tmp_path)) == "failed"
    assert reason("/dev/null") == "failed"
    assert reason(str(tmp_path / "missing")) == "disconnected"


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (PermissionError(errno.EACCES, "no"), "denied"),
        (OSError(errno.EBUSY, "held"), "busy"),
        (OSError(errno.EIO, "gone"), "disconnected"),
        (termios.error(errno.EIO, "gone"), "disconnected"),
        (termios.error(errno.ENOTTY, "no terminal"), "failed"),
    ],
)
def test_errors_of_an_open(monkeypatch: pytest.MonkeyPatch, line: Pty, error: Exception, wanted: str) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(termios, "tcsetattr", refuse)
    assert reason(line.path) == wanted


def test_without_pyserial(monkeypatch: pytest.MonkeyPatch, line: Pty) -> None:
    monkeypatch.setitem(sys.modules, "serial", None)
    assert reason(line.path) == "no_pyserial"
