"""Interrupts that each CPU has served.

Source: proc/interrupts, see proc_interrupts(5). Numbered ones have a word on their controller and then their devices,
        the others a text. The lines that count for the whole machine (ERR, MIS) are left out, as in node_exporter.
Unit:   interrupts since the boot. CPUs are numbered by their columns, which those that are offline do not have.
Errors: an empty file, or a number that is none, fails the collector.
"""

from collections.abc import Iterable, Iterator

from motes.exporters.node.device_filter import DeviceFilter
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, counter, labels
from motes.shared.frame import Frame
from motes.shared.options import BOOLEAN, Option
from motes.shared.re2 import REGEX

_PREFIX = "collector.interrupts."
_INCLUDE, _EXCLUDE, _ZEROS = _PREFIX + "name-include", _PREFIX + "name-exclude", _PREFIX + "include-zeros"
OPTIONS = (
    Option(_INCLUDE, REGEX, None, "Interrupts to serve, by their name;info;devices."),
    Option(_EXCLUDE, REGEX, None, "Interrupts to leave out, by their name;info;devices."),
    Option(_ZEROS, BOOLEAN, True, "Serve those, too, that a CPU has never seen."),
)
_NAME, _HELP = "node_interrupts_total", "Interrupts served, by CPU."

# Its name, and what stands behind the numbers.
_Interrupt = tuple[bytes, bytes]


class Collector:
    """Keeps the frame of the wanted interrupts until there are others, or other CPUs."""

    def __init__(self, host: Host) -> None:
        self._proc = host.proc
        self._filter = DeviceFilter(host.flags[_INCLUDE], host.flags[_EXCLUDE])
        self._zeros = host.flags[_ZEROS]
        self._seen: tuple[int, list[_Interrupt]] = (0, [])
        self._wanted: list[bool] = []
        self._label_sets: list[bytes] = []
        self._frame = Frame(())

    def collect(self) -> Iterator[Family]:
        header, *lines = self._proc("interrupts").split(b"\n")
        if not lines:
            raise ValueError("interrupts is empty")
        cpus = len(header.split())
        rows = _rows(lines, cpus)
        seen = cpus, [(name, words[-1]) for name, words in rows.items()]
        if seen != self._seen:
            self._look(*seen)
            self._seen = seen
        counts = [
            count for wanted, row in zip(self._wanted, rows.values(), strict=True) if wanted for count in row[:cpus]
        ]
        if self._zeros:
            yield self._frame.fill(counts)
        else:
            told = zip(self._label_sets, counts, strict=True)
            yield counter(_NAME, _HELP, {label_set: count for label_set, count in told if float(count)})

    def _look(self, cpus: int, interrupts: Iterable[_Interrupt]) -> None:
        described = [_description(*interrupt) for interrupt in interrupts]
        self._wanted = [not self._filter.ignored(_filtered(*one)) for one in described]
        self._label_sets = [
            labels(cpu=str(cpu), devices=devices, info=info, type=name)
            for (name, info, devices), wanted in zip(described, self._wanted, strict=True)
            if wanted
            for cpu in range(cpus)
        ]
        self._frame = Frame([("counter", _NAME, _HELP, self._label_sets)])


def _rows(lines: Iterable[bytes], cpus: int) -> dict[bytes, list[bytes]]:
    """By the interrupt's name, a number for each CPU and the text behind them."""
    rows = {}
    for line in lines:
        # On 64-bit ARM the first number may touch the colon.
        name, _, rest = line.partition(b":")
        words = rest.split(None, cpus)
        if len(words) > cpus:
            rows[name.lstrip(b" ")] = words
    return rows


def _description(name: bytes, text: bytes) -> tuple[bytes, bytes, bytes]:
    """Name, info and devices."""
    words = text.split()
    if name.isdigit():
        return name, words[0], b" ".join(words[1:])
    return name, b" ".join(words), b""


def _filtered(name: bytes, info: bytes, devices: bytes) -> str:
    return b";".join((name, info, devices)).decode("utf-8", "surrogateescape")
