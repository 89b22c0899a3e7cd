"""What the kernel's memory management counts.

Source: proc/vmstat, a name and a number a line.
Unit:   as the kernel counts: pages, events, kibibytes (pgpgin, pgpgout).
Errors: a line without a number fails the collector, whether its field is wanted or not.
"""

import re
from collections.abc import Iterator

from motes.exporters.node.host import Host
from motes.shared.exposition import Family, untyped
from motes.shared.options import Option
from motes.shared.re2 import REGEX, compile_re2

_FIELDS = "collector.vmstat.fields"
_NAME = re.compile(r"[a-zA-Z0-9_:]+")

OPTIONS = (Option(_FIELDS, REGEX, compile_re2("^(oom_kill|pgpg|pswp|pg.*fault).*"), "Fields to take, an expression."),)


class Collector:
    """Keeps the names of the families by field, empty for a field that is not wanted."""

    def __init__(self, host: Host) -> None:
        self._proc = host.proc
        self._wanted: re.Pattern[str] = host.flags[_FIELDS]
        self._names: dict[bytes, str] = {}

    def collect(self) -> Iterator[Family]:
        words = self._proc("vmstat").split()
        fields, numbers = words[::2], words[1::2]
        if not b"".join(numbers).isdigit():
            for number in numbers:
                float(number)
        for field, number in zip(fields, numbers, strict=True):
            name = self._names.get(field)
            if name is None:
                name = self._names[field] = self._name(field.decode("ascii"))
            if name:
                yield untyped(name, f"Field {name[12:]} of vmstat.", number)

    def _name(self, field: str) -> str:
        if not _NAME.fullmatch(field):
            raise ValueError(f"{field!r} is no name of a field")
        return f"node_vmstat_{field}" if self._wanted.search(field) else ""
