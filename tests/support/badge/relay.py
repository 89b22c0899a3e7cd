"""Between a pty, which is the badge's USB serial port, and the MicroPython on it; in a thread of its own.

Two ptys would be one too many: MicroPython is on pipes, so that it and who opens the port share no settings.
"""

import os
import pty
import select
import tty
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from time import monotonic, sleep

from tests.support.badge.interpreter import Interpreter
from tests.support.namespaces import WITHIN

_ENOUGH = 4096
_REMEMBERED = 1 << 16
_TICK = 0.05
# Seconds that who has the port open may take to read what was there before it is torn away.
_READ_WITHIN = 5.0


class Relay(Thread):
    """What is public is for this thread alone, but for `call`, `end`, and what only tells."""

    def __init__(self, interpreter: Interpreter, raw: bool) -> None:
        super().__init__(daemon=True)
        self.shown = bytearray()
        self.typed = bytearray()
        self.stalled = self.muted = False
        self._interpreter = interpreter
        self._raw = raw
        self._master = self._slave = -1
        self._out = bytearray()
        self._cr = False
        self._after_out: tuple[int, Callable[[], None]] | None = None
        self._after_in: tuple[int, Callable[[], None]] | None = None
        self._calls: deque[tuple[Callable[[], None], Future[None]]] = deque()
        self._bell, self._ring = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._ending = False

    @property
    def plugged(self) -> bool:
        return self._master >= 0

    def call(self, act: Callable[[], None]) -> None:
        """Have this done in the relay's thread, from another one, and wait until it is."""
        assert self.is_alive(), "the badge's thread has ended"
        done: Future[None] = Future()
        self._calls.append((act, done))
        os.write(self._ring, b"!")
        done.result(WITHIN)

    def end(self) -> None:
        self.call(self._end)
        self.join(WITHIN)

    def open(self) -> str:
        """A new port; its path."""
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._out.clear()
        return os.ttyname(self._slave)

    def hang_up(self) -> None:
        """Who has the port open finds it gone, with all that was not read."""
        master, slave, self._master, self._slave = self._master, self._slave, -1, -1
        self._after_out = self._after_in = None
        os.close(slave)
        os.close(master)

    def say(self, noise: bytes) -> None:
        """Between what is there to be read and what follows."""
        self._out += noise

    def after_out(self, number: int, act: Callable[[], None]) -> None:
        """Once so many more bytes have passed to who reads, and no more."""
        self._after_out = number, act

    def after_in(self, number: int, act: Callable[[], None]) -> None:
        """Once so many more bytes have come from who writes; what else comes with them is lost."""
        self._after_in = number, act

    def interject(self, noise: bytes) -> None:
        """Before what waits to be read."""
        self._out[:0] = noise

    def forget(self) -> None:
        """What was said, and has not passed."""
        self._out.clear()

    def wait_until_read(self) -> None:
        give_up = monotonic() + _READ_WITHIN
        while self._unread() and monotonic() < give_up:
            sleep(0.001)

    def run(self) -> None:
        while not self._ending:
            readable = [self._bell] if self.stalled else [self._bell, self._interpreter.output]
            if self.plugged and not self.stalled:
                readable.append(self._master)
            writable = [self._master] if self.plugged and self._out and not self.stalled else []
            ready, room, _ = select.select(readable, writable, [], _TICK)
            self._pass(ready, bool(room))
            self._answer_calls()
        os.close(self._bell)

    def _pass(self, ready: list[int], room: bool) -> None:
        # In this order: what is typed, or taken, may be the moment for another interpreter, or another port.
        if self._interpreter.output in ready:
            self._show(self._interpreter.read())
        if self._master in ready:
            self._take(os.read(self._master, _ENOUGH))
        if room and self.plugged:
            self._give()

    def _take(self, keys: bytes) -> None:
        """What was typed at the badge."""
        act = None
        if self._after_in and self._after_in[0] <= len(keys):
            number, act = self._after_in
            keys, self._after_in = keys[:number], None
        elif self._after_in:
            self._after_in = self._after_in[0] - len(keys), self._after_in[1]
        self.typed += keys
        del self.typed[:-_REMEMBERED]
        self._interpreter.feed(keys if self._raw else keys.replace(b"\x01", b"\x04"))
        if act:
            act()

    def _show(self, said: bytes) -> None:
        """What MicroPython says, with the ends of lines that a terminal needs."""
        if not said:
            self._interpreter.restart()
            return
        said = self._with_returns(said)
        self.shown += said
        del self.shown[:-_REMEMBERED]
        if not self.muted:
            self._out += said
            del self._out[_REMEMBERED:]

    def _with_returns(self, said: bytes) -> bytes:
        made = bytearray()
        for byte in said:
            if byte == 10 and not self._cr:
                made.append(13)
            made.append(byte)
            self._cr = byte == 13
        return bytes(made)

    def _give(self) -> None:
        limit = self._after_out[0] if self._after_out else _ENOUGH
        try:
            given = os.write(self._master, self._out[:limit])
        except BlockingIOError:
            return
        del self._out[:given]
        if self._after_out:
            left, act = self._after_out[0] - given, self._after_out[1]
            self._after_out = (left, act) if left else None
            if not left:
                act()

    def _unread(self) -> bool:
        # To poll is to wait for what is on its way through the kernel: see n_tty_poll in its sources.
        return bool(select.select([self._slave], [], [], 0)[0])

    def _answer_calls(self) -> None:
        try:
            os.read(self._bell, _ENOUGH)
        except BlockingIOError:
            return
        while self._calls:
            act, done = self._calls.popleft()
            try:
                act()
            except BaseException as error:
                done.set_exception(error)
            else:
                done.set_result(None)

    def _end(self) -> None:
        self._ending = True
        if self.plugged:
            self.hang_up()
        self._interpreter.close()
        os.close(self._ring)
