"""Softirqs that each CPU has run, by their kind.

Source: proc/softirqs, see proc_softirqs(5): a line a kind, a column for each CPU that there could be.
Unit:   softirqs since the boot.
Errors: an empty file, and anything but numbers behind a kind's name, fail the collector. Other kinds are left out.
"""

from functools import lru_cache
from itertools import chain

from motes.exporters.node._attributes import decimal
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, labels
from motes.shared.frame import Frame

_KINDS = frozenset(
    (b"HI", b"TIMER", b"NET_TX", b"NET_RX", b"BLOCK", b"IRQ_POLL", b"TASKLET", b"SCHED", b"HRTIMER", b"RCU")
)


def collect(host: Host) -> list[Family]:
    lines = host.proc("softirqs").splitlines()
    if not lines:
        raise ValueError("softirqs is empty")
    rows: dict[bytes, list[bytes]] = {}
    for line in lines[1:]:
        kind, *counts = line.split() or [b""]
        if counts and kind[:-1] in _KINDS and kind.endswith(b":"):
            decimal(b"".join(counts))
            rows[kind[:-1]] = counts
    return [_frame(tuple([(kind, len(row)) for kind, row in rows.items()])).fill(chain.from_iterable(rows.values()))]


@lru_cache(maxsize=1)
def _frame(kinds: tuple[tuple[bytes, int], ...]) -> Frame:
    label_sets = [labels(cpu=str(cpu), type=kind) for kind, cpus in kinds for cpu in range(cpus)]
    return Frame([("counter", "node_softirqs_functions_total", "Softirqs run, by CPU and kind.", label_sets)])
