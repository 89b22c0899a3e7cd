"""Session files to numbers, each by a short-lived child process: one at a time in the whole program.

So the memory that a session takes has a limit, and is given back; decode.py is what the child runs.

Errors: Failure with the reason that the child gives, timeout where it takes too long, crashed where it gives none.
"""

import os
import select
import sys
from _thread import allocate_lock
from time import monotonic

from motes.exporters.firefox_tabs import decode
from motes.exporters.firefox_tabs.problems import Failure, Stopped
from motes.exporters.firefox_tabs.session import LONGEST, Session, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from subprocess import Popen

    Child = Popen[bytes]

# How long a child may take, in seconds, and how long the kernel to end it: on a dead mount, it does not.
_PATIENCE = 60.0
_ENDS_WITHIN = 2.0
# How many there may be that do not end.
_MOST_LOST = 4
# How soon, in seconds, a missing lz4 is looked for again.
_MISSING = 10.0
# Whose it is to have a child, of all that there are in the program.
_turn = allocate_lock()
# Without Python's own start-up files and this package's: a module is imported from a package that is not run. What
# can be imported is what can be here.
_RUN = """
import sys
name, folder = sys.argv[3:5]
sys.path[:] = sys.argv[5:]
package = sys.modules[name] = type(sys)(name)
package.__path__ = [folder]
from motes.exporters.firefox_tabs.decode import run
run()
"""


class Decoder:
    """Of files that hold `most` octets at most, unpacked."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._child: Child | None = None
        self._lost: list[Child] = []
        self._missing_until = 0.0
        self._stopping = False

    def stop(self) -> None:
        """End what is under way; called by another thread."""
        self._stopping = True
        child = self._child
        if child is not None:
            child.kill()

    def decode(self, file: int) -> Session:
        """What is in a file, whose descriptor this is; Stopped when the program ends."""
        while not _turn.acquire(timeout=1.0):
            self._go_on()
        try:
            self._go_on()
            return self._decode(file)
        finally:
            _turn.release()

    def _go_on(self) -> None:
        if self._stopping:
            raise Stopped

    def _decode(self, file: int) -> Session:
        if monotonic() < self._missing_until:
            raise Failure("no_lz4")
        self._lost = [child for child in self._lost if child.poll() is None]
        if len(self._lost) >= _MOST_LOST:
            raise Failure("timeout")
        octets, status = self._run(file)
        self._go_on()
        if status != 0:
            reason = decode.reason(status)
            self._missing_until = monotonic() + _MISSING if reason == "no_lz4" else 0.0
            raise Failure(reason)
        try:
            return unpack(octets)
        except (IndexError, ValueError):
            raise Failure("crashed") from None

    def _run(self, file: int) -> tuple[bytes, int]:
        """What a child says, and its exit status."""
        child = self._child = _start(file, self.most)
        until = monotonic() + _PATIENCE
        try:
            if self._stopping:
                child.kill()
            octets = _said(child, until)
        finally:
            self._child = None
            status = self._end(child)
        return octets, status

    def _end(self, child: "Child") -> int:
        """Its exit status, for it has said all, or has had its time."""
        from subprocess import TimeoutExpired  # noqa: PLC0415 - see _start

        assert child.stdout is not None  # noqa: S101 - it has one, see _start
        child.stdout.close()
        try:
            return child.wait(_ENDS_WITHIN)
        except TimeoutExpired:
            child.kill()
        try:
            child.wait(_ENDS_WITHIN)
        except TimeoutExpired:
            self._lost.append(child)
        raise Failure("timeout")


def _start(file: int, most: int) -> "Child":
    import subprocess  # noqa: PLC0415 - a megabyte, for those who have a browser

    package = __name__.rpartition(".")[0]
    paths = [path for path in sys.path if os.path.isabs(path)]
    told = [str(most), str(int(_PATIENCE)), package, os.path.dirname(__file__), *paths]
    try:
        return subprocess.Popen(  # noqa: S603 - this very Python
            [sys.executable, "-I", "-S", "-c", _RUN, *told],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            # What is typed at a terminal to end the program is not meant for it.
            process_group=0,
            # A locale's files would count as memory.
            env={**os.environ, "LC_ALL": "C"},
        )
    except OSError as error:
        raise Failure("crashed", error.strerror) from None


def _said(child: "Child", until: float) -> bytes:
    """All that it writes, until a monotonic time; it writes no more than so much."""
    assert child.stdout is not None  # noqa: S101 - it has one, see _start
    number = child.stdout.fileno()
    ready = select.poll()
    ready.register(number, select.POLLIN)
    octets = bytearray()
    while (left := until - monotonic()) > 0 and len(octets) <= LONGEST:
        if ready.poll(left * 1000):
            part = os.read(number, 1 << 20)
            if not part:
                return bytes(octets)
            octets += part
    child.kill()
    raise Failure("timeout" if left <= 0 else "crashed")
