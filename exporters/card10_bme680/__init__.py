"""The card10 badge's BME680: temperature, humidity, pressure and what the air smells of, over its USB serial port.

Each badge has a thread of its own (badge.py) that asks it in its REPL (repl.py) or listens to what its app prints
(lines.py); what is true is remembered (badges.py), and a scrape serves that.
"""

from collections.abc import Iterator

from motes.exporters.card10_bme680.badge import NAME
from motes.exporters.card10_bme680.badges import AUTO, Badges
from motes.shared.collector import Collector
from motes.shared.exposition import Family
from motes.shared.options import BOOLEAN, Catalogue, Kind, Option, choice, interval
from motes.shared.plugin import Exporter, Plugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from motes.shared.config import Values
    from motes.shared.finding import Finding

# The shortest time between two readings, in seconds: the sensor takes a fifth of it, an app to interrupt more.
_LEAST_INTERVAL = 1.0


def _device(word: str) -> str:
    if word == AUTO or (word.startswith("/") and "\0" not in word):
        return word
    raise ValueError(f'"{word}" is neither {AUTO} nor a path such as /dev/ttyACM0')


OPTIONS = (
    Option(
        "serial.device",
        Kind("auto|PATH", _device),
        [AUTO],
        "A badge's serial port, or auto, which it is if none is given: all badges, told apart by their USB port.",
        repeatable=True,
    ),
    Option(
        "serial.mode",
        choice("repl", "lines"),
        "repl",
        "repl asks the badge, which ends the app that it runs; lines listens to an app that prints its readings.",
    ),
    Option(
        "serial.interval",
        interval(_LEAST_INTERVAL, "a reading takes"),
        30.0,
        "How often to ask, or how often an app prints. Readings hold for two and a half intervals.",
    ),
    Option(
        "serial.restart-app", BOOLEAN, False, "Start the app again that was ended, after each reading that ended it."
    ),
)


def create(values: "Values") -> Exporter:
    """An exporter from the values that were given; ValueError for those that make no sense."""
    told: Values = {option.name: option.default for option in OPTIONS} | values
    if told["serial.mode"] == "lines" and told["serial.restart-app"]:
        raise ValueError("--serial.restart-app: with --serial.mode=lines, no app is ended")
    badges = Badges(
        list(dict.fromkeys(told["serial.device"])),
        mode=told["serial.mode"],
        interval=told["serial.interval"],
        restart_app=told["serial.restart-app"],
    )

    def collect(deadline: float) -> Iterator[Family]:  # noqa: ARG001 - nothing is waited for
        yield from badges.families()

    return Exporter(
        [Collector(NAME, NAME, collect)],
        close=badges.stop,
        start=badges.start,
        settled=badges.settled,
        ended=badges.ended,
        sensors=badges.sensors,
    )


def _needs(values: "Values") -> "Iterable[Finding]":
    from motes.exporters.card10_bme680 import needs  # noqa: PLC0415 - for `motes doctor` alone

    return needs.needs(values)


PLUGIN = Plugin(NAME, Catalogue(OPTIONS), create, prefix="serial.", needs=_needs)
