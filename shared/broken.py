"""An exporter in the place of one that cannot be had: it has one collector, which fails with the reason.

So all the rest runs, and the page, the log and the metrics tell what is wrong with it.
"""

from collections.abc import Iterable

from motes.shared.collector import Collector, Failed, told
from motes.shared.exposition import Family
from motes.shared.options import Catalogue, Kind, Option
from motes.shared.plugin import Exporter, Plugin


class _Anything(Kind):
    """What was meant for the exporter that is not there."""

    __slots__ = ()

    def read(self, value: object) -> object:
        return value


_ANYTHING = _Anything("VALUE", str)


class Broken(Plugin):
    """One that takes any options; its exporter fails with `error`."""

    def __init__(self, name: str, error: str) -> None:
        options = Catalogue((), lambda option: [Option(option, _ANYTHING, None, "")])
        super().__init__(name, options, lambda _: _exporter(name, error))
        self.error = error


def plugin(name: str, error: BaseException) -> Broken:
    # Not the exception itself, which holds all that was on the stack.
    return Broken(name, told(error))


def _exporter(name: str, words: str) -> Exporter:
    def collect(_: float) -> Iterable[Family]:
        raise Failed(words)

    return Exporter([Collector(name, name, collect)])
