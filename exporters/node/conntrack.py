"""Connection tracking of netfilter.

Source: proc/sys/net/netfilter/nf_conntrack_{count,max} and proc/net/stat/nf_conntrack, a line of hexadecimal
        numbers per CPU, see the kernel's nf_conntrack-sysctl documentation and nf_conntrack_standalone.c.
Unit:   entries; events since the module was loaded, summed over the CPUs.
Errors: no data where the module is not loaded; a line of another length fails this collector.
"""

from collections.abc import Iterator

from motes.exporters.node.host import Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family, gauge

# Name, column, help.
_STATISTICS = (
    ("found", 2, "Searches of the table that found an entry."),
    ("invalid", 4, "Packets that could not be tracked."),
    ("ignore", 5, "Packets of connections that are tracked already."),
    ("insert", 8, "Entries put into the table."),
    ("insert_failed", 9, "Entries not put into the table, an equal one being there."),
    ("drop", 10, "Packets dropped because tracking failed."),
    ("early_drop", 11, "Entries dropped to make room in a full table."),
    ("search_restart", 16, "Searches begun again because the table was resized."),
)


def collect(host: Host) -> Iterator[Family]:
    try:
        entries = int(host.proc("sys/net/netfilter/nf_conntrack_count"))
        limit = int(host.proc("sys/net/netfilter/nf_conntrack_max"))
        lines = host.net("stat/nf_conntrack").splitlines()[1:]
    except FileNotFoundError as error:
        raise NoData from error
    yield gauge("node_nf_conntrack_entries", "Entries in the connection tracking table.", entries)
    yield gauge("node_nf_conntrack_entries_limit", "How many entries the table may have.", limit)
    columns = list(zip(*[_numbers(line) for line in lines], strict=True))
    for name, column, told in _STATISTICS:
        yield gauge(f"node_nf_conntrack_stat_{name}", told, sum(columns[column]) if columns else 0)


def _numbers(line: bytes) -> list[int]:
    numbers = [int(field, 16) for field in line.split()]
    if len(numbers) == 16:
        numbers.append(0)  # search_restart, since Linux 2.6.35
    if len(numbers) != 17:
        raise ValueError(f"net/stat/nf_conntrack: {len(numbers)} columns, not 17")
    return numbers
