"""What an exporter is to the programs that run it."""

from collections.abc import Callable, Sequence

from motes.shared.collector import Collector
from motes.shared.options import Catalogue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.config import Values


class Exporter:
    """An exporter that has been set up: its collectors, and what gives back all that they hold."""

    def __init__(self, collectors: Sequence[Collector], close: Callable[[], None] = lambda: None) -> None:
        self.collectors = collectors
        self.close = close


class Plugin:
    """One kind of exporter.

    `name` is its table in the configuration, where its options stand without `prefix`. `create` makes an exporter
    from the values of its options, and raises ValueError for those that do not go together. `telemetry` is the
    prefix and the label of the metrics about its collectors.
    """

    def __init__(
        self,
        name: str,
        options: Catalogue,
        create: "Callable[[Values], Exporter]",
        *,
        prefix: str = "",
        telemetry: tuple[str, str] = ("motes_exporter", "exporter"),
    ) -> None:
        self.name = name
        self.options = options
        self.create = create
        self.prefix = prefix
        self.telemetry = telemetry
