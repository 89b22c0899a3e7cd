"""Memory zones: their pages and watermarks.

Source: proc/zoneinfo, see proc_zoneinfo(5) and zoneinfo_show_print() in the kernel's mm/vmstat.c. What the kernel
        counts for a whole node stands in its first zone, since Linux 4.8.
Unit:   pages; the size of kernel stacks is in KiB since Linux 4.8, before they were counted.
Errors: a zone without a name fails the collector; lines of another form, and fields that a kernel does not have, are
        left out.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from motes.exporters.node._zone_fields import FIELDS
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, labels
from motes.shared.frame import Frame, Row

_PROTECTION = b"protection:"
# Lists of each CPU's pages follow, in which nothing is wanted.
_END = b"\n  pagesets"


def collect(host: Host) -> Iterator[Family]:
    columns: dict[bytes, dict[bytes, bytes]] = {field: {} for field in FIELDS}
    for zone in (b"\n" + host.proc("zoneinfo")).split(b"\nNode")[1:]:
        heading, _, rest = zone.partition(b"\n")
        label_set = _zone(heading)
        for field, number in _numbers(rest.partition(_END)[0]):
            if field in columns or field.startswith(_PROTECTION):
                columns.setdefault(field, {})[label_set] = number
    layout = tuple([(field, tuple(column)) for field, column in columns.items()])
    yield _frame(layout).fill(chain.from_iterable([column.values() for column in columns.values()]))


@lru_cache(maxsize=64)
def _zone(heading: bytes) -> bytes:
    """The labels of ` 0, zone   Normal`."""
    node, _, zone = heading.split()
    return labels(node=node.removesuffix(b","), zone=zone)


def _numbers(lines: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Fields and their numbers. `protection: (0, 3953)` gives one for each number."""
    for line in lines.splitlines():
        field, *words = line.split() or [b""]
        if field == _PROTECTION:
            numbers = [word.strip(b"(),") for word in words]
            if all(map(bytes.isdigit, numbers)):
                yield from [(b"%b%d" % (field, at), number) for at, number in enumerate(numbers)]
        elif words and words[0].isdigit():
            yield field, words[0]


@lru_cache(maxsize=1)
def _frame(layout: tuple[tuple[bytes, tuple[bytes, ...]], ...]) -> Frame:
    return Frame([_row(field, label_sets) for field, label_sets in layout])


def _row(field: bytes, label_sets: tuple[bytes, ...]) -> Row:
    if field in FIELDS:
        kind, name, help = FIELDS[field]
        return kind, f"node_zoneinfo_{name}", help, label_sets
    at = field.removeprefix(_PROTECTION).decode()
    return "gauge", f"node_zoneinfo_protection_{at}", f"Number {at} of the zone's protection.", label_sets
