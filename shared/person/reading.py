"""`motes read`: one reading from an exporter, for a person.

Exit status, as that of --once: 0 if no collector failed, 1 if one did.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from motes.shared.collector import OWN
from motes.shared.command_line import CommandLine
from motes.shared.config import Misconfigured
from motes.shared.engine import Scrape
from motes.shared.motesd import Plugins
from motes.shared.options import Catalogue, joined
from motes.shared.person.asked import chosen, find
from motes.shared.person.options import METRICS
from motes.shared.person.picture import exported, wrong
from motes.shared.person.terminal import Line, Terminal, paragraph, plain
from motes.shared.problems import problems
from motes.shared.report import WRONG, ExporterReport, Reporter
from motes.shared.sensor import Sensor
from motes.shared.service import Service
from motes.shared.settings import Settings, Sources, on_command_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from motes.shared.config import Values


def read(words: Sequence[str], environment: Mapping[str, str], terminal: Terminal) -> int:
    if not words or words[0].startswith("-"):
        raise Misconfigured([f"read what? The name comes first: motes read NAME; there are {', '.join(Plugins())}"])
    settings, given = _settings(words[0], words[1:], environment)
    metrics = given.get(METRICS.name)
    # What is wrong is told with the reading.
    settings.values["log.level"] = given.get("log.level", "error")
    settings.values["web.disable-exporter-metrics"] = True
    service = Service("motes read", settings, lambda: settings, ())
    try:
        scrape = service.take()
        page = service.pages.make(scrape, openmetrics=False, gzip=False).decode()
        terminal.write(_as_served(page) if metrics else _told(service, page, terminal))
    finally:
        service.end()
    return int(_failed(scrape))


def _settings(name: str, flags: Sequence[str], environment: Mapping[str, str]) -> "tuple[Settings, Values]":
    plugins = Plugins()
    plugin = find(plugins, name.partition(".")[0])
    old: dict[str, str] = {}
    given = CommandLine(joined(Catalogue([METRICS]), on_command_line(plugin)), {}).read(flags, old)
    own = {option: value for option, value in given.items() if option != METRICS.name}
    settings = Sources(own, environment, plugins, own=plugin, searching=True, old=old).read()
    settings.exporters = chosen(settings.exporters, [name])
    return settings, given


def _failed(scrape: Scrape) -> bool:
    return any(result is None or result.error for _, result in scrape.results())


def _as_served(page: str) -> Iterator[Line]:
    return ([(line, "")] for line in page.removesuffix("\n").split("\n"))


def _told(service: Service, page: str, terminal: Terminal) -> list[Line]:
    reporter = Reporter(service.name, service.engine, service.listeners, running=service.running, allowed=tuple)
    report = reporter.report(frozenset([run.name for run in service.running.runs]))
    width, _ = terminal.size
    report.exporters = [_shown(exporter) for exporter in report.exporters if exporter.name != OWN]
    lines = wrong(problems(report), width)
    for exporter in report.exporters:
        lines += [*exported(exporter, report.now, width), []]
    if not any(exporter.sensors for exporter in report.exporters):
        lines += chain.from_iterable(_series(line, width) for line in page.split("\n"))
    return lines


def _shown(exporter: ExporterReport) -> ExporterReport:
    """Fit to be shown; of an exporter with sensors, only those collectors that went wrong."""
    collectors = [each for each in exporter.collectors if not exporter.sensors or each.state in WRONG]
    for each in collectors:
        each.name, each.error = plain(each.name), plain(each.error)
    shown = ExporterReport(plain(exporter.name), collectors, [_plain(sensor) for sensor in exporter.sensors])
    shown.state, shown.problem = exporter.state, plain(exporter.problem)
    return shown


def _plain(sensor: Sensor) -> Sensor:
    return Sensor(
        plain(sensor.name),
        [(plain(name), plain(value)) for name, value in sensor.readings],
        sensor.seen,
        problem=plain(sensor.problem),
        advice=plain(sensor.advice),
    )


def _series(line: str, width: int) -> list[Line]:
    """A line of the text format: a family with what it is, a label set with its value."""
    if line.startswith("# HELP "):
        name, _, help = line.removeprefix("# HELP ").partition(" ")
        return paragraph([(plain(name) + "  ", "bold")], plain(help), width, "dim", indent=4)
    if not line or line.startswith("#"):
        return []
    series, _, value = line.rpartition(" ")
    _, brace, labels = series.partition("{")
    return [[("  ", ""), (plain(brace + labels) + "  " if brace else "", "dim"), (plain(value), "")]]
