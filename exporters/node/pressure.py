"""Pressure: time lost because something was short.

Source: proc/pressure, see the kernel's accounting/psi. "some" counts while any task waits, "full" while all do.
Unit:   seconds, from microseconds.
Errors: a resource without a file (irq before Linux 6.1) is left out. With none, with pressure turned off at boot, or
        with a line missing, there is no data. A line without its total fails the collector.
"""

import errno

from motes.exporters.node.host import Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family
from motes.shared.frame import Frame

_RESOURCES = ("cpu", "io", "memory", "irq")
# The cpu's "full" says nothing about the whole system; irq has no "some".
_FAMILIES = (
    ("cpu", b"some", "cpu_waiting", "Seconds that tasks waited for a CPU."),
    ("io", b"some", "io_waiting", "Seconds that tasks waited for I/O."),
    ("io", b"full", "io_stalled", "Seconds that no task got on, for want of I/O."),
    ("memory", b"some", "memory_waiting", "Seconds that tasks waited for memory."),
    ("memory", b"full", "memory_stalled", "Seconds that no task got on, for want of memory."),
    ("irq", b"full", "irq_stalled", "Seconds that no task got on, for interrupts."),
)
# The fifth word of a line, after three averages.
_TOTAL_AT = 4
_TOTAL = b"total="
# What is left of a file without them is its layout.
_DIGITS = b"0123456789"


class Collector:
    """Keeps the families' frame, and where their totals stand, until the kernel writes other lines; and which
    resources there are, once there are any: the kernel learns of no other until it boots again.
    """

    def __init__(self, host: Host) -> None:
        self._proc = host.proc
        self._resources: tuple[str, ...] = ()
        self._seen: dict[str, bytes] = {}
        self._frame = Frame(())
        self._totals: list[int] = []

    def collect(self) -> list[Family]:
        contents = {
            name: content for name in self._resources or _RESOURCES if (content := self._read(name)) is not None
        }
        if not contents:
            raise NoData
        seen = {name: content.translate(None, _DIGITS) for name, content in contents.items()}
        if seen != self._seen:
            self._look(contents)
            self._resources = self._resources or tuple(contents)
            self._seen = seen
        words = b"\n".join(contents.values()).split()
        return [self._frame.fill([float(words[at][len(_TOTAL) :]) / 1000.0 / 1000.0 for at in self._totals])]

    def _read(self, resource: str) -> bytes | None:
        """The file; None where the kernel does not know the resource."""
        try:
            return self._proc(f"pressure/{resource}")
        except FileNotFoundError:
            return None
        except OSError as error:
            # psi=0, or CONFIG_PSI_DEFAULT_DISABLED without psi=1.
            if error.errno == errno.EOPNOTSUPP:
                raise NoData from None
            raise

    def _look(self, contents: dict[str, bytes]) -> None:
        places = _places(contents)
        families = [family for family in _FAMILIES if family[0] in contents]
        if any(family[:2] not in places for family in families):
            raise NoData
        self._frame = Frame(
            [("counter", f"node_pressure_{name}_seconds_total", help, (b"",)) for _, _, name, help in families]
        )
        self._totals = [places[resource, line] for resource, line, _, _ in families]


def _places(contents: dict[str, bytes]) -> dict[tuple[str, bytes], int]:
    """Which of all the words is the total, by resource and by "some" and "full"."""
    places: dict[tuple[str, bytes], int] = {}
    end = 0
    for resource, content in contents.items():
        for line in content.splitlines():
            words = line.split()
            if line.startswith((b"some ", b"full ")):
                total = b"".join(words[_TOTAL_AT : _TOTAL_AT + 1])
                if not total.startswith(_TOTAL) or not total[len(_TOTAL) :].isdigit():
                    raise ValueError(f"no total in {line!r}")
                places[resource, words[0]] = end + _TOTAL_AT
            end += len(words)
    return places
