"""The badge's REPL: how it is entered, asked, and left as it was.

From firmware 1.9 on there is a raw REPL (Ctrl-A), before that only the friendly one with its echo. A badge at its
prompt, in either, is asked at once; what else runs on it is interrupted (Ctrl-C), and stays ended until a soft reset
(Ctrl-D) starts it again. What is typed while an app runs waits for the REPL, so that is never Ctrl-A: before 1.9, it is
a soft reset, too, and Ctrl-B, which tells the version, does no harm anywhere.

Source: MicroPython's documentation of its REPL; the badge's firmware, which loses input that comes faster.
Errors: Failure no_answer, rebooted, garbled and those of question.py.
"""

from collections.abc import Callable
from time import monotonic

from motes.exporters.card10_bme680.problems import Failure
from motes.exporters.card10_bme680.question import Question

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Port(Protocol):
        """What bytes go over. All but `last` raise Failure where it is gone, and Stopped."""

        def write(self, data: bytes) -> None: ...
        def read(self, seconds: float) -> bytes: ...
        def pause(self, seconds: float) -> None: ...
        def flush(self) -> None: ...
        def last(self, data: bytes) -> None: ...


RAW, FRIENDLY, INTERRUPT, RESET = b"\x01", b"\x02", b"\x03", b"\x04"
_BANNER = b"raw REPL; CTRL-B to exit"
_PROMPT = b">>> "
# Said by firmware that starts, with its version; by MicroPython at Ctrl-B, too.
_STARTS, _VERSION = b"Pycardium\r\n", b"Pycardium\r\n Version: "
_MICROPYTHON = b"MicroPython "
_LONGEST_VERSION = 60

# The badge takes so many bytes at a time, and time to take them.
_CHUNK, _PAUSE = 256, 0.01
# What is looked for is in so much that was said last.
_REMEMBERED = 8192
# Seconds: until a prompt is there if it will be, until an app has ended, until the sensor has been read.
_SOON, _ENDING, _READING = 0.4, 1.0, 5.0
# So many times without a raw REPL, and the badge has none.
_TRIES = 2


class Repl:
    """Of one badge, through all the ports that it has had.

    `firmware` is what the badge has told of it; `ended_app` whether an app was interrupted and not started again.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.firmware = ""
        self.ended_app = False
        self._clock = clock
        self._heard = b""
        # How often to try for a raw REPL.
        self._tries = _TRIES
        # An app was started: there is no use in asking first.
        self._runs_app = False
        # What takes the badge back to its prompt, or on with its app, from where it may be now.
        self._way_out = b""

    def attach(self, port: "Port") -> None:
        """Go on over a port that was just opened."""
        self._port = port
        self._runs_app = False
        self._way_out = b""

    def ask(self) -> dict[str, float]:
        """One reading, by the badge's names."""
        question = Question()
        try:
            if self._enter():
                self._send(question.code + RESET)
                told = self._answer(question, b"OK", _over_raw)
            else:
                self._send(question.line)
                told = self._answer(question, question.nonce, _over_friendly)
        except Failure as failure:
            if failure.reason == "rebooted":
                self._way_out, self.ended_app = b"", False
            self._leave(hanging=failure.reason == "no_answer")
            raise
        self._leave(hanging=False)
        return told

    def restart(self) -> None:
        """Start the app that was ended."""
        self._port.write(RESET)
        self.ended_app = False
        self._runs_app = True

    def abandon(self, *, restart: bool) -> None:
        """At the end of the program, when nothing can be waited for."""
        self._port.last(self._way_out + (RESET if restart and self.ended_app else b""))

    def _enter(self) -> bool:
        """Whether it is the raw REPL that was entered."""
        self._port.flush()
        self._await_prompt()
        while self._tries:
            self._way_out = FRIENDLY
            self._port.write(RAW)
            if self._await(_BANNER, _SOON):
                self._tries = _TRIES
                return True
            self._note_version()
            self._tries = 0 if _STARTS in self._heard else self._tries - 1
            self._await_prompt()
        return False

    def _await_prompt(self) -> None:
        """The friendly prompt, whatever has to be left or ended for it; not one that was there before."""
        self._heard = b""
        if not self._runs_app:
            # Behind what may have been begun in a raw REPL, or in a friendly one.
            self._port.write(b"\r" + FRIENDLY)
            if self._await(_PROMPT, _SOON):
                return
        for _ in range(2):
            self._port.write(INTERRUPT)
            if self._await(_PROMPT, _ENDING):
                self.ended_app, self._runs_app = True, False
                return
        raise Failure("no_answer", "it does not answer, and cannot be interrupted")

    def _await(self, wanted: bytes, within: float) -> bool:
        until = self._clock() + within
        while wanted not in self._heard:
            if not self._hear(until):
                return False
        self._note_version()
        self._heard = self._heard.partition(wanted)[2]
        return True

    def _hear(self, until: float) -> bool:
        """Whether something was said until then."""
        left = until - self._clock()
        more = self._port.read(left) if left > 0 else b""
        self._heard = (self._heard + more)[-_REMEMBERED:]
        return bool(more)

    def _send(self, data: bytes) -> None:
        self._heard = b""
        self._way_out = INTERRUPT + FRIENDLY
        for at in range(0, len(data), _CHUNK):
            if at:
                self._port.pause(_PAUSE)
            self._port.write(data[at : at + _CHUNK])

    def _answer(self, question: Question, begins: bytes, over: Callable[[bytes], bool]) -> dict[str, float]:
        """What was asked for; `begins` is what the badge says before it, `over` whether it says no more."""
        until = self._clock() + _READING
        while (told := question.answer(self._heard)) is None:
            said = self._heard.partition(begins)[2]
            if _STARTS in self._heard or _MICROPYTHON in said:
                raise Failure("rebooted")
            if over(said):
                raise Failure("garbled", "no answer is left of it")
            if not self._hear(until):
                raise Failure("no_answer", "it has not answered in time")
        return told

    def _leave(self, *, hanging: bool) -> None:
        """To the friendly prompt."""
        if self._way_out and not hanging:
            self._port.write(FRIENDLY)
            if self._await(_PROMPT, _SOON):
                self._way_out = b""
        if self._way_out:
            self._port.write(INTERRUPT + FRIENDLY)
            self._await(_PROMPT, _SOON)
        self._way_out = b""

    def _note_version(self) -> None:
        """The badge's own where it has told that, for it tells it only when it starts."""
        version = _between(self._heard, _VERSION, b"\r")
        if version:
            self.firmware = version
        elif not self.firmware and (version := _between(self._heard, _MICROPYTHON, b" on ")):
            self.firmware = f"MicroPython {version}"


def _between(said: bytes, before: bytes, after: bytes) -> str:
    found, ended, _ = said.partition(before)[2].partition(after)
    return found.decode("ascii", "replace") if ended and len(found) <= _LONGEST_VERSION else ""


def _over_raw(said: bytes) -> bool:
    """Output and errors end with a Ctrl-D each."""
    return said.count(b"\x04") > 1


def _over_friendly(said: bytes) -> bool:
    return _PROMPT in said
