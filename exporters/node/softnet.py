"""Packets that each CPU takes from the network's queues.

Source: proc/net/softnet_stat, see softnet_seq_show() in the kernel's net/core/net-procfs.c. Hexadecimal, a line a CPU:
        9 columns at first, 10 since Linux 2.6.39, 11 since 3.11, the backlog and the CPU's number since 5.10.
Unit:   packets or events.
Errors: a line of fewer than 9 columns or of anything but 32-bit numbers fails the collector. A column that the kernel
        does not have is 0, as in node_exporter, and a CPU without a number has that of its line.
"""

from functools import lru_cache

from motes.exporters.node.host import Host
from motes.shared.exposition import Family, labels
from motes.shared.frame import Frame

_LEAST = 9
_WITH_CPU = 13

_COLUMNS = (0, 1, 2, 8, 9, 10, 11)
_FAMILIES = (
    ("counter", "node_softnet_processed_total", "Packets processed."),
    ("counter", "node_softnet_dropped_total", "Packets dropped because the backlog was full."),
    ("counter", "node_softnet_times_squeezed_total", "Times that work was left when the budget ran out."),
    ("counter", "node_softnet_cpu_collision_total", "Collisions on the lock of a device that was to transmit."),
    ("counter", "node_softnet_received_rps_total", "Times that another CPU asked this one to process packets."),
    ("counter", "node_softnet_flow_limit_count_total", "Times that the flow limit was reached."),
    ("gauge", "node_softnet_backlog_len", "Packets in the backlog."),
)


def collect(host: Host) -> list[Family]:
    cpus: list[int] = []
    rows: list[list[int]] = []
    for index, line in enumerate(host.net("softnet_stat").splitlines()):
        row = _numbers(line)
        cpus.append(row[12] if len(row) == _WITH_CPU else index)
        rows.append(row + [0] * (_WITH_CPU - len(row)))
    return [_frame(tuple(cpus)).fill([row[column] for column in _COLUMNS for row in rows])]


@lru_cache(maxsize=1)
def _frame(cpus: tuple[int, ...]) -> Frame:
    if len(set(cpus)) < len(cpus):
        raise ValueError(f"a CPU with two lines: {cpus}")
    label_sets = [labels(cpu=str(cpu)) for cpu in cpus]
    return Frame([(*family, label_sets) for family in _FAMILIES])


def _numbers(line: bytes) -> list[int]:
    words = line.split()[:_WITH_CPU]
    numbers = [int(word, 16) for word in words[: _WITH_CPU if len(words) == _WITH_CPU else 11]]
    if len(numbers) < _LEAST:
        raise ValueError(f"{len(numbers)} columns where there are at least {_LEAST}")
    if max(numbers) >> 32 or min(numbers) < 0:
        raise ValueError(f"no 32-bit numbers: {line!r}")
    return numbers
