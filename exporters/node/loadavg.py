"""Load average.

Source: proc/loadavg, see proc_loadavg(5).
Unit:   tasks running or in uninterruptible sleep, a mean over 1, 5 and 15 minutes.
Errors: a missing or short file fails this collector and no other.
"""

from collections.abc import Iterator

from motes.exporters.node.host import Host
from motes.shared.exposition import Family, gauge


def collect(host: Host) -> Iterator[Family]:
    one, five, fifteen = host.proc("loadavg").split()[:3]
    yield gauge("node_load1", "1m load average.", one)
    yield gauge("node_load5", "5m load average.", five)
    yield gauge("node_load15", "15m load average.", fifteen)
