"""MicroPython as it runs on the badge: its unix port, on pipes, which like the badge's queue lose nothing.

Ctrl-C is a byte in that queue, as on the badge, and an interrupt besides where code runs: MicroPython handles SIGINT
then, and only then. When the process ends, which is what a soft reset is to it, another reads on from the queue.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.badge.firmware import Firmware

_MODULES = Path(__file__).parent / "modules"
_MICROPYTHON = Path(sys.executable).with_name("micropython")
_ENOUGH = 4096

# As the firmware has it, Ctrl-C interrupts the app, and nothing of what comes before and after it.
_BOOT = """import sys
from micropython import kbd_intr
kbd_intr(-1)
HEADER = {header!r}
APP = {app!r}
if APP:
    print(HEADER + "  Loading main.py ...")
    try:
        kbd_intr(3)
        exec(APP, {{"__name__": "__main__"}})
    except BaseException as error:
        kbd_intr(-1)
        sys.print_exception(error)
    kbd_intr(-1)
print(HEADER, end="")
"""


class Interpreter:
    """`output` is what to read; `folder` the badge's files. Each method belongs to one and the same thread."""

    def __init__(self, folder: Path, firmware: Firmware, app: str, measured: Path) -> None:
        self._boot = folder / "boot.py"
        self._boot.write_text(_BOOT.format(header=firmware.header, app=app))
        path = ":".join(str(_MODULES / name) for name in (firmware.modules, "common"))
        self._environment = {"MICROPYPATH": f"{path}:.frozen", "MEASURED": str(measured)}
        self._read, self._write = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._write, False)
        self._start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def output(self) -> int:
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    @property
    def runs(self) -> bool:
        """Whether code runs that Ctrl-C can interrupt. Until something was said, it is Python that starts."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
        return self._said and bool(int(caught.split()[1], 16) & 1 << (signal.SIGINT - 1))

    def read(self) -> bytes:
        """Some of what it says; nothing when it has ended."""
        said = os.read(self.output, _ENOUGH)
        self._said |= bool(said)
        return said

    def feed(self, keys: bytes) -> None:
        """What does not fit into the queue any more is lost. Ctrl-C interrupts when it comes, not when it is read."""
        before, *others = keys.split(b"\x03")
        self._queue(before)
        for other in others:
            self._interrupt()
            self._queue(b"\x03" + other)

    def restart(self) -> None:
        """A soft reset: once it has ended, or at once."""
        assert self._said, "MicroPython ended before it said anything"
        self._end()
        self._start()

    def reset(self) -> None:
        """As if switched off and on: what was typed is forgotten, too."""
        self._end()
        os.set_blocking(self._read, False)
        try:
            while os.read(self._read, _ENOUGH):
                pass
        except BlockingIOError:
            os.set_blocking(self._read, True)
        self._start()

    def close(self) -> None:
        self._end()
        os.close(self._read)
        os.close(self._write)

    def _start(self) -> None:
        self._said = False
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", _MICROPYTHON, "-i", self._boot],
            cwd=self._boot.parent,
            stdin=self._read,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self._environment},
        )

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _queue(self, keys: bytes) -> None:
        try:
            os.write(self._write, keys)
        except BlockingIOError:
            pass

    def _interrupt(self) -> None:
        """SIGINT where code runs. The process stands still meanwhile, or it might be at its end when the signal comes,
        which would kill it."""
        os.kill(self.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        if self.runs:
            os.kill(self.pid, signal.SIGINT)
        os.kill(self.pid, signal.SIGCONT)
