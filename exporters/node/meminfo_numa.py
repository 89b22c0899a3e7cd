"""Memory of each NUMA node.

Source: sys/devices/system/node/node*/meminfo and numastat, see the kernel's ABI/stable/sysfs-devices-node. Every line
        is a family of its own, so a new kernel's lines need nothing here.
Unit:   bytes, from KiB, though the names do not say so; huge pages are counted, and so are the pages of numastat.
Errors: no series without nodes; one without both files, or with a line of another form, fails the collector.
"""

from collections.abc import Iterable, Iterator

from motes.exporters.node.host import Host, Tree
from motes.shared.exposition import Family, labels
from motes.shared.frame import Frame

_FOLDER = "devices/system/node"
_KIBIBYTE = 1024
# What is left of the files without the numbers: as long as it is the same, so are the families.
_NUMBERS = b" 0123456789"

# A node's name, and its two files.
_Node = tuple[str, bytes, bytes]
# Where a number stands among all words, and what it is multiplied with.
_Number = tuple[int, int]


class Collector:
    """Keeps the families' frame, and where their numbers stand, until the kernel writes other lines."""

    def __init__(self, host: Host) -> None:
        self._sys = host.sys
        self._seen: list[_Node] = []
        self._frame = Frame(())
        self._numbers: list[_Number] = []

    def collect(self) -> Iterator[Family]:
        nodes = [
            (name, self._sys(f"{_FOLDER}/{name}/meminfo"), self._sys(f"{_FOLDER}/{name}/numastat"))
            for name in _nodes(self._sys)
        ]
        words = b"\n".join([content for _, *files in nodes for content in files]).split()
        seen = [
            (name, meminfo.translate(None, _NUMBERS), numastat.translate(None, _NUMBERS))
            for name, meminfo, numastat in nodes
        ]
        if seen != self._seen:
            self._look(nodes)
            self._seen = seen
        yield self._frame.fill([int(words[at]) * factor for at, factor in self._numbers])

    def _look(self, nodes: Iterable[_Node]) -> None:
        families: dict[str, dict[bytes, _Number]] = {}
        for family, label_set, number in _fields(nodes):
            families.setdefault(family, {})[label_set] = number
        self._frame = Frame(
            [
                (
                    "counter" if family.endswith("_total") else "gauge",
                    f"node_memory_numa_{family}",
                    f"Field {family.removesuffix('_total')} of a NUMA node's memory.",
                    list(numbers),
                )
                for family, numbers in families.items()
            ]
        )
        self._numbers = [number for numbers in families.values() for number in numbers.values()]


def _nodes(sys: Tree) -> list[str]:
    try:
        names = sys.names(_FOLDER)
    except OSError:
        return []
    return [name for name in names if name.startswith("node") and name[4:].isdigit()]


def _fields(nodes: Iterable[_Node]) -> Iterator[tuple[str, bytes, _Number]]:
    """Family, labels, and where the number stands."""
    at = 0
    for name, meminfo, numastat in nodes:
        for words in filter(None, map(bytes.split, meminfo.splitlines())):
            _, node, field, _, *unit = words  # Node 0 Active(anon): 4096 kB
            if unit not in ([], [b"kB"]):
                raise ValueError(f"neither a number nor one of kilobytes: {b' '.join(words)!r}")
            family = field.decode("ascii").rstrip(":").replace("(", "_").replace(")", "")
            yield family, labels(node=node), (at + 3, _KIBIBYTE if unit else 1)
            at += len(words)
        for words in filter(None, map(bytes.split, numastat.splitlines())):
            field, _ = words
            yield f"{field.decode('ascii')}_total", labels(node=name.removeprefix("node")), (at + 1, 1)
            at += 2
