"""What the scrape engine knows of a collector, and what a collector may tell it."""

from collections.abc import Callable, Iterable

from motes.shared.exposition import Family


class NoData(Exception):
    """What the collector reads is not on this machine: success 0, no series, and no line in the log."""


class Collector:
    """A name and a function.

    `collect` is given the monotonic time by which it should end, in seconds, and never runs twice at once.
    With `claims_last`, its families come from outside (files, plug-ins): where one of them is another
    collector's, this collector is the one that fails.
    """

    __slots__ = ("claims_last", "collect", "exporter", "name")

    def __init__(
        self, exporter: str, name: str, collect: Callable[[float], Iterable[Family]], *, claims_last: bool = False
    ) -> None:
        self.exporter = exporter
        self.name = name
        self.collect = collect
        self.claims_last = claims_last
