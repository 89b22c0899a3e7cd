"""A serial port, held by nobody else: bytes there and back, each within a time.

pyserial finds out how to set a port up and lock it. Bytes go by its descriptor: pyserial's own calls each raise in
their way (SerialException, OSError, termios.error), and its write asks again and again when the port takes nothing.

Source: tty_ioctl(4) for TIOCEXCL, by which nobody else can open it; flock(2), by which programs with pyserial ask.
Errors: Failure, whatever is wrong; Stopped once `wake` was called. A port that was lost is lost: open another.
"""

import errno
import fcntl
import os
import select
import termios
from _thread import allocate_lock
from importlib import invalidate_caches

from motes.exporters.card10_bme680.problems import Failure, Stopped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from serial import Serial

_BAUD = 115200
_MOST = 4096
# Seconds that the port may take nothing for.
_WRITING = 1.0
_REASONS = {
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    errno.EBUSY: "busy",
    errno.EAGAIN: "busy",
    # It went while it was opened.
    errno.ENOENT: "disconnected",
    errno.ENODEV: "disconnected",
    errno.ENXIO: "disconnected",
    errno.EIO: "disconnected",
}


class SerialPort:
    """Open from the start, until the `with` ends. `wake` alone is for another thread."""

    def __init__(self, path: str) -> None:
        self._serial = _opened(path)
        self._fd: int = self._serial.fileno()
        self._stopped = os.eventfd(0)
        self._lock = allocate_lock()
        self._stuck = False
        self._input = select.poll()
        self._input.register(self._fd, select.POLLIN)
        self._input.register(self._stopped, select.POLLIN)
        self._output = select.poll()
        self._output.register(self._fd, select.POLLOUT)
        self._output.register(self._stopped, select.POLLIN)

    def __enter__(self) -> "Self":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: "TracebackType | None"
    ) -> None:
        with self._lock:
            os.close(self._stopped)
            self._stopped = -1
        _close(self._serial, stuck=self._stuck)

    def wake(self) -> None:
        """Have all that waits, and will wait, raise Stopped."""
        with self._lock:
            if self._stopped >= 0:
                os.eventfd_write(self._stopped, 1)

    def read(self, seconds: float) -> bytes:
        """What there is as soon as there is something; nothing after so long."""
        if not self._wait(self._input, seconds):
            return b""
        try:
            data = os.read(self._fd, _MOST)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise Failure("disconnected", error) from error
        if not data:
            raise Failure("disconnected", "the port has hung up")
        return data

    def write(self, data: bytes) -> None:
        while data:
            if not self._wait(self._output, _WRITING):
                self._stuck = True
                raise Failure("no_answer", "it takes no input")
            try:
                data = data[os.write(self._fd, data) :]
            except BlockingIOError:
                self.pause(0.01)
            except OSError as error:
                raise Failure("disconnected", error) from error

    def pause(self, seconds: float) -> None:
        waiting = select.poll()
        waiting.register(self._stopped, select.POLLIN)
        self._wait(waiting, seconds)

    def flush(self) -> None:
        """Forget what was said so far."""
        while self.read(0):
            pass

    def last(self, data: bytes) -> None:
        """Written if that can be done at once, after `wake` too."""
        try:
            os.write(self._fd, data)
        except OSError:
            pass

    def _wait(self, waiting: select.poll, seconds: float) -> bool:
        """Whether the port is ready before so many seconds are over."""
        # Rounded up, for else it would be asked again and again in the last millisecond.
        ready = waiting.poll(None if seconds == float("inf") else int(seconds * 1000) + (seconds > 0))
        if any(each == self._stopped for each, _ in ready):
            raise Stopped
        return bool(ready)


def pyserial() -> "type[Serial]":
    """What opens ports, which comes with an extra."""
    try:
        from serial import Serial  # noqa: PLC0415 - a megabyte, for who has it
    except ImportError as error:
        # Once it is installed, it is to be found.
        invalidate_caches()
        raise Failure("no_pyserial", error) from error
    return Serial


def _opened(path: str) -> "Serial":
    open_serial = pyserial()
    try:
        opened = open_serial(path, _BAUD, timeout=0, exclusive=True)
        fcntl.ioctl(opened.fileno(), termios.TIOCEXCL)
    except (OSError, termios.error) as error:
        raise Failure(_REASONS.get(_number(error) or 0, "failed"), error) from error
    return opened


def _number(error: BaseException | None) -> int | None:
    """The errno, which pyserial hides in what its error was made of, and termios.error in its arguments."""
    if error is None:
        return None
    number = error.errno if isinstance(error, OSError) else error.args[0] if error.args else None
    return number if isinstance(number, int) else _number(error.__context__)


def _close(opened: "Serial", *, stuck: bool) -> None:
    fd = opened.fileno()
    try:
        fcntl.ioctl(fd, termios.TIOCNXCL)
        if stuck:
            # Closing would wait for the badge to take it, for half a minute.
            termios.tcflush(fd, termios.TCOFLUSH)
    except (OSError, termios.error):
        pass
    try:
        opened.close()
    except OSError:
        pass
