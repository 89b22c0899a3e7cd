#!/usr/bin/env python3
"""What it costs to read a badge: tests/bench/card10.py [--seconds N] [--readings N]

The badge is played by a real MicroPython; the processor time is the program's own, all threads, while nobody scrapes
it. First it asks each second, then the badge runs an app that is interrupted for each reading and started again, then
an app prints a reading twenty times a second; then there is nothing to do but wait for the badge, and for a badge.
Then the same badge is asked without the program, one reading after the other. Memory is resident memory.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[2] / ".src"))

from motes.exporters.card10_bme680.repl import Repl
from motes.exporters.card10_bme680.serial_port import SerialPort

from tests.bench.support.exporter import cpu, memory
from tests.support.badge.badge import SILENT, Badge
from tests.support.card10 import Card10
from tests.support.namespaces import until

MIB = 2**20
PRINTING = """import utime
while True:
    print("temperature=21.5 humidity=45.25 pressure=1003.125 gas_resistance=123456.0")
    utime.sleep(0.05)
"""


class Measurement:
    """A badge and the program that reads it, in a folder of their own; `app` is what the badge runs."""

    def __init__(self, folder: Path, seconds: float, *flags: str, app: str = "") -> None:
        folder.mkdir()
        self._folder = folder
        self._seconds = seconds
        self._flags = flags
        self._app = app

    def each(self) -> str:
        """What a reading costs."""
        with Badge(self._folder / "badge", app=self._app) as badge, self._program(badge) as program:
            until(lambda: program.readings() >= 2, "two readings", program.log)
            before = program.readings()
            used = self._used(program)
            readings = program.readings() - before
            size = memory(program.process.pid) / MIB
            return f"{used / readings * 1e3:.2f} ms each, {readings:.0f} of them, {size:.1f} MiB"

    def idle(self, *, gone: bool) -> str:
        """What it costs to wait until it is time, or for a badge that is gone."""
        with Badge(self._folder / "badge") as badge, self._program(badge) as program:
            until(program.readings, "a reading", program.log)
            if gone:
                badge.unplug()
                until(program.problem, "that it is gone", program.log)
            return f"{self._used(program) / self._seconds * 1e3:.3f} ms a second"

    def _program(self, badge: Badge) -> Card10:
        return Card10(self._folder / "log", f"--serial.device={badge.path}", *self._flags)

    def _used(self, program: Card10) -> float:
        before = cpu(program.process.pid)
        time.sleep(self._seconds)
        return cpu(program.process.pid) - before


def measure_program(seconds: float, folder: Path) -> None:
    asked = "--serial.interval=1s"
    rarely = "--serial.interval=1h"
    print("reading     ", Measurement(folder / "reading", seconds, asked).each())
    restarted = Measurement(folder / "app", seconds, asked, "--serial.restart-app", app=SILENT)
    print("app         ", restarted.each())
    lines = Measurement(folder / "line", seconds, "--serial.mode=lines", app=PRINTING)
    print("line        ", lines.each())
    print("idle        ", Measurement(folder / "idle", seconds, rarely).idle(gone=False))
    print("gone        ", Measurement(folder / "gone", seconds, rarely).idle(gone=True))


def measure_asking(readings: int, folder: Path) -> None:
    """Without the program: this thread's time, for the badge's are others."""
    with Badge(folder / "asking") as badge, SerialPort(str(badge.path)) as port:
        repl = Repl()
        repl.attach(port)
        repl.ask()
        began, used = time.monotonic(), time.thread_time()
        for _ in range(readings):
            repl.ask()
        used, taken = time.thread_time() - used, time.monotonic() - began
    print(f"asking       {used / readings * 1e3:.2f} ms each, {taken / readings * 1e3:.1f} until it is there")


def measure_memory(folder: Path) -> None:
    """Without a badge, where pyserial is not needed."""
    with Card10(folder / "nothing.log", f"--serial.device={folder}/nothing") as program:
        until(program.problem, "that there is no badge", program.log)
        print(f"memory       {memory(program.process.pid) / MIB:.1f} MiB without a badge")


def main(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20, help="how long each is measured")
    parser.add_argument("--readings", type=int, default=500, help="how many are asked for without the program")
    told = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as name:
        measure_program(told.seconds, Path(name))
        measure_memory(Path(name))
        measure_asking(told.readings, Path(name))


if __name__ == "__main__":
    main(sys.argv[1:])
