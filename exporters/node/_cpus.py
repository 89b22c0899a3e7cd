"""The CPUs of sys/devices/system/cpu, and the kernel's way to write a list of them."""

from motes.exporters.node.host import Device, Tree

FOLDER = "devices/system/cpu"


def cpus(sys: Tree) -> list[Device]:
    """One device a CPU, in the order of their names: cpu0, cpu1, cpu10. None where there is no such folder."""
    try:
        entries = sys.devices(FOLDER)
    except FileNotFoundError:
        return []
    return [entry for entry in entries if entry.name.startswith("cpu") and entry.name[3:4].isdigit()]


def numbers(ranges: bytes) -> list[int]:
    """`0,2-4` as numbers; ValueError for anything else. An empty list is none."""
    found: list[int] = []
    for part in ranges.strip().split(b","):
        if part:
            first, dash, last = part.partition(b"-")
            found.extend(range(int(first), int(last if dash else first) + 1))
    return found
