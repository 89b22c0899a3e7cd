"""LYWSD03MMC Bluetooth thermometers: what they say by themselves, and what they answer when asked.

A thread of its own listens and polls (radio.py), what it hears is decoded (frames.py) and remembered for as long as it
is true (thermometers.py), and a scrape serves that.
"""

from collections.abc import Iterator

from motes.exporters.lywsd03mmc import keys, mac
from motes.exporters.lywsd03mmc.radio import Radio
from motes.exporters.lywsd03mmc.thermometers import Thermometers
from motes.shared.collector import Collector
from motes.shared.exposition import Family
from motes.shared.options import PATH, TEXT, Catalogue, Kind, Option, choice, interval
from motes.shared.pairs import Pairs
from motes.shared.plugin import Exporter, Plugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from motes.shared.config import Values
    from motes.shared.finding import Finding

NAME = "lywsd03mmc"
_MAC = Kind("MAC", mac.parse)
_KEY = Kind("KEY", keys.parse, private="--ble.key-file")
# The shortest time between two polls of one device, in seconds: connecting takes as long, and costs its battery.
_LEAST_INTERVAL = 10.0


def _adapter(word: str) -> str:
    """Its name, from that, from its number or from its address."""
    if word.isascii() and word.isdigit():
        return f"hci{int(word)}"
    return mac.parse(word) if ":" in word else word


OPTIONS = (
    Option("ble.adapter", Kind("ADAPTER", _adapter), "", "The adapter: hci1, its number or address; any that is on."),
    Option(
        "ble.scan",
        choice("auto", "passive", "active", "off"),
        "auto",
        "How to listen. auto is passive where BlueZ can, which costs the thermometers nothing, and active elsewhere.",
    ),
    Option(
        "ble.devices",
        choice("all", "configured"),
        "all",
        "Whom to listen to: all that can be understood, or those that have a key or a name, or are polled.",
    ),
    Option("ble.poll", _MAC, [], "A device to connect to and ask, from time to time.", repeatable=True),
    Option("ble.poll-interval", interval(_LEAST_INTERVAL, "polling takes"), 300.0, "How often to ask it."),
    Option("ble.key-file", PATH, "", "A file with keys of devices that encrypt, in lines such as MAC KEY."),
    Option("ble.key", Pairs(_MAC, _KEY), [], "The key of a device that encrypts.", repeatable=True),
    Option("ble.name", Pairs(_MAC, TEXT), [], "What to call a device, in thermometer_info.", repeatable=True),
)


def create(values: "Values") -> Exporter:
    """An exporter from the values that were given; ValueError for those that make no sense."""
    told: Values = {option.name: option.default for option in OPTIONS} | values
    poll = tuple(dict.fromkeys(told["ble.poll"]))
    if told["ble.scan"] == "off" and not poll:
        raise ValueError("--ble.scan=off: with nothing in --ble.poll there is nothing to do")
    thermometers = Thermometers(
        keys=_keys(told),
        names=dict(told["ble.name"]),
        polled=poll,
        only_configured=told["ble.devices"] == "configured",
    )
    radio = Radio(
        thermometers,
        adapter=told["ble.adapter"],
        scan=told["ble.scan"],
        poll=poll,
        poll_interval=told["ble.poll-interval"],
    )

    def collect(deadline: float) -> Iterator[Family]:  # noqa: ARG001 - nothing is waited for
        yield from thermometers.families()
        yield from radio.families()

    return Exporter(
        [Collector(NAME, NAME, collect)],
        close=radio.sampler.stop,
        start=radio.sampler.start,
        refresh=lambda: thermometers.learn(_keys(told)),
        settled=lambda: radio.deaf() or thermometers.all_heard(),
        ended=radio.sampler.ended,
        sensors=radio.sensors,
    )


def _keys(told: "Values") -> dict[str, bytes]:
    """By address, those of the configuration before those of the file."""
    path = told["ble.key-file"]
    return (keys.read_file(path) if path else {}) | dict(told["ble.key"])


def _needs(values: "Values") -> "Iterable[Finding]":
    from motes.exporters.lywsd03mmc import needs  # noqa: PLC0415 - for `motes doctor` alone

    return needs.needs(values)


PLUGIN = Plugin(NAME, Catalogue(OPTIONS), create, prefix="ble.", needs=_needs)
