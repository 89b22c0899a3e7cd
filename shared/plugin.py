"""What an exporter is to the programs that run it."""

from collections.abc import Callable, Iterable, Sequence

from motes.shared.collector import Collector
from motes.shared.exposition import heading
from motes.shared.options import Catalogue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.config import Values
    from motes.shared.finding import Finding
    from motes.shared.sensor import Sensor


# Somebody else's plug-in may take so long, in seconds, to be imported, and to make an exporter.
PATIENCE = 5.0
_OUR_OWN = ("motes.exporters.", "motes.shared.")
_TELEMETRY = ("motes_exporter", "exporter")


def _nothing() -> None:
    pass


def _yes() -> bool:
    return True


def _no_needs(_: "Values") -> "Iterable[Finding]":
    return ()


class Exporter:
    """An exporter that has been set up: its collectors, and what the program calls as it goes along.

    All are called one at a time, and the loop waits for them: they must not wait for anything. What they raise is
    logged. `close` comes without a `start` before it where a configuration was not taken.
    """

    def __init__(
        self,
        collectors: Sequence[Collector],
        close: Callable[[], None] = _nothing,
        *,
        start: Callable[[], None] = _nothing,
        refresh: Callable[[], None] = _nothing,
        settled: Callable[[], bool] = _yes,
        ended: Callable[[], bool] = _yes,
        sensors: "Callable[[], Iterable[Sensor]]" = tuple,
    ) -> None:
        self.collectors = collectors
        # Give back all that it holds.
        self.close = close
        # The program serves, or is about to print its one page. What raised is called again on SIGHUP.
        self.start = start
        # SIGHUP, and the options are the same: read again the files that they name. What raises goes on with what it
        # has read before, and makes the reload a failed one.
        self.refresh = refresh
        # Whether all is there that one page (--once) would wait for.
        self.settled = settled
        # Whether its threads have ended, after `close`.
        self.ended = ended
        # For people, what there is and what it says.
        self.sensors = sensors


class Plugin:
    """One kind of exporter.

    `name` is its table in the configuration, where its options stand without `prefix`; `labels` and `listen` are no
    names for them. `create` makes an exporter from the values of its options, one for each instance that is wanted,
    and raises ValueError for those that do not go together; what else it raises is a defect. `telemetry` is the prefix
    and the label of the metrics about its collectors. `needs` looks, for `motes doctor`, whether all is there that an
    exporter with these values would need; it may take its time, and starts nothing.
    """

    # Why it stands in for one that cannot be had, see broken.py.
    error = ""

    def __init__(
        self,
        name: str,
        options: Catalogue,
        create: "Callable[[Values], Exporter]",
        *,
        prefix: str = "",
        telemetry: tuple[str, str] = _TELEMETRY,
        needs: "Callable[[Values], Iterable[Finding]]" = _no_needs,
    ) -> None:
        if telemetry != _TELEMETRY:
            _check(name, *telemetry)
        self.name = name
        self.options = options
        self.create = create
        self.prefix = prefix
        self.telemetry = telemetry
        self.needs = needs


def is_ours(function: object) -> bool:
    """Whether a function is motes' own, and not somebody else's."""
    return str(getattr(function, "__module__", "")).startswith(_OUR_OWN)


def _check(name: str, prefix: str, label: str) -> None:
    heading(prefix, "gauge", "")
    if not prefix.startswith(name.replace("-", "_") + "_"):
        raise ValueError(f"{prefix} is no prefix of metrics about {name}, for it does not begin with the name")
    if not label.isascii() or not label.isidentifier():
        raise ValueError(f"{label!r} is no name of a label")
