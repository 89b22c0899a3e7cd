"""bcachefs: its caches, counters, errors and devices.

Source: sys/fs/bcachefs/UUID and its dev-*, see fs/bcachefs/sysfs.c and sb-counters.c.
Unit:   bytes, from the units that the kernel rounds to. Counters are those since the file system was made.
Errors: no data without a file system. A file that is absent is one that this version does not have: no series, or 0 for
        what there is one of. A file that is not written as the kernel does fails the collector; a file system that is
        unmounted meanwhile is left out.
"""

import re
from collections.abc import Iterator
from functools import partial

from motes.exporters.node._attributes import decimal
from motes.exporters.node._samples import Sample, families, whole
from motes.exporters.node.host import Device, Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family, labels

_HELP = {
    "info": "File systems that are mounted; the value is always 1.",
    "btree_cache_size_bytes": "Memory that the cache of the tree uses.",
    "compression_compressed_bytes": "Size of what the algorithm compressed.",
    "compression_uncompressed_bytes": "Size of the same before it was compressed.",
    "errors_total": "Errors found, by their kind.",
    "btree_writes_total": "Writes of the tree's nodes, by their reason.",
    "btree_write_average_size_bytes": "Size of a write of the tree's nodes, a mean.",
    "device_info": "What else is known of the device; the value is always 1.",
    "device_bucket_size_bytes": "Size of the device's buckets.",
    "device_buckets": "Buckets of the device.",
    "device_durability": "How many replicas one on this device counts as.",
    "device_io_done_bytes_total": "Bytes read and written, by what they are.",
    "device_io_errors_total": "I/O errors of the device, by their kind.",
}
_INVALID = re.compile("_*[^a-zA-Z0-9_]+_*")
_UNITS = b"kmgtpe"
_SINCE_CREATION = b"since filesystem creation:"
_SINCE_MOUNT = b"since mount:"
_ERRORS = b"IO errors since "
_ERRORS_SINCE_CREATION = b"IO errors since filesystem creation"


def collect(host: Host) -> Iterator[Family]:
    try:
        devices = host.sys.devices("fs/bcachefs")
    except FileNotFoundError:
        raise NoData from None
    read = partial(_samples, host)
    samples = [sample for device in devices for sample in whole(host.sys, device, read)]
    if not samples:
        raise NoData
    yield from families("node_bcachefs_", _help, samples)


def _help(family: str) -> str:
    return _HELP.get(family) or f"Counter {family.removesuffix('_total')}, since the file system was made."


def _samples(host: Host, device: Device) -> Iterator[Sample]:
    uuid = device.name
    one = labels(uuid=uuid)
    yield "info", one, 1
    yield "btree_cache_size_bytes", one, _human(_read(device, "btree_cache_size") or b"0")
    for algorithm, compressed, uncompressed, *_ in _table(_read(device, "compression_stats")):
        label_set = labels(algorithm=algorithm, uuid=uuid)
        yield "compression_compressed_bytes", label_set, _human(compressed)
        yield "compression_uncompressed_bytes", label_set, _human(uncompressed)
    for line in _read(device, "errors").splitlines():
        if len(fields := line.split()) > 1:
            yield "errors_total", labels(error_type=fields[0], uuid=uuid), decimal(fields[1])
    for name in _names(host, f"{device.path}/counters"):
        yield f"{_INVALID.sub('_', name)}_total", one, _since_creation(_read(device, f"counters/{name}"))
    for reason, count, size, *_ in _table(_read(device, "btree_write_stats")):
        label_set = labels(type=reason, uuid=uuid)
        yield "btree_writes_total", label_set, decimal(count)
        yield "btree_write_average_size_bytes", label_set, _human(size)
    for name in host.sys.names(device.path):
        if name.startswith("dev-"):
            yield from _member(device, name, uuid)


def _member(device: Device, name: str, uuid: str) -> Iterator[Sample]:
    member = name.removeprefix("dev-")
    one = labels(device=member, uuid=uuid)
    label, state = [device.get(f"{name}/{attribute}") or b"" for attribute in ("label", "state")]
    yield "device_info", labels(device=member, label=label, state=state, uuid=uuid), 1
    yield "device_bucket_size_bytes", one, _human(device.get(f"{name}/bucket_size") or b"0")
    yield "device_buckets", one, decimal(_read(device, f"{name}/nbuckets", b"0"))
    yield "device_durability", one, decimal(_read(device, f"{name}/durability", b"0"))
    for operation, kind, count in _done(_read(device, f"{name}/io_done")):
        yield "device_io_done_bytes_total", labels(data_type=kind, device=member, operation=operation, uuid=uuid), count
    for kind, count in _errors(_read(device, f"{name}/io_errors")):
        yield "device_io_errors_total", labels(device=member, type=kind, uuid=uuid), count


def _read(device: Device, attribute: str, absent: bytes = b"") -> bytes:
    try:
        return device(attribute)
    except FileNotFoundError:
        return absent


def _names(host: Host, path: str) -> list[str]:
    try:
        return host.sys.names(path)
    except FileNotFoundError:
        return []


def _table(content: bytes) -> Iterator[list[bytes]]:
    """The lines below the heading, as words; the first one names the line."""
    for line in content.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 2:
            yield [fields[0].removesuffix(b":"), *fields[1:]]


def _since_creation(content: bytes) -> int:
    since: dict[bytes, int] = {}
    for line in content.splitlines():
        for beginning in (_SINCE_CREATION, _SINCE_MOUNT):
            if line.startswith(beginning):
                since[beginning] = _human(line.removeprefix(beginning))
    if not since:
        raise ValueError(f"a counter that does not say since when: {content[:40]!r}")
    return since.get(_SINCE_CREATION, 0)


def _done(content: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    operation = b""
    for line in content.splitlines():
        kind, colon, count = line.partition(b":")
        if line.strip() in (b"read:", b"write:"):
            operation = kind.strip()
        elif colon and operation:
            yield operation, kind.strip(), decimal(count.strip())


def _errors(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Those since creation; the file goes on with those since they were reset."""
    _, _, below = content.partition(_ERRORS_SINCE_CREATION)
    for line in below.partition(_ERRORS)[0].splitlines()[1:]:
        kind, colon, count = line.partition(b":")
        if colon:
            yield kind.strip(), decimal(count.strip())


def _human(text: bytes) -> int:
    """A number as the kernel shortens it: 12, 1.50M."""
    text = text.strip()
    unit = _UNITS.find(text[-1:].lower()) + 1 if text else 0
    return int(float(text[:-1] if unit else text) * 1024**unit)
