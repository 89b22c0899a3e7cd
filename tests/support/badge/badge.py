"""A card10 badge that is played: a real MicroPython behind a pty, in a USB port of a machine's.

A test says what its sensor measures, what its firmware does, and when it is torn away; the rest is the badge's.
"""

import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.badge.firmware import V1_17, Firmware
from tests.support.badge.interpreter import Interpreter
from tests.support.badge.machine import STORAGE, Machine
from tests.support.badge.relay import Relay
from tests.support.namespaces import until

PROMPT = b">>> "
RAW_PROMPT = b"raw REPL; CTRL-B to exit\r\n>"

# Says so when it starts, and from then on five times a second.
TICKING = """import utime
print("ticking")
number = 0
while True:
    utime.sleep(0.2)
    number += 1
    print("tick", number)
"""

# Runs, and says nothing.
SILENT = """import utime
while True:
    utime.sleep(1)
"""


class Badge:
    """Plugged in, and started, until the `with` ends. With `app`, it runs that whenever it starts."""

    def __init__(
        self, folder: Path, firmware: Firmware = V1_17, *, app: str = "", machine: Machine | None = None, port: str = ""
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.machine = machine or Machine(folder)
        self.port = port or "1-2"
        self.owner: int | None = None
        self._firmware = firmware
        self._measured = folder / "measured"
        self._values: dict[str, object] = {}
        self.measures(temperature=21.5, humidity=45.25, pressure=1003.125, gas_resistance=123456.0)
        self.measures(iaq=57, iaq_accuracy=2, eco2=612.5, breath_voc_equivalent=0.75, error=0, takes=0)
        self._flash = folder / "flash"
        self._flash.mkdir()
        self._interpreter = Interpreter(self._flash, firmware, app, self._measured)
        self._relay = Relay(self._interpreter, firmware.raw)
        self._relay.start()
        try:
            self.replug()
            until(lambda: self.shown, "that the badge starts")
        except BaseException:
            self._relay.end()
            raise

    @property
    def tty(self) -> str:
        """The pty's own name; it is another one after each time that it was unplugged."""
        return os.readlink(self.path)

    @property
    def shown(self) -> bytes:
        """What MicroPython has said, whoever read it; without noise."""
        return bytes(self._relay.shown)

    @property
    def typed(self) -> bytes:
        """What has come from who wrote to it."""
        return bytes(self._relay.typed)

    @property
    def display(self) -> list[str]:
        """The rows of text that it shows."""
        try:
            return (self._flash / "display").read_text().splitlines()
        except FileNotFoundError:
            return []

    @property
    def plugged(self) -> bool:
        return self._relay.plugged

    @property
    def pid(self) -> int:
        """Of the process that MicroPython is; another one after each reset."""
        return self._interpreter.pid

    def at_prompt(self) -> bool:
        """Whether it waits at the friendly prompt."""
        return self.shown.endswith(PROMPT)

    def runs(self) -> bool:
        """Whether it runs code: its app's, or what it was given."""
        running: list[bool] = []
        self._relay.call(lambda: running.append(self._interpreter.runs))
        return running[0]

    def measures(self, **values: float) -> None:
        """From now on; by the names that the firmware has. `error` is an errno to fail with, or 0; a reading `takes`
        so many seconds."""
        self._values.update(values, estimates=self._firmware.estimates)
        new = self._measured.with_suffix(".new")
        new.write_text(repr(self._values))
        new.replace(self._measured)

    def say(self, noise: bytes, *, after: int | None = None) -> None:
        """The firmware's own log, which shares the port: now, or once so many more bytes have passed."""
        if after is None:
            self._relay.call(lambda: self._relay.say(noise))
        else:
            self._relay.call(lambda: self._relay.after_out(after, lambda: self._relay.interject(noise)))

    def feed(self, keys: bytes) -> None:
        """As somebody who had the port open before would have done."""
        self._relay.call(lambda: self._interpreter.feed(keys))

    def leave_in_raw_repl(self) -> None:
        """As a program does that was killed."""
        self.feed(b"\x03\x03\x01")
        until(lambda: self.shown.endswith(RAW_PROMPT), "the raw prompt", self.shown.decode)

    def stall(self) -> None:
        """Nothing passes in either direction, until it is to go on."""
        self._relay.call(lambda: setattr(self._relay, "stalled", True))

    def go_on(self) -> None:
        self._relay.call(lambda: setattr(self._relay, "stalled", False))

    def mute(self) -> None:
        """What it says is lost until it is reset, as when the firmware gives up on a port that nobody reads."""
        self._relay.call(lambda: setattr(self._relay, "muted", True))

    def soft_reset(self, *, after: int | None = None) -> None:
        """MicroPython starts anew, and the app; the port stays. At once, or when so many more bytes have passed."""
        self._now_or_after_out(after, self._soft_reset)

    def reset(self, *, after: int | None = None) -> None:
        """The whole badge starts anew, and is gone from its port for a moment."""
        self._now_or_after_out(after, self._reset)

    def unplug(self, *, after_read: int | None = None, after_written: int | None = None) -> None:
        """Now, or when so many more bytes were read from it, or written to it."""
        if after_written is not None:
            self._relay.call(lambda: self._relay.after_in(after_written, self._unplug))
        else:
            self._now_or_after_out(after_read, self._unplug_once_read if after_read is not None else self._unplug)

    def replug(self) -> None:
        """Its MicroPython has gone on, for it has a battery."""
        self._relay.call(self._plug)

    def to_storage_mode(self) -> None:
        """The same port, and no serial one in it; `replug` is the way back."""
        self.unplug()
        self.machine.attach(self.port, STORAGE)

    def belongs_to(self, user: int) -> None:
        """Who may open the port, but for root: a user by number, and nobody else."""
        self.owner = user
        os.chown(self.tty, user, -1)
        os.chmod(self.tty, 0o600)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self._relay.end()

    def _now_or_after_out(self, after: int | None, act: Callable[[], None]) -> None:
        self._relay.call(act if after is None else lambda: self._relay.after_out(after, act))

    def _plug(self) -> None:
        if self.port in self.machine.ports():
            self.machine.detach(self.port)
        tty = self._relay.open()
        self.path = self.machine.attach_tty(self.port, tty)
        if self.owner is not None:
            self.belongs_to(self.owner)

    def _unplug(self) -> None:
        self.machine.detach(self.port)
        self._relay.hang_up()

    def _unplug_once_read(self) -> None:
        self._relay.wait_until_read()
        self._unplug()

    def _soft_reset(self) -> None:
        self._relay.forget()
        self._interpreter.reset()

    def _reset(self) -> None:
        self._unplug()
        self._relay.muted = False
        self._interpreter.reset()
        self._plug()
