"""btrfs: space by what it holds, commits, and devices with their errors.

Source: sys/fs/btrfs/UUID, see the kernel's fs/btrfs/sysfs.c; for the devices of a file system that is mounted within
        reach, the kernel's answer there, see _btrfs_devices.py.
Unit:   bytes, of devices in sysfs from sectors of 512; seconds from milliseconds.
Errors: without the folder there are no series. As in node_exporter an attribute that is absent is 0, and so is the
        ratio of a layout that it does not know (raid1c3), and the global reserve of a file system without devices or
        features; without the allocation for system, or with commit_stats of another form, the collector fails. A file
        system that is unmounted meanwhile is left out.
"""

import os
from collections.abc import Iterator
from math import inf

from motes.exporters.node._attributes import text
from motes.exporters.node._btrfs_devices import Devices, Member
from motes.exporters.node._samples import Sample, families, whole
from motes.exporters.node.host import Device, Host, Tree
from motes.shared.exposition import Family, labels

_HELP = {
    "info": "What else is known of the file system; the value is always 1.",
    "global_rsv_size_bytes": "Size of the global reserve.",
    "commits_total": "Commits.",
    "last_commit_seconds": "Duration of the last commit.",
    "max_commit_seconds": "Duration of the longest commit.",
    "commit_seconds_total": "Duration of all commits.",
    "reserved_bytes": "Space reserved, by what it is to hold.",
    "used_bytes": "Space used, by what it holds and how it is laid out.",
    "size_bytes": "Space allocated, by what it holds and how it is laid out.",
    "allocation_ratio": "Bytes on the devices for one of the file system, by what it holds and how it is laid out.",
    "device_size_bytes": "Size of the device.",
    "device_unused_bytes": "Space of the device that is not allocated.",
    "device_errors_total": "Errors of the device, by their kind.",
}
_ERRORS = ("write", "read", "flush", "corruption", "generation")
_COPIES = {"single": 1, "raid0": 1, "dup": 2, "raid1": 2, "raid10": 2}
_PARITIES = {"raid5": 1, "raid6": 2}
_SECTOR = 512


class Collector:
    """Keeps the mount points."""

    def __init__(self, host: Host) -> None:
        self._sys = host.sys
        self._devices = Devices(host)
        self._members: dict[str, list[Member]] = {}

    def collect(self) -> Iterator[Family]:
        try:
            filesystems = [device for device in self._sys.devices("fs/btrfs") if "-" in device.name]
        except OSError:
            return
        self._members = self._devices.read() if filesystems else {}
        samples = [sample for device in filesystems for sample in whole(self._sys, device, self._samples)]
        yield from families("node_btrfs_", _HELP.__getitem__, samples)

    def _samples(self, device: Device) -> Iterator[Sample]:
        uuid = text(_content(device, "metadata_uuid")) or device.name
        one = labels(uuid=uuid)
        names = _names(self._sys, f"{device.path}/devices")
        yield "info", labels(label=text(_content(device, "label")), uuid=uuid), 1
        known = names and self._sys.exists(f"{device.path}/features")
        yield "global_rsv_size_bytes", one, _number(device, "allocation/global_rsv_size") if known else 0
        yield from _commits(device, one)
        for kind in ("data", "metadata", "system"):
            yield (
                "reserved_bytes",
                labels(block_group_type=kind, uuid=uuid),
                _number(device, f"allocation/{kind}/bytes_reserved"),
            )
            for layout in self._layouts(device, kind):
                yield from _layout(device, f"allocation/{kind}/{layout}", len(names), uuid)
        yield from self._sizes(device, names, uuid)

    def _layouts(self, device: Device, kind: str) -> list[str]:
        try:
            with os.scandir(self._sys.path(f"{device.path}/allocation/{kind}")) as entries:
                return sorted([entry.name for entry in entries if entry.is_dir(follow_symlinks=False)])
        except OSError:
            if kind == "system":
                raise
            return []

    def _sizes(self, device: Device, names: list[str], uuid: str) -> Iterator[Sample]:
        members = self._members.get(uuid)
        if members is None:
            for name in names:
                size = _number(device, f"devices/{name}/size") * _SECTOR
                yield "device_size_bytes", labels(device=name, uuid=uuid), size
            return
        for member in members:
            one = labels(btrfs_dev_uuid=member.uuid, device=member.name, uuid=uuid)
            yield "device_size_bytes", one, member.size
            yield "device_unused_bytes", one, member.unused
            for kind, count in zip(_ERRORS, member.errors, strict=True):
                one = labels(btrfs_dev_uuid=member.uuid, device=member.name, type=kind, uuid=uuid)
                yield "device_errors_total", one, count


def _commits(device: Device, one: bytes) -> Iterator[Sample]:
    try:
        content = device("commit_stats")
    except FileNotFoundError:  # before Linux 6.1
        content = b""
    told: dict[bytes, int] = {}
    for line in content.splitlines():
        key, value = line.split()
        told[key] = int(value)
    yield "commits_total", one, told.get(b"commits", 0)
    for family, key in (
        ("last_commit_seconds", b"last_commit_ms"),
        ("max_commit_seconds", b"max_commit_ms"),
        ("commit_seconds_total", b"total_commit_ms"),
    ):
        yield family, one, told.get(key, 0) / 1000


def _layout(device: Device, path: str, devices: int, uuid: str) -> Iterator[Sample]:
    _, kind, layout = path.split("/")
    one = labels(block_group_type=kind, mode=layout, uuid=uuid)
    yield "used_bytes", one, _number(device, f"{path}/used_bytes")
    yield "size_bytes", one, _number(device, f"{path}/total_bytes")
    parity = _PARITIES.get(layout)
    if parity is None:
        yield "allocation_ratio", one, _COPIES.get(layout, 0)
    else:
        yield "allocation_ratio", one, inf if devices == parity else devices / (devices - parity)


def _names(tree: Tree, path: str) -> list[str]:
    try:
        return tree.names(path)
    except OSError:
        return []


def _content(device: Device, attribute: str) -> bytes:
    return device.get(attribute) or b""


def _number(device: Device, attribute: str) -> int:
    content = _content(device, attribute)
    return int(content) if content.isdigit() else 0
