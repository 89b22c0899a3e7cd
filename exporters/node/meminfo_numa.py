"""Memory of each NUMA node.

Source: sys/devices/system/node/node*/meminfo and numastat, see the kernel's ABI/stable/sysfs-devices-node. Every line
        is a family of its own, so a new kernel's lines need nothing here.
Unit:   bytes, from KiB, though the names do not say so; huge pages are counted, and so are the pages of numastat.
Errors: no series without nodes; one without both files, or with a line of another form, fails the collector.
"""

from collections.abc import Iterator

from motes.exporters.node._samples import Sample, families
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, labels

_FOLDER = "devices/system/node"
_KIBIBYTE = 1024


def collect(host: Host) -> Iterator[Family]:
    yield from families("node_memory_numa_", "Field {} of a NUMA node's memory.".format, _samples(host))


def _samples(host: Host) -> Iterator[Sample]:
    for name in _nodes(host):
        yield from _meminfo(host.sys(f"{_FOLDER}/{name}/meminfo"))
        yield from _numastat(name.removeprefix("node"), host.sys(f"{_FOLDER}/{name}/numastat"))


def _nodes(host: Host) -> list[str]:
    try:
        names = host.sys.names(_FOLDER)
    except FileNotFoundError:
        return []
    return [name for name in names if name.startswith("node") and name[4:].isdigit()]


def _meminfo(content: bytes) -> Iterator[Sample]:
    for line in content.splitlines():
        if not line.strip():
            continue
        _, node, field, number, *unit = line.split()  # Node 0 Active(anon): 4096 kB
        if unit not in ([], [b"kB"]):
            raise ValueError(f"neither a number nor one of kilobytes: {line!r}")
        family = field.decode("ascii").rstrip(":").replace("(", "_").replace(")", "")
        yield family, labels(node=node), int(number) * (_KIBIBYTE if unit else 1)


def _numastat(node: str, content: bytes) -> Iterator[Sample]:
    for line in content.splitlines():
        if line.strip():
            field, number = line.split()
            yield f"{field.decode('ascii')}_total", labels(node=node), number
