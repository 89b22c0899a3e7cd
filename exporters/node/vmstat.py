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
    """Keeps which of the file's lines are wanted, and their names, as long as its fields stay the same."""

    def __init__(self, host: Host) -> None:
        self._proc = host.proc
        self._pattern: re.Pattern[str] = host.flags[_FIELDS]
        self._fields: list[bytes] = []
        self._wanted: list[tuple[int, str]] = []

    def collect(self) -> Iterator[Family]:
        words = self._proc("vmstat").split()
        fields, numbers = words[::2], words[1::2]
        if len(fields) != len(numbers):
            raise ValueError(f"no number for {fields[-1]!r}")
        if not b"".join(numbers).isdigit():
            for number in numbers:
                float(number)
        if fields != self._fields:
            self._wanted = list(self._choose(fields))
            self._fields = fields
        for index, field in self._wanted:
            yield untyped(f"node_vmstat_{field}", f"Field {field} of vmstat.", numbers[index])

    def _choose(self, fields: list[bytes]) -> Iterator[tuple[int, str]]:
        for index, field in enumerate(map(bytes.decode, fields)):
            if not _NAME.fullmatch(field):
                raise ValueError(f"{field!r} is no name of a field")
            if self._pattern.search(field):
                yield index, field
