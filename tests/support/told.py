"""A program to be told of, without serving anything: exporters, their collectors and sensors, and where it listens."""

from collections.abc import Callable, Iterable, Sequence

from motes.shared import address
from motes.shared.collector import Collector
from motes.shared.engine import Engine
from motes.shared.listen import Listeners
from motes.shared.options import Catalogue
from motes.shared.plugin import Exporter, Plugin
from motes.shared.report import Report, Reporter
from motes.shared.running import Running
from motes.shared.sensor import Sensor
from motes.shared.settings import Wanted

ALLOWED = ["127.0.0.1", "10.77.0.0/24"]


def plugin(
    name: str,
    *collectors: str,
    sensors: Callable[[], Iterable[Sensor]] = tuple,
    start: Callable[[], object] = int,
    refresh: Callable[[], object] = int,
) -> Plugin:
    def create(_: object) -> Exporter:
        made = [Collector(name, each, lambda _: ()) for each in collectors]
        return Exporter(made, sensors=sensors, start=lambda: void(start), refresh=lambda: void(refresh))

    return Plugin(name, Catalogue(()), create)


def void(act: Callable[[], object]) -> None:
    act()


class Told:
    """Exporters of these plug-ins, which have been started; with `own`, the program has a collector, too."""

    def __init__(
        self, *plugins: Plugin, own: bool = False, specs: Sequence[str] = ("127.0.0.1:9100", "unix:/run/<b>.sock")
    ) -> None:
        self.running = Running([Wanted(each) for each in plugins])
        self.running.start()
        process = [Collector("motes", "process", lambda _: ())] if own else []
        self.engine = Engine([each for run in self.running.runs for each in run.collectors] + process)
        self.listeners = Listeners(
            [address.parse(spec) for spec in specs], socket_mode=0o600, opened=lambda *_: None, closed=lambda *_: None
        )
        self.problem = ""
        self.views: dict[address.Address, frozenset[str]] = {}
        self._reporter = Reporter(
            "motes<d>",
            self.engine,
            self.listeners,
            running=self.running,
            allowed=lambda: ALLOWED,
            views=lambda: self.views,
            problem=lambda: self.problem,
        )

    def report(self, *names: str) -> Report:
        """On the exporters that are named, or on all."""
        return self._reporter.report(frozenset(names or [run.name for run in self.running.runs]))

    def close(self) -> None:
        self.engine.close()


def matches(value: object, schema: object, where: str = "$") -> None:
    """AssertionError where it does not: a schema is a type or some, words, a list of one schema, or a mapping."""
    if isinstance(schema, dict):
        assert isinstance(value, dict), where
        assert value.keys() == schema.keys(), where
        for name, inner in schema.items():
            matches(value[name], inner, f"{where}.{name}")
    elif isinstance(schema, list):
        assert isinstance(value, list), where
        for at, each in enumerate(value):
            matches(each, schema[0], f"{where}[{at}]")
    elif isinstance(schema, tuple) and isinstance(schema[0], str):
        assert value in schema, where
    else:
        assert not isinstance(value, bool), where
        assert isinstance(value, schema), where  # type: ignore[arg-type]
