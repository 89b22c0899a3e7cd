"""Protocol statistics of the network stack.

Source: proc/net/netstat and proc/net/snmp, lines of names each followed by a line of numbers; proc/net/snmp6, a name
        and a number a line (not there without IPv6). See the kernel's snmp_counter documentation.
Unit:   as the kernel's: events, mostly; octets.
Errors: a missing netstat or snmp, names without numbers, a number that is none fail this collector.
"""

import contextlib
from collections.abc import Iterator
from itertools import zip_longest

from motes.exporters.node.host import Host
from motes.shared.exposition import Family, untyped
from motes.shared.options import Option
from motes.shared.re2 import REGEX, compile_re2

OPTIONS = (
    Option(
        "collector.netstat.fields",
        REGEX,
        compile_re2(
            "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|"
            "TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|"
            "Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|"
            "Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$"
        ),
        "Statistics to serve, by name (Protocol_Field).",
    ),
)

_Field = tuple[int, str, str]
# A kernel has about ten; more of them means that something is writing nonsense.
_MOST_TABLES = 100


class Collector:
    """Keeps which of a table's statistics are wanted, for as long as the kernel writes the same names."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._wanted = host.flags["collector.netstat.fields"]
        self._fields: dict[tuple[bytes, ...], list[_Field]] = {}

    def collect(self) -> Iterator[Family]:
        tables = [*_tables(self._host.net("netstat")), *_tables(self._host.net("snmp"))]
        with contextlib.suppress(FileNotFoundError):
            tables.append(_table6(self._host.net("snmp6")))
        samples: dict[str, tuple[str, bytes]] = {}
        for names, numbers in tables:
            _check(numbers)
            fields = self._fields.get(names)
            for position, name, told in self._look(names) if fields is None else fields:
                samples[name] = told, numbers[position]
        for name, (told, number) in samples.items():
            yield untyped(name, told, number)

    def _look(self, names: tuple[bytes, ...]) -> list[_Field]:
        keys = [key.decode() for key in _keys(names)]
        fields = [
            (position, f"node_netstat_{key}", f"Statistic {key.replace('_', '', 1)}.")
            for position, key in enumerate(keys)
            if key and self._wanted.search(key)
        ]
        if len(self._fields) >= _MOST_TABLES:
            self._fields.clear()
        self._fields[names] = fields
        return fields


_Table = tuple[tuple[bytes, ...], list[bytes]]


def _tables(content: bytes) -> Iterator[_Table]:
    """Pairs of lines: the names (kept as one, for they rarely change) and their numbers."""
    lines = content.splitlines()
    for names, numbers in zip_longest(lines[::2], lines[1::2], fillvalue=b""):
        if names.count(b" ") != numbers.count(b" ") or b":" not in names:
            raise ValueError(f"names without their numbers: {names[:40]!r}")
        yield (names,), numbers.split(b" ")[1:]


def _table6(content: bytes) -> _Table:
    fields = content.split()
    if len(fields) != 2 * content.count(b"\n"):
        rows = [line.split()[:2] for line in content.splitlines()]
        fields = [field for row in rows if len(row) == 2 for field in row]
    return tuple(fields[::2]), fields[1::2]


def _keys(names: tuple[bytes, ...]) -> list[bytes]:
    """Protocol_Field for each number of a table; nothing for one that snmp6 names without its 6."""
    if len(names) == 1 and b": " in names[0]:
        protocol, _, fields = names[0].partition(b": ")
        return [b"%b_%b" % (protocol, field) for field in fields.split(b" ")]
    return [name.replace(b"6", b"6_", 1) if b"6" in name else b"" for name in names]


def _check(numbers: list[bytes]) -> None:
    """ValueError for a number that is none, of those too that are not wanted."""
    if numbers and not b"".join(numbers).replace(b"-", b"").isdigit():
        for number in numbers:
            float(number)
