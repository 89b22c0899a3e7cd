"""IP virtual servers: what the balancer has passed on, and to whom.

Source: net/ip_vs_stats and net/ip_vs, see the kernel's net/netfilter/ipvs/ip_vs_ctl.c. Numbers are hexadecimal in the
        first, but for the weights and connections in the second decimal.
Unit:   connections, packets, bytes.
Errors: no data without ip_vs_stats (no module). A file of another form, or the second one missing, fails this
        collector.
"""

from collections.abc import Iterator
from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from motes.exporters.node._attributes import decimal
from motes.exporters.node.host import Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family, counter, gauge, labels
from motes.shared.options import Kind, Option

_LABELS = ("local_address", "local_port", "remote_address", "remote_port", "proto", "local_mark")
_BACKEND_LABELS = "collector.ipvs.backend-labels"


def _parse_labels(word: str) -> tuple[str, ...]:
    wanted = {name for name in word.split(",") if name}
    unknown = sorted(wanted.difference(_LABELS))
    if unknown:
        raise ValueError(f'"{unknown[0]}" is not one of: {", ".join(_LABELS)}')
    return tuple(sorted(wanted))


OPTIONS = (
    Option(
        _BACKEND_LABELS,
        Kind("LABEL,…", _parse_labels, show=",".join),
        tuple(sorted(_LABELS)),
        "Labels that backends are told apart by, with commas between; those that have the same are added up.",
    ),
)

# In the order of the file.
_TOTALS = (
    ("connections", "Connections made."),
    ("incoming_packets", "Packets received."),
    ("outgoing_packets", "Packets sent."),
    ("incoming_bytes", "Bytes received."),
    ("outgoing_bytes", "Bytes sent."),
)
# Each with its column in the line of a backend.
_BACKENDS = (
    (4, "connections_active", "Active connections of the backend."),
    (5, "connections_inactive", "Inactive connections of the backend."),
    (3, "weight", "Weight of the backend."),
)
_SERVICES = (b"TCP", b"UDP", b"SCTP", b"FWM")
_MAPPED = "::ffff:"


def collect(host: Host) -> Iterator[Family]:
    try:
        totals = _totals(host.net("ip_vs_stats"))
    except FileNotFoundError:
        raise NoData from None
    for (name, help), total in zip(_TOTALS, totals, strict=True):
        yield counter(f"node_ipvs_{name}_total", help, total)
    sums: dict[bytes, list[int]] = {}
    for service, backend in _backends(host.net("ip_vs")):
        where = _labels(host.flags[_BACKEND_LABELS], *service, backend[1])
        known = sums.get(where, (0, 0, 0))
        sums[where] = [
            sum_ + int(decimal(backend[column])) for sum_, (column, _, _) in zip(known, _BACKENDS, strict=True)
        ]
    for at, (_, name, help) in enumerate(_BACKENDS):
        yield gauge(f"node_ipvs_backend_{name}", help, {where: numbers[at] for where, numbers in sums.items()})


def _totals(content: bytes) -> list[int]:
    # Two lines of headings, and behind the totals, rates, which are for Prometheus to compute.
    lines = content.split(b"\n", 3)
    fields = lines[2].split() if len(lines) == 4 else []
    if len(fields) != len(_TOTALS):
        raise ValueError(f"net/ip_vs_stats: no line of {len(_TOTALS)} numbers: {content[:80]!r}")
    return [int(field, 16) for field in fields]


def _backends(content: bytes) -> Iterator[tuple[tuple[bytes, bytes], list[bytes]]]:
    """Each backend's line in words, with the service it belongs to: the protocol, and the address or the mark."""
    service = b"", b""
    for line in content.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] in _SERVICES:
            service = words[0], words[1]
        elif len(words) >= 6 and words[0] == b"->" and words[1] != b"RemoteAddress:Port":
            yield service, words


# Thousands of backends stay the same from scrape to scrape.
@lru_cache(maxsize=16384)
def _labels(wanted: tuple[str, ...], proto: bytes, local: bytes, remote: bytes) -> bytes:
    marked = proto == b"FWM"
    local_address, local_port = ("", 0) if marked or not local else _endpoint(local)
    remote_address, remote_port = _endpoint(remote)
    known: dict[str, str | bytes] = {
        "local_address": local_address,
        "local_mark": local if marked else b"",
        "local_port": str(local_port),
        "proto": proto,
        "remote_address": remote_address,
        "remote_port": str(remote_port),
    }
    return labels(**{name: known[name] for name in wanted}) if wanted else b""


def _endpoint(word: bytes) -> tuple[str, int]:
    """Address and port of 0A000005:0050 or [2001:0db8:…]:0050."""
    host, _, port = word.decode("ascii", "replace").rpartition(":")
    if host.startswith("["):
        address = inet_ntop(AF_INET6, inet_pton(AF_INET6, host[1:-1]))
        return address.removeprefix(_MAPPED) if "." in address else address, int(port, 16)
    return inet_ntop(AF_INET, bytes.fromhex(host)), int(port, 16)
