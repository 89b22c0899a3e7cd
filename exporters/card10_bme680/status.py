"""How one badge does, as the log and the page have it.

The badge's thread tells it, the scrape's thread reads it.
"""

from time import time

from motes.exporters.card10_bme680.problems import ADVICE, Failure
from motes.shared import log
from motes.shared.exposition import labels


class Status:
    """`port` is the device file that it is read from; `seen` is Unix time."""

    __slots__ = ("device", "failures", "firmware", "labels", "port", "problem", "readings", "seen", "up")

    def __init__(self, device: str) -> None:
        self.device = device
        self.labels = labels(device=device)
        self.port = ""
        self.firmware = ""
        self.problem = ""
        self.up = False
        self.readings = 0
        self.failures: dict[str, int] = {}
        self.seen = 0.0

    def reads(self) -> None:
        """There is a reading."""
        if not self.up:
            log.info("badge is read", device=self.device, port=self.port, firmware=self.firmware)
        self.up, self.problem = True, ""
        self.readings += 1
        self.seen = time()

    def fails(self, failure: Failure) -> None:
        """Logged when it is another problem than before."""
        if failure.reason == "not_found" and self.problem == "disconnected":
            return
        self.count(failure)
        if failure.reason != self.problem:
            advice = ADVICE[failure.reason]
            log.warn("badge is not read", device=self.device, problem=failure.reason, err=failure, advice=advice)
        self.up, self.problem = False, failure.reason

    def count(self, failure: Failure) -> None:
        """An attempt has failed, and is made again at once."""
        self.failures[failure.reason] = self.failures.get(failure.reason, 0) + 1

    def info(self) -> bytes:
        return labels(device=self.device, firmware=self.firmware, port=self.port)

    def labelled(self, **more: str) -> bytes:
        return labels(device=self.device, **more)
