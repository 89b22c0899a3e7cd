"""Open files of the whole system.

Source: proc/sys/fs/file-nr, see proc_sys_fs(5): allocated, allocated but unused (0 since Linux 2.6), maximum.
Unit:   file handles.
Errors: a missing file, or one of fewer than three columns between tabs, fails the collector.
"""

from collections.abc import Iterator

from motes.exporters.node.host import Host
from motes.shared.exposition import Family, gauge


def collect(host: Host) -> Iterator[Family]:
    allocated, _, maximum = host.proc.value("sys/fs/file-nr").split(b"\t")[:3]
    yield gauge("node_filefd_allocated", "File handles in use.", allocated)
    yield gauge("node_filefd_maximum", "File handles that the kernel would allocate.", maximum)
