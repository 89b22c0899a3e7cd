"""Protocol statistics of the network stack.

Source: proc/net/netstat and proc/net/snmp, lines of names each followed by a line of numbers; proc/net/snmp6, a name
        and a number a line (not there without IPv6). See the kernel's snmp_counter documentation.
Unit:   as the kernel's: events, mostly; octets.
Errors: a missing netstat or snmp, names without numbers, a number that is none fail this collector.
"""

import re
from itertools import zip_longest

from motes.exporters.node.host import Host
from motes.shared.exposition import Family
from motes.shared.frame import Frame
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

# What is left without them is the layout.
_DIGITS = b"0123456789"


class Collector:
    """Keeps the frame of the wanted statistics, and where their numbers stand, until the kernel writes other names."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._wanted: re.Pattern[str] = host.flags["collector.netstat.fields"]
        self._seen: tuple[list[bytes], bytes, list[bytes], int] | None = None
        self._frame = Frame(())
        self._tables: list[int] = []
        self._places: list[int] = []

    def collect(self) -> list[Family]:
        lines = self._host.net("netstat").splitlines() + self._host.net("snmp").splitlines()
        names, numbers = lines[::2], lines[1::2]
        content6 = self._read6()
        words6 = content6.split()
        seen = names, b"\n".join(numbers).translate(None, _DIGITS), words6[::2], len(words6)
        if seen != self._seen:
            self._seen = None  # the look may fail half way
            self._look(names, numbers, content6)
            self._seen = seen
        words: list[bytes] = []
        for at in self._tables:
            words += numbers[at].split(b" ")
        words += words6
        return [self._frame.fill([words[at] for at in self._places])]

    def _read6(self) -> bytes:
        try:
            return self._host.net("snmp6")
        except FileNotFoundError:
            return b""

    def _look(self, names: list[bytes], numbers: list[bytes], content6: bytes) -> None:
        tables = [_keys(*pair) for pair in zip_longest(names, numbers, fillvalue=b"")]
        self._tables = [at for at, keys in enumerate(tables) if any(map(self._wanted.search, keys))]
        keys = [key for at in self._tables for key in tables[at]] + _keys6(content6)
        places = {key: at for at, key in enumerate(keys) if key and self._wanted.search(key)}
        self._frame = Frame(
            [("untyped", f"node_netstat_{key}", f"Statistic {key.replace('_', '', 1)}.", (b"",)) for key in places]
        )
        self._places = list(places.values())


def _keys(names: bytes, numbers: bytes) -> list[str]:
    """Protocol_Field for each word of a line of numbers, and nothing for the first, the protocol."""
    protocol, colon, _ = names.decode().partition(":")
    if names.count(b" ") != numbers.count(b" ") or not colon:
        raise ValueError(f"names without their numbers: {names[:40]!r}")
    for number in numbers.split(b" ")[1:]:
        float(number)
    return ["", *[f"{protocol}_{field}" for field in names.decode().split(" ")[1:]]]


def _keys6(content: bytes) -> list[str]:
    """The same for each word of snmp6, and nothing for the names, and for a number that is named without a 6."""
    keys: list[str] = []
    for line in content.splitlines():
        words = line.split()
        keys += [""] * len(words)
        if len(words) > 1 and b"6" in words[0]:
            float(words[1])
            keys[1 - len(words)] = words[0].decode().replace("6", "6_", 1)
    return keys
