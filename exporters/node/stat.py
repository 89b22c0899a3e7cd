"""The kernel's activity: interrupts, context switches, forks, processes, and when it booted.

Source: proc/stat, see proc_stat(5).
Unit:   counts; the boot time is in seconds since the epoch.
Errors: numbers that are none, in any line of the file, fail the collector. What a kernel does not tell is 0, as in
        node_exporter: softirqs before Linux 2.6.31, processes by state before 2.5.45.
"""

from collections.abc import Iterator

from motes.exporters.node import _procstat
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, counter, gauge, labels
from motes.shared.options import BOOLEAN, Option

_SOFTIRQ = "collector.stat.softirq"

OPTIONS = (Option(_SOFTIRQ, BOOLEAN, False, "Tell the softirqs, by vector."),)

_FAMILIES = (
    (b"intr", counter, "node_intr_total", "Interrupts serviced."),
    (b"ctxt", counter, "node_context_switches_total", "Context switches."),
    (b"processes", counter, "node_forks_total", "Forks."),
    (b"btime", gauge, "node_boot_time_seconds", "When the kernel booted, in seconds since the epoch."),
    (b"procs_running", gauge, "node_procs_running", "Processes that run or could run."),
    (b"procs_blocked", gauge, "node_procs_blocked", "Processes that wait for I/O to complete."),
)
# In the order of the line, after the total.
_VECTORS = ("hi", "timer", "net_tx", "net_rx", "block", "block_iopoll", "tasklet", "sched", "hrtimer", "rcu")
_VECTOR_LABELS = tuple(labels(vector=vector) for vector in _VECTORS)


def collect(host: Host) -> Iterator[Family]:
    lines = _procstat.lines(host.proc("stat"))
    for word, family, name, help in _FAMILIES:
        yield family(name, help, lines.get(word, b"0").split(None, 1)[0])
    if host.flags[_SOFTIRQ]:
        vectors = lines[b"softirq"].split()[1:] if b"softirq" in lines else [b"0"] * len(_VECTORS)
        yield counter("node_softirqs_total", "Softirqs by vector.", dict(zip(_VECTOR_LABELS, vectors, strict=False)))
