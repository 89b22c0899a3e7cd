"""One badge, in a thread of its own: read as often as is wanted, through whatever happens to it.

Between readings the port stays open, and what the badge says is read and forgotten: a badge whose output nobody takes
locks up, and an open port tells at once when it goes.

Errors: each failure is counted, and logged when it is another than before. A badge that is gone is looked for four
        times a second; what else fails is tried less and less often, and at once when the port is another.
"""

import os
from collections.abc import Callable, Mapping
from time import monotonic, time

from motes.exporters.card10_bme680.lines import Lines
from motes.exporters.card10_bme680.problems import ABSENT, SENSOR, Failure, Stopped
from motes.exporters.card10_bme680.repl import Repl
from motes.exporters.card10_bme680.serial_port import SerialPort
from motes.exporters.card10_bme680.status import Status
from motes.exporters.card10_bme680.values import checked
from motes.shared import log
from motes.shared.backoff import Backoff
from motes.shared.sampler import Sampler

NAME = "card10-bme680"
# Readings hold for so many intervals.
LIVES = 2.5
# Seconds between two looks for what is gone; then, from the first failure to the next attempt, and after many.
_LOOK = 0.25
_SOON, _LATE = 0.25, 30.0
# What was plugged in just now gets its permissions from udev in so many seconds.
_UDEV = 2.0
# How often a mutilated answer is asked for again, and how long what is not wanted may gather.
_ATTEMPTS = 3
_GATHERING = 0.1


class Badge:
    """`locate` gives its device file, or a Failure where there is none; `put` takes readings with their time to live.

    `mode` is repl, where it is asked each `interval` and an app that it ran is started again with `restart_app`, or
    lines, where it is only listened to.
    """

    def __init__(
        self,
        status: Status,
        locate: Callable[[], str],
        put: Callable[[bytes, Mapping[str, float], float], None],
        *,
        mode: str,
        interval: float,
        restart_app: bool,
    ) -> None:
        self.status = status
        self.sampler = Sampler(NAME, self._work, self._interrupt)
        self._locate = locate
        self._put = put
        self._converse = self._listen if mode == "lines" else self._ask
        self._interval = interval
        self._restart_app = restart_app
        self._backoff = Backoff(_SOON, _LATE)
        self._port: SerialPort | None = None
        self._changed = 0.0
        self._repl = Repl()

    def _interrupt(self) -> None:
        """Called by another thread."""
        port = self._port
        if port is not None:
            port.wake()

    def _work(self, sampler: Sampler) -> None:
        while not sampler.stopping:
            before = self._identity()
            try:
                self._read(sampler)
            except Stopped:
                return
            except Failure as failure:
                if failure.reason != "denied" or time() - self._changed > _UDEV:
                    self.status.fails(failure)
                self._wait(sampler, before, float("inf") if failure.reason in ABSENT else self._backoff.next())

    def _wait(self, sampler: Sampler, before: object, seconds: float) -> None:
        """Until they are over, or what is at the port is something else."""
        until = monotonic() + seconds
        while (left := until - monotonic()) > 0 and sampler.sleep(min(_LOOK, left)):
            if self._identity() != before:
                return

    def _identity(self) -> object:
        """Of what is at the port now; its permissions count, too."""
        try:
            found = os.stat(self._locate())
        except Failure as failure:
            return failure.reason
        except OSError:
            return ""
        self._changed = found.st_ctime
        return found.st_dev, found.st_ino, found.st_ctime_ns

    def _read(self, sampler: Sampler) -> None:
        """One reading after the other, as long as it goes well."""
        path = self._locate()
        with SerialPort(path) as port:
            self._port = port
            try:
                if not sampler.stopping:
                    self.status.port = os.path.realpath(path)
                    self._converse(port)
            finally:
                self._port = None

    def _ask(self, port: SerialPort) -> None:
        self._repl.attach(port)
        try:
            self._sample(port)
        finally:
            self._repl.abandon(restart=self._restart_app)

    def _sample(self, port: SerialPort) -> None:
        due = monotonic()
        while True:
            try:
                self._take(self._answer(), self._repl.firmware)
            except Failure as failure:
                if failure.reason not in SENSOR:
                    raise
                self.status.fails(failure)
            if self._restart_app and self._repl.ended_app:
                self._repl.restart()
            due = max(due + self._interval, monotonic())
            while (left := due - monotonic()) > 0:
                if port.read(left):
                    port.pause(min(_GATHERING, left))

    def _answer(self) -> dict[str, float]:
        """What the badge answers, in base units."""
        for _ in range(_ATTEMPTS - 1):
            try:
                return checked(self._told())
            except Failure as failure:
                if failure.reason != "garbled":
                    raise
                self.status.count(failure)
        return checked(self._told())

    def _told(self) -> dict[str, float]:
        ended = self._repl.ended_app
        try:
            return self._repl.ask()
        finally:
            if self._repl.ended_app and not ended:
                tell = log.debug if self._restart_app else log.info
                tell("app ended", device=self.status.device, starts_again=self._restart_app)

    def _listen(self, port: SerialPort) -> None:
        lines = Lines()
        patience = LIVES * self._interval
        until = monotonic() + patience
        while True:
            for said in lines.feed(port.read(max(0.0, until - monotonic()))):
                try:
                    if isinstance(said, Failure):
                        raise said
                    self._take(checked(said), "")
                    until = monotonic() + patience
                except Failure as failure:
                    self.status.count(failure)
            if monotonic() >= until:
                self.status.fails(Failure("no_answer", f"no reading for {patience:g}s"))
                until = monotonic() + patience

    def _take(self, values: Mapping[str, float], firmware: str) -> None:
        self.status.firmware = firmware or self.status.firmware
        self._backoff.reset()
        self._put(self.status.labels, values, LIVES * self._interval)
        self.status.reads()
