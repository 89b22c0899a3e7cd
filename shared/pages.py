"""Metrics pages: results of collectors, their own success and duration, and the program's own metrics.

A page is made, and compressed, once for all scrapes that were given the same results.
"""

import zlib
from collections.abc import Mapping, Sequence

from motes.shared import exposition
from motes.shared.claims import Claims
from motes.shared.collector import Collector
from motes.shared.engine import Scrape, State
from motes.shared.exposition import labels
from motes.shared.frame import Frame, Row
from motes.shared.result import Result

# Beyond level 1 the processor's time grows faster than the page shrinks; a window of 8 kB and tables of 32 kB
# shrink it as well as the usual 256 kB do, in less time.
_GZIP_LEVEL = 1
_GZIP_WINDOW = 16 + 13
_GZIP_MEMORY = 6

_ABOUT = (
    ("_duration_seconds", "How long the last run of a collector took."),
    ("_success", "Whether a collector gave all that it should."),
)
_FAILURES = "motes_collector_failures_total"
# As many choices of collectors (collect[], exclude[]) have their frame kept.
_MOST_FRAMES = 20

Given = Sequence[tuple[State, Result | None]]


class Pages:
    """Makes pages. `telemetry` maps an exporter to the prefix and label of its collectors' own metrics."""

    def __init__(self, telemetry: Mapping[str, tuple[str, str]], claims: Claims) -> None:
        self._claims = claims
        self.tell_of(telemetry)

    def tell_of(self, telemetry: Mapping[str, tuple[str, str]]) -> None:
        """Go over to these exporters; the names of what is told of them are no collector's to serve."""
        self._telemetry = telemetry
        self._given: Given = ()
        self._made: dict[tuple[bool, bool], bytes] = {}
        self._frames: dict[tuple[Collector, ...], Frame] = {}
        told = [prefix + suffix for prefix, _ in telemetry.values() for suffix, _ in _ABOUT]
        self._claims.reserve([*told, _FAILURES])

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
        families = [family for _, result in given if result is not None for family in result.families]
        families.append(self._own(given))
        if not openmetrics:
            return exposition.text_pieces(families)
        return [*exposition.openmetrics_pieces(families, self._claims), exposition.END]

    def _own(self, given: Given) -> exposition.Family:
        """The metrics about collectors."""
        about = [each for each in given if each[0].collector.exporter in self._telemetry]
        about.sort(key=lambda each: self._telemetry[each[0].collector.exporter])
        collectors = tuple([state.collector for state, _ in about])
        frame = self._frames.get(collectors)
        if frame is None:
            if len(self._frames) >= _MOST_FRAMES:
                self._frames.clear()
            frame = self._frames[collectors] = _frame(collectors, self._telemetry)
        durations = [result.duration if result else state.age() for state, result in about]
        successes = [int(result is not None and result.success) for _, result in about]
        return frame.fill([*durations, *successes, *[state.failures for state, _ in about]])


def _frame(collectors: Sequence[Collector], telemetry: Mapping[str, tuple[str, str]]) -> Frame:
    named: dict[tuple[str, str], list[bytes]] = {}
    for collector in collectors:
        prefix, label = telemetry[collector.exporter]
        named.setdefault((prefix, label), []).append(_named(collector, label))
    every = [labels(exporter=collector.exporter, collector=collector.name) for collector in collectors]
    rows: list[Row] = []
    for suffix, help in _ABOUT:
        rows += [("gauge", prefix + suffix, help, label_sets) for (prefix, _), label_sets in named.items()]
    rows.append(("counter", _FAILURES, "Runs of a collector that failed.", every))
    return Frame(rows)


def _named(collector: Collector, label: str) -> bytes:
    """The label of a collector; in `exporter` stands its exporter, which may have more than the one of its name."""
    if label != "exporter":
        return labels(**{label: collector.name})
    more = {"collector": collector.name} if collector.name != collector.exporter else {}
    return labels(exporter=collector.exporter, **more)


def _compressed(pieces: list[bytes]) -> bytes:
    press = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW, _GZIP_MEMORY)
    return press.compress(b"".join(pieces)) + press.flush()


def _same(one: Given, other: Given) -> bool:
    """Whether all results are the very same, and there are any: of one collection, that is."""
    return (
        len(one) == len(other)
        and all(a[0] is b[0] and a[1] is b[1] for a, b in zip(one, other, strict=True))
        and any(result is not None for _, result in one)
    )
