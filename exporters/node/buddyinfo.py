"""Free memory by the size of its blocks.

Source: proc/buddyinfo, see proc_buddyinfo(5): a line a zone, a column an order. A block of size N is 2^N pages.
Unit:   blocks.
Errors: a line without a zone, with other columns than the line before it, or with anything but numbers fails the
        collector.
"""

from functools import lru_cache
from itertools import chain

from motes.exporters.node.host import Host
from motes.shared.exposition import Family, labels
from motes.shared.frame import Frame


def collect(host: Host) -> list[Family]:
    zones: list[tuple[bytes, bytes]] = []
    rows: list[list[bytes]] = []
    for line in host.proc("buddyinfo").splitlines():
        _, node, _, zone, *blocks = line.split()  # Node 0, zone Normal …
        zones.append((node.removesuffix(b","), zone))
        rows.append(blocks)
    if len({len(row) for row in rows}) > 1:
        raise ValueError(f"zones of different lengths: {[len(row) for row in rows]}")
    sizes = len(rows[0]) if rows else 0
    return [_frame(tuple(zones), sizes).fill(chain.from_iterable(rows))]


@lru_cache(maxsize=1)
def _frame(zones: tuple[tuple[bytes, bytes], ...], sizes: int) -> Frame:
    label_sets = [labels(node=node, size=str(size), zone=zone) for node, zone in zones for size in range(sizes)]
    return Frame([("gauge", "node_buddyinfo_blocks", "Free blocks, by their size.", label_sets)])
