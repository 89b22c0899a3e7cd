"""Connection tracking of netfilter.

Source: proc/sys/net/netfilter/nf_conntrack_{count,max} and proc/net/stat/nf_conntrack, a line of hexadecimal
        numbers per CPU, see the kernel's nf_conntrack-sysctl documentation and nf_conntrack_standalone.c.
Unit:   entries; events since the module was loaded, summed over the CPUs.
Errors: no data where the module is not loaded; no statistics where the kernel was built without them
        (CONFIG_NF_CONNTRACK_PROCFS); a line of another length fails this collector.
"""

from functools import cache, lru_cache

from motes.exporters.node._attributes import decimal, hexadecimal
from motes.exporters.node.host import Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family
from motes.shared.frame import Frame

_STATISTICS = 17
_FAMILIES = (
    ("entries", "Entries in the connection tracking table."),
    ("entries_limit", "How many entries the table may have."),
    ("stat_found", "Searches of the table that found an entry."),
    ("stat_invalid", "Packets that could not be tracked."),
    ("stat_ignore", "Packets of connections that are tracked already."),
    ("stat_insert", "Entries put into the table."),
    ("stat_insert_failed", "Entries not put into the table, an equal one being there."),
    ("stat_drop", "Packets dropped because tracking failed."),
    ("stat_early_drop", "Entries dropped to make room in a full table."),
    ("stat_search_restart", "Searches begun again because the table was resized."),
)
# Of the last eight, in the lines of a CPU.
_COLUMNS = (2, 4, 5, 8, 9, 10, 11, 16)


def collect(host: Host) -> list[Family]:
    try:
        entries = host.proc("sys/net/netfilter/nf_conntrack_count")
        limit = host.proc("sys/net/netfilter/nf_conntrack_max")
    except FileNotFoundError as error:
        raise NoData from error
    return _families(entries, limit, _statistics(host))


def _statistics(host: Host) -> bytes | None:
    try:
        return host.net("stat/nf_conntrack")
    except FileNotFoundError:
        return None


# On a quiet machine nothing has happened since the last time.
@lru_cache(maxsize=1)
def _families(entries: bytes, limit: bytes, statistics: bytes | None) -> list[Family]:
    values = [int(decimal(entries.strip())), int(decimal(limit.strip()))]
    if statistics is not None:
        rows = [_numbers(line) for line in statistics.splitlines()[1:]]
        values += [sum([row[column] for row in rows]) for column in _COLUMNS]
    return [_frame(len(values)).fill(values)]


@cache
def _frame(size: int) -> Frame:
    return Frame([("gauge", f"node_nf_conntrack_{name}", help, (b"",)) for name, help in _FAMILIES[:size]])


def _numbers(line: bytes) -> list[int]:
    numbers = hexadecimal(line)
    if len(numbers) == _STATISTICS - 1:
        numbers.append(0)  # search_restart, since Linux 2.6.35
    if len(numbers) != _STATISTICS:
        raise ValueError(f"net/stat/nf_conntrack: {len(numbers)} columns, not {_STATISTICS}")
    return numbers
