"""Metrics pages: results of collectors, their own success and duration, and the program's own metrics.

A page is made, and compressed, once for all scrapes that were given the same results.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence

from motes.shared import exposition
from motes.shared.claims import Claims
from motes.shared.engine import Scrape, State
from motes.shared.exposition import counter, gauge, labels
from motes.shared.result import Result

# Beyond level 1 the processor's time grows faster than the page shrinks; a window of 8 kB and tables of 32 kB
# shrink it as well as the usual 256 kB do, in less time.
_GZIP_LEVEL = 1
_GZIP_WINDOW = 16 + 13
_GZIP_MEMORY = 6

Given = Sequence[tuple[State, Result | None]]


class Pages:
    """Makes pages. `telemetry` maps an exporter to the prefix and label of its collectors' own metrics."""

    def __init__(self, telemetry: Mapping[str, tuple[str, str]], claims: Claims) -> None:
        self.telemetry = telemetry
        self._claims = claims
        self._given: Given = ()
        self._made: dict[tuple[bool, bool], bytes] = {}

    def make(self, scrape: Scrape, *, openmetrics: bool, gzip: bool) -> bytes:
        given = scrape.results()
        if not _same(given, self._given):
            self._given, self._made = given, {}
        page = self._made.get((openmetrics, gzip))
        if page is None:
            pieces = self._pieces(given, openmetrics)
            page = self._made[openmetrics, gzip] = _compressed(pieces) if gzip else b"".join(pieces)
        return page

    def _pieces(self, given: Given, openmetrics: bool) -> list[bytes]:
        own = Result(list(self._own(given)), 0.0)
        chosen = [*(result for _, result in given if result is not None), own]
        if not openmetrics:
            return [piece for result in chosen for piece in result.text]
        return [piece for result in chosen for piece in result.openmetrics(self._claims)] + [exposition.END]

    def _own(self, given: Given) -> Iterable[exposition.Family]:
        durations: dict[tuple[str, str], dict[bytes, float]] = {}
        successes: dict[tuple[str, str], dict[bytes, int]] = {}
        failures = {}
        for state, result in given:
            exporter, name = state.collector.exporter, state.collector.name
            key = self.telemetry.get(exporter)
            if key is None:
                continue
            label = labels(**{key[1]: name})
            durations.setdefault(key, {})[label] = result.duration if result else state.age()
            successes.setdefault(key, {})[label] = int(result is not None and result.success)
            failures[labels(exporter=exporter, collector=name)] = state.failures
        for (prefix, _), samples in durations.items():
            yield gauge(f"{prefix}_duration_seconds", "How long the last run of a collector took.", samples)
        for (prefix, _), seen in successes.items():
            yield gauge(f"{prefix}_success", "Whether a collector gave all that it should.", seen)
        yield counter("motes_collector_failures_total", "Runs of a collector that failed.", failures)


def _compressed(pieces: list[bytes]) -> bytes:
    press = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW, _GZIP_MEMORY)
    return press.compress(b"".join(pieces)) + press.flush()


def _same(one: Given, other: Given) -> bool:
    """Whether all results are the very same; what is still missing never is."""
    return len(one) == len(other) and all(
        a[0] is b[0] and a[1] is b[1] is not None for a, b in zip(one, other, strict=True)
    )
