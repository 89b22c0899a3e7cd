"""Metrics pages: results of collectors, their own success and duration, and the program's own metrics.

A page is made, and compressed, once for all scrapes that were given the same results.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence

from motes.shared import exposition
from motes.shared.claims import Claims
from motes.shared.collector import Collector
from motes.shared.engine import Scrape, State
from motes.shared.exposition import Family, Heading, labels, numbers
from motes.shared.frame import Frame, Row
from motes.shared.result import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

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
# As many choices of collectors (collect[], exclude[]) are kept.
_MOST_CHOICES = 20

Given = Sequence[tuple[State, Result | None]]
# What is told of an exporter's collectors: the metrics' prefix, the label that has their name, and further labels.
Telemetry = tuple[str, str, tuple[tuple[str, str], ...]]


class _Choice:
    """Collectors that are on one page: a frame for what is told of them, and in what order that is.

    `akin` are the places of those that share their families, with those that they share them with.
    """

    __slots__ = ("akin", "frame", "order")

    def __init__(self, collectors: Sequence[Collector], telemetry: Mapping[str, Telemetry]) -> None:
        told = [at for at, collector in enumerate(collectors) if collector.exporter in telemetry]
        told.sort(key=lambda at: telemetry[collectors[at].exporter][:2])
        self.order = told
        self.frame = _frame([collectors[at] for at in told], telemetry)
        clans: dict[tuple[str, str], list[int]] = {}
        for at, collector in enumerate(collectors):
            clans.setdefault((collector.kin, collector.name), []).append(at)
        self.akin = [places for places in clans.values() if len(places) > 1]


class Pages:
    """Makes pages. `telemetry` says what each exporter's collectors' own metrics are."""

    def __init__(self, telemetry: Mapping[str, Telemetry], claims: Claims) -> None:
        self._claims = claims
        self.tell_of(telemetry)

    def tell_of(self, telemetry: Mapping[str, Telemetry]) -> None:
        """Go over to these exporters; the names of what is told of them are no collector's to serve."""
        self._telemetry = telemetry
        self._given: Given = ()
        self._made: dict[tuple[bool, bool], bytes] = {}
        self._choices: dict[tuple[Collector, ...], _Choice] = {}
        told = [prefix + suffix for prefix, _, _ in telemetry.values() for suffix, _ in _ABOUT]
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
        choice = self._choice(tuple([state.collector for state, _ in given]))
        served: list[Sequence[Family]] = [result.families if result is not None else () for _, result in given]
        for first, *others in choice.akin:
            served[first] = _merged([served[at] for at in (first, *others)])
            for at in others:
                served[at] = ()
        families = [family for each in served for family in each]
        families.append(_told(choice, given))
        if not openmetrics:
            return exposition.text_pieces(families)
        return [*exposition.openmetrics_pieces(families, self._claims), exposition.END]

    def _choice(self, collectors: tuple[Collector, ...]) -> _Choice:
        choice = self._choices.get(collectors)
        if choice is None:
            if len(self._choices) >= _MOST_CHOICES:
                self._choices.clear()
            choice = self._choices[collectors] = _Choice(collectors, self._telemetry)
        return choice


def _merged(shared: Iterable[Sequence[Family]]) -> list[Family]:
    """Each family once, with the samples of all of them."""
    bodies: dict[str, tuple[Heading, list[bytes]]] = {}
    layout: Any  # the checker loses which layout goes with which samples
    samples: Any
    for families in shared:
        for layout, samples in families:
            for heading, body in layout.bodies(samples) if isinstance(samples, list) else ((layout, samples),):
                bodies.setdefault(heading.name, (heading, []))[1].append(body)
    return [(heading, b"".join(lines)) for heading, lines in bodies.values()]


def _told(choice: _Choice, given: Given) -> Family:
    """The metrics about collectors."""
    about = [given[at] for at in choice.order]
    # Nanoseconds: to find the shortest digits that are a duration's very value takes three times as long.
    durations = b" ".join([b"%.9f" % (result.duration if result else state.age()) for state, result in about])
    successes = [b"1" if result is not None and result.success else b"0" for _, result in about]
    failures = numbers([state.failures for state, _ in about])
    return choice.frame, [*durations.split(), *successes, *failures]


def _frame(collectors: Sequence[Collector], telemetry: Mapping[str, Telemetry]) -> Frame:
    named: dict[str, list[bytes]] = {}
    every = []
    for collector in collectors:
        prefix, label, more = telemetry[collector.exporter]
        named.setdefault(prefix, []).append(_label_set(_names(collector, label), more))
        every.append(_label_set({"exporter": collector.exporter, "collector": collector.name}, more))
    rows: list[Row] = []
    for suffix, help in _ABOUT:
        rows += [("gauge", prefix + suffix, help, label_sets) for prefix, label_sets in named.items()]
    rows.append(("counter", _FAILURES, "Runs of a collector that failed.", every))
    return Frame(rows)


def _names(collector: Collector, label: str) -> dict[str, str]:
    """What a collector is called; in `exporter` stands its exporter, which may have more than the one of its name."""
    if label != "exporter":
        return {label: collector.name}
    more = {"collector": collector.name} if collector.name != collector.kin else {}
    return {label: collector.exporter, **more}


def _label_set(names: dict[str, str], more: Iterable[tuple[str, str]]) -> bytes:
    """The names, which no label of the same name can take the place of, and more."""
    return labels(**(names | dict(more) | names))


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
