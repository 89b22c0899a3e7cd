"""What the kernel's memory management counts.

Source: proc/vmstat, a name and a number a line.
Unit:   as the kernel counts: pages, events, kibibytes (pgpgin, pgpgout).
Errors: a line without a number fails the collector, whether its field is wanted or not.
"""

import re

from motes.exporters.node.host import Host
from motes.shared.exposition import Family
from motes.shared.frame import Frame
from motes.shared.options import Option
from motes.shared.re2 import REGEX, compile_re2

_FIELDS = "collector.vmstat.fields"
_NAME = re.compile(r"[a-zA-Z0-9_:]+")

OPTIONS = (Option(_FIELDS, REGEX, compile_re2("^(oom_kill|pgpg|pswp|pg.*fault).*"), "Fields to take, an expression."),)


# What is left of the file without them is its layout.
_DIGITS = b"0123456789"


class Collector:
    """Keeps the frame of the wanted fields, and what precedes their numbers, until the kernel writes other lines."""

    def __init__(self, host: Host) -> None:
        self._proc = host.proc
        self._pattern: re.Pattern[str] = host.flags[_FIELDS]
        self._seen = b""
        self._frame = Frame(())
        self._wanted: list[bytes] = []

    def collect(self) -> list[Family]:
        content = self._proc("vmstat")
        seen = content.translate(None, _DIGITS)
        if seen != self._seen:
            self._look(content)
            self._seen = seen
        return [self._frame.fill(self._numbers(b"\n%b\n" % content))]

    def _numbers(self, content: bytes) -> list[bytes]:
        # Hardly one line in twenty is wanted: to find those is cheaper than to split them all.
        numbers = []
        start = 0
        for wanted in self._wanted:
            start = content.index(wanted, start) + len(wanted)
            numbers.append(content[start : content.index(b"\n", start)])
        return numbers

    def _look(self, content: bytes) -> None:
        fields = [field for field in map(_field, content.splitlines()) if self._pattern.search(field)]
        self._frame = Frame(
            [("untyped", f"node_vmstat_{field}", f"Field {field} of vmstat.", (b"",)) for field in fields]
        )
        self._wanted = [b"\n%b " % field.encode() for field in fields]


def _field(line: bytes) -> str:
    """The name of a line; ValueError for a line of anything but a name and a number."""
    field, *numbers = line.split(b" ")
    if len(numbers) != 1:
        raise ValueError(f"no number for {field!r}")
    float(numbers[0])
    name = field.decode()
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a field")
    return name
