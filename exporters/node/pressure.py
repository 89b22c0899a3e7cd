"""Pressure: time lost because something was short.

Source: proc/pressure, see the kernel's accounting/psi. "some" counts while any task waits, "full" while all do.
Unit:   seconds, from microseconds.
Errors: a resource without a file (irq before Linux 6.1) is left out. With none, with pressure turned off at boot, or
        with a line missing, there is no data. A line without its total fails the collector.
"""

import errno
from collections.abc import Iterator

from motes.exporters.node.host import Host, Tree
from motes.shared.collector import NoData
from motes.shared.exposition import Family, counter

# In the order cpu, io, memory, irq. The cpu's "full" says nothing about the whole system; irq has no "some".
_FAMILIES = (
    ("cpu", b"some", "cpu_waiting", "Seconds that tasks waited for a CPU."),
    ("io", b"some", "io_waiting", "Seconds that tasks waited for I/O."),
    ("io", b"full", "io_stalled", "Seconds that no task got on, for want of I/O."),
    ("memory", b"some", "memory_waiting", "Seconds that tasks waited for memory."),
    ("memory", b"full", "memory_stalled", "Seconds that no task got on, for want of memory."),
    ("irq", b"full", "irq_stalled", "Seconds that no task got on, for interrupts."),
)


def collect(host: Host) -> Iterator[Family]:
    totals = {resource: _totals(host.proc, resource) for resource in ("cpu", "io", "memory", "irq")}
    if not any(found is not None for found in totals.values()):
        raise NoData
    for resource, line, name, help in _FAMILIES:
        found = totals[resource]
        if found is None:
            continue
        if line not in found:
            raise NoData
        yield counter(f"node_pressure_{name}_seconds_total", help, float(found[line]) / 1000.0 / 1000.0)


def _totals(proc: Tree, resource: str) -> dict[bytes, bytes] | None:
    """Microseconds by "some" and "full"; None where the kernel does not know the resource."""
    try:
        content = proc(f"pressure/{resource}")
    except FileNotFoundError:
        return None
    except OSError as error:
        # psi=0, or CONFIG_PSI_DEFAULT_DISABLED without psi=1.
        if error.errno == errno.EOPNOTSUPP:
            raise NoData from None
        raise
    return {
        line.split(b" ", 1)[0]: _total(line) for line in content.splitlines() if line.startswith((b"some ", b"full "))
    }


def _total(line: bytes) -> bytes:
    total = line.rpartition(b" total=")[2].strip()
    if not total.isdigit():
        raise ValueError(f"no total in {line!r}")
    return total
