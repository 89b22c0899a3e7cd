"""The kernel's activity: interrupts, context switches, forks, processes, and when it booted.

Source: proc/stat, see proc_stat(5).
Unit:   counts; the boot time is in seconds since the epoch.
Errors: numbers that are none, in any line of the file, fail the collector. What a kernel does not tell is 0, as in
        node_exporter: softirqs before Linux 2.6.31, processes by state before 2.5.45.
"""

from motes.exporters.node import _procstat
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, labels
from motes.shared.frame import Frame
from motes.shared.options import BOOLEAN, Option

_SOFTIRQ = "collector.stat.softirq"

OPTIONS = (Option(_SOFTIRQ, BOOLEAN, False, "Tell the softirqs, by vector."),)

_WORDS = (b"intr", b"ctxt", b"processes", b"btime", b"procs_running", b"procs_blocked")
_FAMILIES = (
    ("counter", "node_intr_total", "Interrupts serviced.", (b"",)),
    ("counter", "node_context_switches_total", "Context switches.", (b"",)),
    ("counter", "node_forks_total", "Forks.", (b"",)),
    ("gauge", "node_boot_time_seconds", "When the kernel booted, in seconds since the epoch.", (b"",)),
    ("gauge", "node_procs_running", "Processes that run or could run.", (b"",)),
    ("gauge", "node_procs_blocked", "Processes that wait for I/O to complete.", (b"",)),
)
# In the order of the line, after the total.
_VECTORS = ("hi", "timer", "net_tx", "net_rx", "block", "block_iopoll", "tasklet", "sched", "hrtimer", "rcu")
# What is left of the file without them is its layout.
_DIGITS = b"0123456789"
# The line after the file's own, for what a kernel does not tell.
_NONE = -1
_ZEROES = b"-" + b" 0" * (1 + len(_VECTORS))


class Collector:
    """Keeps the families' frame, and the lines their numbers are in, until the kernel writes other lines."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._softirq = host.flags[_SOFTIRQ]
        vectors = [labels(vector=vector) for vector in _VECTORS] if self._softirq else []
        self._frame = Frame((*_FAMILIES, ("counter", "node_softirqs_total", "Softirqs by vector.", vectors)))
        self._seen: bytes | None = None
        self._lines: list[int] = []
        self._vectors = _NONE

    def collect(self) -> list[Family]:
        content = _procstat.content(self._host)
        seen = content.translate(None, _DIGITS)
        if seen != self._seen:
            self._look(content)
            self._seen = seen
        lines = [*content.splitlines(), _ZEROES]
        values = [lines[at].split(None, 2)[1] for at in self._lines]
        if self._softirq:
            values += lines[self._vectors].split()[2 : 2 + len(_VECTORS)]
        return [self._frame.fill(values)]

    def _look(self, content: bytes) -> None:
        told = _procstat.lines(content)
        at = {word: at for at, line in enumerate(content.splitlines()) for word in line.split(None, 1)[:1]}
        self._lines = [at[word] if word in told else _NONE for word in _WORDS]
        self._vectors = at[b"softirq"] if b"softirq" in told else _NONE
