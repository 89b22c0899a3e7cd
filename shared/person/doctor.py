"""`motes doctor`: what is missing, or not as it should be, and what to do about it. It looks, and changes nothing.

Each part looks in a thread of its own, for what it looks at may hang; what it raises is a finding, too.
Exit status: 0 if nothing is bad, 1 if something is.
"""

from _queue import Empty, SimpleQueue
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from time import monotonic

from motes.shared import address, log, threads
from motes.shared.broken import Broken
from motes.shared.config import Misconfigured
from motes.shared.finding import BAD, GOOD, NOTE, Finding
from motes.shared.person.asked import Asked
from motes.shared.person.configuration import configuration
from motes.shared.person.exposure import Exposure
from motes.shared.person.interfaces import interfaces
from motes.shared.person.machine import machine
from motes.shared.person.terminal import Line, Terminal, paragraph, plain
from motes.shared.places import places
from motes.shared.settings import Settings, Wanted

# Seconds that one part may take: asking BlueZ has ten.
WITHIN = 20.0
_LOOKS = {GOOD: ("  ok    ", "good"), NOTE: ("  note  ", "note"), BAD: ("  BAD   ", "bad")}


class Part:
    """What is looked at together. Where it is `idle`, nothing runs that could be hurt by what is bad."""

    def __init__(self, title: str, look: Callable[[], Iterable[Finding]], *, idle: bool = False) -> None:
        self.title = title
        self._look = look
        self._idle = idle
        self._found: SimpleQueue[Finding | None] = SimpleQueue()

    def start(self) -> None:
        threads.start(self._work)

    def findings(self, until: float) -> Iterator[Finding]:
        """As they come, until a monotonic time."""
        try:
            while found := self._found.get(timeout=max(0.0, until - monotonic())):
                yield Finding(NOTE, found.what, found.advice) if self._idle and found.state == BAD else found
        except Empty:
            told = f"this has not come to an end within {WITHIN:g} s"
            yield Finding(BAD, told, "see what hangs: a disk, D-Bus, a service that is looked at here")

    def _work(self) -> None:
        try:
            for finding in self._look():
                self._found.put(finding)
        except BaseException as error:  # noqa: BLE001 - a look that fails is a finding
            told = f"looking at this failed: {type(error).__name__}: {error}"
            self._found.put(Finding(BAD, told, "nobody has thought of this: report it"))
        self._found.put(None)


def doctor(words: Sequence[str], environment: Mapping[str, str], terminal: Terminal) -> int:
    # What goes to the log elsewhere is told as findings here.
    log.configure("error", "logfmt")
    parts = _parts(Asked(words, environment), environment)
    for part in parts:
        part.start()
    until = monotonic() + WITHIN
    bad = 0
    for part in parts:
        bad += _tell(part, until, terminal)
    told = "Nothing is bad." if not bad else "One thing is bad." if bad == 1 else f"{bad} things are bad."
    terminal.write([[(told, "bad" if bad else "good")]])
    return int(bool(bad))


def _tell(part: Part, until: float, terminal: Terminal) -> int:
    """How many things are bad."""
    width, _ = terminal.size
    terminal.write([[(plain(part.title), "bold")]])
    bad = 0
    for finding in part.findings(until):
        terminal.write(_lines(finding, width))
        bad += finding.state == BAD
    terminal.write([[]])
    return bad


def _lines(finding: Finding, width: int) -> list[Line]:
    lines = paragraph([_LOOKS.get(finding.state, _LOOKS[BAD])], plain(str(finding.what)), width, indent=8)
    if finding.advice and finding.state != GOOD:
        lines += paragraph([("        → ", "")], plain(str(finding.advice)), width, indent=10)
    return lines


def _parts(asked: Asked, environment: Mapping[str, str]) -> list[Part]:
    settings = asked.settings
    title = f"configuration {settings.file}".rstrip()
    serves = settings.values["web.listen-address"] or any(each.listen for each in settings.exporters)
    return [
        Part("this machine", partial(machine, environment)),
        Part(title, partial(configuration, settings, asked.old)),
        *([Part("who can reach it", partial(_exposure, settings))] if serves else []),
        *[Part(each.name, partial(_needs, each)) for each in settings.exporters if each.sound],
        *[Part(f"{each.name} (does not run)", partial(_needs, each), idle=True) for each in asked.idle],
    ]


def _needs(wanted: Wanted) -> Iterator[Finding]:
    if isinstance(wanted.plugin, Broken):
        yield Finding(BAD, f"it cannot be used: {wanted.plugin.error}", "install it, and what it needs, again")
        return
    none = True
    for finding in wanted.plugin.needs(wanted.values):
        none = False
        yield finding
    if none:
        yield Finding(GOOD, "it says of nothing that it needs it")


def _exposure(settings: Settings) -> Iterator[Finding]:
    values = settings.values
    try:
        served = places(settings)
    except Misconfigured:
        # Told with the configuration.
        served = {address.parse(spec): frozenset() for spec in values["web.listen-address"]}
    exposure = Exposure(
        values["web.allow"],
        interfaces(),
        socket_mode=values["web.socket-mode"],
        socket_group=values["web.socket-group"],
    )
    for where, names in served.items():
        yield from exposure.of(where, sorted(names))
