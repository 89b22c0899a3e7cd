"""The CPUs of sys/devices/system/cpu, and the kernel's way to write a list of them."""

from collections.abc import Iterator

from motes.exporters.node.host import Device, Tree

FOLDER = "devices/system/cpu"


class Cpus:
    """Keeps the CPUs, on the kernel's own sysfs, until its list of those present is another."""

    def __init__(self, sys: Tree) -> None:
        self._sys = sys
        self._present = b""
        self._cpus: list[Device] = []

    def all(self) -> list[Device]:
        """One device a CPU, in the order of their names: cpu0, cpu1, cpu10. None where there is no such folder."""
        present = self._sys(f"{FOLDER}/present") if self._sys.is_kernels else b""
        if not present or present != self._present:
            self._cpus = list(_listed(self._sys))
            self._present = present
        return self._cpus


def _listed(sys: Tree) -> Iterator[Device]:
    try:
        entries = sys.devices(FOLDER)
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.name.startswith("cpu") and entry.name[3:4].isdigit():
            yield entry


def numbers(ranges: bytes) -> list[int]:
    """`0,2-4` as numbers; ValueError for anything else. An empty list is none."""
    found: list[int] = []
    for part in ranges.strip().split(b","):
        if part:
            first, dash, last = part.partition(b"-")
            found.extend(range(int(first), int(last if dash else first) + 1))
    return found
