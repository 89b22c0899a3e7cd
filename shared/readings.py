"""What sensors said, each value with a time to live: a reading that is no longer true vanishes.

One thread puts, another takes. Time is the kernel's since boot, with what was slept through: after a notebook wakes up,
what was true in the evening is not.
"""

from collections.abc import Callable, Iterator, Mapping
from time import CLOCK_BOOTTIME, clock_gettime

from motes.shared.exposition import Family, gauge


def boottime() -> float:
    """Seconds since boot, see clock_gettime(2)."""
    return clock_gettime(CLOCK_BOOTTIME)


class Readings:
    """Gauges by the end of their name, with their HELP; `prefix` is the beginning of all their names.

    As many label sets are kept as are put and not dropped: their number is for who puts to bound.
    """

    def __init__(self, prefix: str, helps: Mapping[str, str], clock: Callable[[], float] = boottime) -> None:
        self._prefix = prefix
        self._helps = helps
        self._clock = clock
        self._values: dict[str, dict[bytes, tuple[float, float]]] = {name: {} for name in helps}

    def put(self, label_set: bytes, values: Mapping[str, float], ttl: float) -> None:
        """Values by the end of their gauge's name, true for so many seconds; others of the label set stay."""
        until = self._clock() + ttl
        for name, value in values.items():
            self._values[name][label_set] = value, until

    def drop(self, label_set: bytes) -> None:
        for samples in self._values.values():
            samples.pop(label_set, None)

    def alive(self, label_set: bytes) -> dict[str, float]:
        """What is true now of one label set, by the end of the gauge's name."""
        now = self._clock()
        found = {name: samples.get(label_set, (0.0, now)) for name, samples in self._values.items()}
        return {name: value for name, (value, until) in found.items() if until > now}

    def families(self) -> Iterator[Family]:
        """What is true now."""
        now = self._clock()
        for name, samples in self._values.items():
            # Copied at once, for another thread may put.
            alive = {label_set: value for label_set, (value, until) in samples.copy().items() if until > now}
            yield gauge(self._prefix + name, self._helps[name], alive)
