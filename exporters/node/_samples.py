"""Samples of devices that come and go.

Errors: those of reading a device, if it is still there.
"""

from collections.abc import Callable, Iterable, Iterator

from motes.exporters.node.host import Device, Tree
from motes.shared.exposition import Family, Value, counter, gauge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")

# A family without its prefix, a label set, a value.
Sample = tuple[str, bytes, Value]


def whole(tree: Tree, device: Device, read: "Callable[[Device], Iterable[T]]") -> "list[T]":
    """What was read of a device that was there from beginning to end; nothing of one that vanished."""
    try:
        found = list(read(device))
    except OSError:
        if tree.exists(device.path):
            raise
        return []
    return found if tree.exists(device.path) else []


def families(prefix: str, help: Callable[[str], str], samples: Iterable[Sample]) -> Iterator[Family]:
    """The samples by their families; those that end in _total are counters, others gauges."""
    found: dict[str, dict[bytes, Value]] = {}
    for family, label_set, value in samples:
        found.setdefault(family, {})[label_set] = value
    for family, values in found.items():
        kind = counter if family.endswith("_total") else gauge
        yield kind(prefix + family, help(family), values)
