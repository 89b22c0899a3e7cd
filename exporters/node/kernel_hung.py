"""Tasks that hung.

Source: proc/sys/kernel/hung_task_detect_count, since Linux 6.13, with CONFIG_DETECT_HUNG_TASK.
Unit:   tasks found to have hung since the boot.
Errors: no data without the file; one that holds no number fails this collector.
"""

from collections.abc import Iterator

from motes.exporters.node._attributes import decimal
from motes.exporters.node.host import Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family, counter


def collect(host: Host) -> Iterator[Family]:
    try:
        count = host.proc.value("sys/kernel/hung_task_detect_count")
    except FileNotFoundError:
        raise NoData from None
    yield counter("node_kernel_hung_tasks_total", "Tasks found to have hung since the boot.", decimal(count))
