"""Memory.

Source: proc/meminfo, see proc_meminfo(5). Every line is a family of its own, so a new kernel's lines need nothing here.
Unit:   bytes, from kibibytes; huge pages are counted.
Errors: a line of another form fails the collector.
"""

import re
from collections.abc import Iterator

from motes.exporters.node.host import Host
from motes.shared.exposition import Family
from motes.shared.frame import Frame

_NAME = re.compile(r"([a-zA-Z0-9_]+)(?:\(([a-zA-Z0-9_]+)\))?:")
_KIBIBYTE = 1024
# What is left of the file without the numbers: as long as it is the same, so are the families.
_NUMBERS = b" 0123456789"


class Collector:
    """Keeps the families' frame, and where their numbers stand, until the kernel writes other lines."""

    def __init__(self, host: Host) -> None:
        self._proc = host.proc
        self._seen = b""
        self._frame = Frame(())
        self._numbers: list[tuple[int, int]] = []

    def collect(self) -> Iterator[Family]:
        content = self._proc("meminfo")
        words = content.split()
        seen = content.translate(None, _NUMBERS)
        if seen != self._seen:
            self._look(content)
            self._seen = seen
        yield self._frame.fill([int(words[at]) * factor for at, factor in self._numbers])

    def _look(self, content: bytes) -> None:
        names: dict[str, str] = {}
        numbers: dict[str, tuple[int, int]] = {}
        at = 1
        for line in content.splitlines():
            field, number, *unit = line.split()
            if unit not in ([], [b"kB"]) or not number.isdigit():
                raise ValueError(f"neither a number nor one of kilobytes: {line!r}")
            name, help = _family(field)
            names[name] = help
            numbers[name] = at, _KIBIBYTE if unit else 1
            at += 2 + len(unit)
        self._frame = Frame([("gauge", name, help, (b"",)) for name, help in names.items()])
        self._numbers = list(numbers.values())


def _family(field: bytes) -> tuple[str, str]:
    """Active(anon): is Active_anon_bytes, and HugePages_Free: is HugePages_Free, in pages."""
    match = _NAME.fullmatch(field.decode("ascii"))
    if match is None:
        raise ValueError(f"{field!r} is no name of a field")
    name = "_".join(part for part in match.groups() if part)
    unit = "" if name.startswith("HugePages_") else "_bytes"
    return f"node_memory_{name}{unit}", f"Field {match[0][:-1]} of meminfo."
