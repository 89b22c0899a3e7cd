"""All badges: those that are named, those that are found, and what is known of them.

A scrape only reads what the badges' threads have put here. Errors: see badge.py.
"""

import os
from collections.abc import Callable, Iterator, Sequence

from motes.exporters.card10_bme680.badge import NAME, Badge
from motes.exporters.card10_bme680.ports import Ports
from motes.exporters.card10_bme680.problems import ADVICE, Failure
from motes.exporters.card10_bme680.serial_port import pyserial
from motes.exporters.card10_bme680.status import Status
from motes.exporters.card10_bme680.values import HELPS
from motes.shared import log
from motes.shared.exposition import Family, counter, gauge, labels
from motes.shared.readings import Readings
from motes.shared.sampler import Sampler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.sensor import Sensor

AUTO = "auto"
# Seconds between two looks for new badges, and how many are taken: as many as there are USB ports, and no more.
_LOOK = 1.0
_MOST = 32


class Badges:
    """`devices` are paths, and `auto` for all that are found and not named."""

    def __init__(
        self, devices: Sequence[str], *, mode: str, interval: float, restart_app: bool, ports: Ports | None = None
    ) -> None:
        self._mode = mode
        self._interval = interval
        self._restart_app = restart_app
        self._ports = ports or Ports()
        self._readings = Readings("card10_", HELPS)
        self._badges: dict[str, Badge] = {}
        self._paths = [path for path in devices if path != AUTO]
        for path in self._paths:
            self._add(path, self._ports.named)
        self._finder = Sampler(NAME, self._find) if AUTO in devices else None
        self._looked = False
        # Why there is no badge to tell its own problem.
        self._problem = ""

    def start(self) -> None:
        for sampler in self._samplers():
            sampler.start()

    def stop(self) -> None:
        for sampler in self._samplers():
            sampler.stop()

    def ended(self) -> bool:
        return all(sampler.ended() for sampler in self._samplers())

    def settled(self) -> bool:
        """Whether each has given a reading or has failed."""
        tried = all(badge.status.seen or badge.status.problem for badge in list(self._badges.values()))
        return tried and (self._finder is None or self._looked)

    def _samplers(self) -> list[Sampler]:
        """The finder first: once that is told to stop, no badge is started that is not in the list."""
        finder = [self._finder] if self._finder else []
        return finder + [badge.sampler for badge in list(self._badges.values())]

    def _add(self, device: str, locate: Callable[[str], str]) -> Badge:
        badge = self._badges[device] = Badge(
            Status(device),
            lambda: locate(device),
            self._readings.put,
            mode=self._mode,
            interval=self._interval,
            restart_app=self._restart_app,
        )
        return badge

    def _find(self, sampler: Sampler) -> None:
        while True:
            self._look(sampler)
            if not sampler.sleep(_LOOK):
                return

    def _look(self, sampler: Sampler) -> None:
        named = {os.path.realpath(path) for path in self._paths}
        for port, file in self._ports.badges().items():
            if port not in self._badges and os.path.realpath(file) not in named and len(self._badges) < _MOST:
                badge = self._add(port, self._ports.at)
                if not sampler.stopping:
                    badge.sampler.start()
        problem = "" if len(self._badges) > len(self._paths) else _no_badge()
        if problem and problem != self._problem:
            log.warn("no badge found", problem=problem, advice=ADVICE[problem])
        self._problem, self._looked = problem, True

    def sensors(self) -> "Iterator[Sensor]":
        """What is told of each, or of why there is none."""
        from motes.exporters.card10_bme680.sensors import absent, told  # noqa: PLC0415 - for who looks at the page

        if self._problem:
            yield absent(self._problem)
        for badge in list(self._badges.values()):
            yield told(badge.status, self._readings.alive(badge.status.labels))

    def families(self) -> Iterator[Family]:
        """All that is true now, and what was counted."""
        every = [badge.status for badge in list(self._badges.values())]
        yield from self._readings.families()
        help = "1, labelled by what is known of the badge: its firmware, and the port that it was at last."
        yield gauge("card10_info", help, {each.info(): 1 for each in every if each.port})
        yield gauge("card10_up", "Whether the newest attempt gave a reading.", {each.labels: each.up for each in every})
        seen = {each.labels: each.seen for each in every if each.seen}
        yield gauge("card10_last_seen_timestamp_seconds", "When the newest reading was taken, Unix time.", seen)
        yield counter("card10_readings_total", "Readings.", {each.labels: each.readings for each in every})
        failures = {each.labelled(reason=name): n for each in every for name, n in each.failures.copy().items()}
        yield counter("card10_failures_total", "Attempts that gave no reading, by reason.", failures)
        help = "1 while there is a problem, labelled by what to do about it; device is empty while no badge is found."
        problems = [("", self._problem), *((each.device, each.problem) for each in every)]
        samples = {labels(device=device, problem=name, advice=ADVICE[name]): 1 for device, name in problems if name}
        yield gauge("card10_problem_info", help, samples)


def _no_badge() -> str:
    """What is missing where none is found: perhaps not only that."""
    try:
        pyserial()
    except Failure as failure:
        return failure.reason
    return "not_found"
