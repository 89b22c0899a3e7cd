"""How many windows and tabs Firefox has, from the session files that it writes, without touching it.

Each home has a thread of its own (base.py) that finds its profiles (finding.py), sees whether the browser runs
(lock.py) and which file tells (choice.py), and has a child process count what is in it (decoder.py, decode.py); what
is true is remembered (profile.py), and a scrape serves that (tabs.py). Nothing of what is read but numbers is kept.
"""

from collections.abc import Iterator

from motes.exporters.firefox_tabs.base import NAME
from motes.exporters.firefox_tabs.mozlz4 import LARGEST
from motes.exporters.firefox_tabs.pattern import expanded
from motes.exporters.firefox_tabs.tabs import Tabs
from motes.shared.collector import Collector
from motes.shared.exposition import Family
from motes.shared.options import BOOLEAN, INTEGER, Catalogue, Kind, Option, interval
from motes.shared.plugin import Exporter, Plugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from motes.shared.config import Values
    from motes.shared.finding import Finding

# The shortest time between two looks, in seconds: browsers do not write that often.
_LEAST_INTERVAL = 1.0


def _octets(word: str) -> int:
    number: int = INTEGER.parse(word)
    if number < 1:
        raise ValueError("it is 0; no session is that small")
    if number > LARGEST:
        raise ValueError(f"it is more than {LARGEST}; no session file can claim to hold that")
    return number


OPTIONS = (
    Option(
        "firefox.profile",
        Kind("GLOB", expanded),
        [],
        "A profile's folder, or one with a profiles.ini; by default, wherever browsers keep those of this user.",
        repeatable=True,
    ),
    Option(
        "firefox.max-session-bytes",
        Kind("N", _octets, (int,)),
        256 << 20,
        "How large a session may be, unpacked; four times as much memory may be used for a moment.",
    ),
    Option(
        "firefox.interval",
        interval(_LEAST_INTERVAL, "is as often as files are looked at"),
        5.0,
        "How often to look whether files have changed.",
    ),
    Option("firefox.containers", BOOLEAN, False, "Serve tabs by the number of their container, too."),
)


def create(values: "Values") -> Exporter:
    """An exporter from the values that were given."""
    told: Values = {option.name: option.default for option in OPTIONS} | values
    tabs = Tabs(
        list(dict.fromkeys(told["firefox.profile"])),
        most=told["firefox.max-session-bytes"],
        interval=told["firefox.interval"],
        containers=told["firefox.containers"],
    )

    def collect(deadline: float) -> Iterator[Family]:  # noqa: ARG001 - nothing is waited for
        yield from tabs.families()

    return Exporter(
        [Collector(NAME, NAME, collect)],
        close=tabs.stop,
        start=tabs.start,
        settled=tabs.settled,
        ended=tabs.ended,
        sensors=tabs.sensors,
    )


def _needs(values: "Values") -> "Iterable[Finding]":
    from motes.exporters.firefox_tabs import needs  # noqa: PLC0415 - for `motes doctor` alone

    return needs.needs(values)


PLUGIN = Plugin(NAME, Catalogue(OPTIONS), create, prefix="firefox.", needs=_needs)
