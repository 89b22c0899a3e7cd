"""A thread of its own for an exporter that samples: what it runs is run again, with back-off, whenever it ends.

Errors: whatever is raised is logged, when it differs from what was raised before, and is no reason to stop.
"""

from _thread import allocate_lock
from collections.abc import Callable
from time import monotonic

from motes.shared import log, threads
from motes.shared.backoff import Backoff

# Who has run so long, in seconds, may fail again without waiting longer than the first time.
_GOOD_RUN = 60.0


class Sampler:
    """Runs `work(sampler)` until it is stopped.

    `work` ends soon after `stopping` is set; `interrupt` is called then, from another thread, to help it.
    """

    def __init__(
        self, exporter: str, work: "Callable[[Sampler], None]", interrupt: Callable[[], None] = lambda: None
    ) -> None:
        self.stopping = False
        self.failures = 0
        self._exporter = exporter
        self._work = work
        self._interrupt = interrupt
        self._backoff = Backoff()
        self._error = ""
        self._running = False
        # Held while there is no reason to wake up.
        self._bell = allocate_lock()
        self._bell.acquire()

    def start(self) -> None:
        """Begin; RuntimeError where there is no thread to be had."""
        # What samplers run imports it. Where that is its first import, Python takes the sampler's thread for the main
        # one, and waits for it when the program ends.
        import threading  # noqa: F401, PLC0415

        self._running = True
        try:
            threads.start(self._run)
        except RuntimeError:
            self._running = False
            raise

    def stop(self) -> None:
        """Ask it to end; see `ended`."""
        if not self.stopping:
            self.stopping = True
            self._bell.release()
            self._interrupt()

    def ended(self) -> bool:
        return not self._running

    def sleep(self, seconds: float) -> bool:
        """Wait, and say whether to go on; at once False when it is stopped."""
        if self._bell.acquire(timeout=seconds):
            self._bell.release()
        return not self.stopping

    def _run(self) -> None:
        try:
            while not self.stopping:
                began = monotonic()
                self._attempt()
                if monotonic() - began > _GOOD_RUN:
                    self._backoff.reset()
                self.sleep(self._backoff.next())
        finally:
            self._running = False

    def _attempt(self) -> None:
        try:
            self._work(self)
        except BaseException as failure:  # noqa: BLE001 - a sampler's defect costs its readings and nothing else
            self.failures += 1
            error = f"{type(failure).__name__}: {failure}"
            if error != self._error and not self.stopping:
                log.error("sampler failed", exporter=self._exporter, err=error)
            self._error = error
