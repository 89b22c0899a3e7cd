"""What the scrape engine knows of a collector, and what a collector may tell it."""

from collections.abc import Callable, Iterable

from motes.shared.exposition import Family

TYPE_CHECKING = False
if TYPE_CHECKING:
    Through = Callable[[Iterable[Family]], Iterable[Family]]

# Whose the collectors of the program itself are: they go along with whatever is served, everywhere.
OWN = "motes"
_LONGEST = 1000


class NoData(Exception):
    """What the collector reads is not on this machine: success 0, no series, and no line in the log."""


class Failed(Exception):
    """What went wrong, in words that stand by themselves: they are shown without the exception's name."""


class Collector:
    """A name and a function.

    `collect` is given the monotonic time by which it should end, in seconds, and never runs twice at once.
    With `claims_last`, its families come from outside (files, plug-ins): where one of them is another
    collector's, this collector is the one that fails. Those of one name and `kin` in several exporters, which are
    instances of one kind, share their families. What it gives goes `through` more, once it has been counted.
    """

    __slots__ = ("claims_last", "collect", "exporter", "kin", "name", "through")

    def __init__(
        self,
        exporter: str,
        name: str,
        collect: Callable[[float], Iterable[Family]],
        *,
        claims_last: bool = False,
        kin: str = "",
        through: "Through | None" = None,
    ) -> None:
        self.exporter = exporter
        self.name = name
        self.collect = collect
        self.claims_last = claims_last
        self.kin = kin or exporter
        self.through = through


def told(error: BaseException) -> str:
    """What an exception says, whatever becomes of asking it."""
    try:
        words = str(error)
    except BaseException as worse:  # noqa: BLE001 - it may be somebody else's
        words = f"it cannot say why: {type(worse).__name__}"
    if not isinstance(error, Failed):
        words = f"{type(error).__name__}: {words}"
    return words if len(words) <= _LONGEST else words[:_LONGEST] + "…"
