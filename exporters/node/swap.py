"""What the machine swaps to.

Source: proc/swaps, see proc_swaps(5). Blanks in a name are written \\040, and stay so.
Unit:   bytes, from KiB.
Errors: a line of fewer than five words, or without its numbers, fails the collector.
"""

from collections.abc import Iterator

from motes.exporters.node.host import Host
from motes.shared.exposition import Family, gauge, labels

_KIBIBYTE = 1024


def collect(host: Host) -> Iterator[Family]:
    sizes: dict[bytes, int] = {}
    used: dict[bytes, int] = {}
    priorities: dict[bytes, int] = {}
    for line in host.proc("swaps").splitlines()[1:]:
        name, kind, size, taken, priority = line.split()[:5]
        device = labels(device=name, swap_type=kind)
        sizes[device] = int(size) * _KIBIBYTE
        used[device] = int(taken) * _KIBIBYTE
        priorities[device] = int(priority)
    yield gauge("node_swap_size_bytes", "Size of the swap space.", sizes)
    yield gauge("node_swap_used_bytes", "How much of it is used.", used)
    yield gauge("node_swap_priority", "Its priority; the highest is used first.", priorities)
