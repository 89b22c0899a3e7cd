"""What is known of a disk beside its statistics: its queue in sysfs, and its properties as udev wrote them.

Source: sys/block/*/queue; udev's data, files b<major>:<minor> with lines E:NAME=VALUE, see udevadm(8).
Errors: a file that is absent or not readable leaves labels empty and families out; rotational is then 0.
"""

import os
from collections.abc import Iterator, Sequence

from motes.exporters.node.host import Device, Host
from motes.shared.exposition import Family, gauge, labels

_ATA = (
    (b"ID_ATA_WRITE_CACHE", "node_disk_ata_write_cache", "Whether the ATA disk has a write cache."),
    (b"ID_ATA_WRITE_CACHE_ENABLED", "node_disk_ata_write_cache_enabled", "Whether the ATA disk's write cache is on."),
    (b"ID_ATA_ROTATION_RATE_RPM", "node_disk_ata_rotation_rate_rpm", "Rotations a minute of the ATA disk, 0 for SSDs."),
)
# node_exporter says rotational="0" where any of these is absent, as io_timeout is for virtio's disks.
_QUEUE = tuple(
    """
    add_random chunk_sectors dax discard_granularity discard_max_bytes discard_max_hw_bytes fua hw_sector_size io_poll
    io_poll_delay io_timeout iostats logical_block_size max_discard_segments max_hw_sectors_kb max_integrity_segments
    max_sectors_kb max_segment_size max_segments minimum_io_size nomerges nr_requests nr_zones optimal_io_size
    physical_block_size read_ahead_kb rotational rq_affinity scheduler wbt_lat_usec write_cache write_same_max_bytes
    write_zeroes_max_bytes zoned
    """.split()  # noqa: SIM905 - words read better without their quotes
)


class Disk:
    """Keeps its label sets until udev writes anew; looks through its queue once, in a copy of sysfs as often as other
    files are there, and else reads rotational alone.
    """

    def __init__(self, host: Host, name: bytes, number: tuple[bytes, bytes]) -> None:
        self.name = name
        self.number = number
        self.labels = labels(device=name)
        self.udev: dict[bytes, bytes] = {}
        self.info = b""
        self._properties = host.udev
        self._path = os.fsdecode(b"b%b:%b" % number)
        self._known: object = None
        self._queue = Device(host.sys, f"block/{os.fsdecode(name)}/queue", "queue", 0)
        self._sys = host.sys
        self._is_live = host.sys.is_kernels
        self._has_whole_queue = False
        self._listing: list[str] | None = None

    def refresh(self) -> bool:
        """Whether anything has changed."""
        rotational = self._rotational()
        known = (self._stamp(), rotational)
        if known == self._known:
            return False
        self.udev = self._read()
        self.info = self._info(rotational)
        self._known = known
        return True

    def close(self) -> None:
        self._queue.close()

    def labels_of(self, **properties: str) -> bytes:
        """The label set of these udev properties, by label name."""
        found = {label: self.udev.get(name.encode(), b"") for label, name in properties.items()}
        return labels(device=self.name, **found)

    def _rotational(self) -> bytes:
        if self._listing is None or not self._is_live:
            self._look_through()
        return (self._queue.get("rotational") if self._has_whole_queue else None) or b"0"

    def _look_through(self) -> None:
        try:
            listing = os.listdir(self._sys.path(self._queue.path))
        except OSError:
            listing = []
        if listing != self._listing:
            self._listing = listing
            self._has_whole_queue = None not in self._queue.several(_QUEUE).values()
            self._queue.close()

    def _stamp(self) -> object:
        try:
            status = os.stat(self._properties.path(self._path))
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _read(self) -> dict[bytes, bytes]:
        try:
            lines = self._properties(self._path).split(b"\n")
        except OSError:
            return {}
        pairs = [line[2:].partition(b"=") for line in lines if line.startswith(b"E:")]
        return {name: value for name, equals, value in pairs if equals}

    def _info(self, rotational: bytes) -> bytes:
        udev = self.udev
        return labels(
            device=self.name,
            major=self.number[0],
            minor=self.number[1],
            path=udev.get(b"ID_PATH", b""),
            wwn=udev.get(b"ID_WWN", b""),
            model=udev.get(b"ID_MODEL", b""),
            # What the label on the disk says; then what others say, ID_SERIAL being all that virtio has.
            serial=udev.get(b"SCSI_IDENT_SERIAL") or udev.get(b"ID_SERIAL_SHORT") or udev.get(b"ID_SERIAL", b""),
            revision=udev.get(b"ID_REVISION", b""),
            rotational=rotational,
        )


def describe(disks: Sequence[Disk]) -> Iterator[Family]:
    yield gauge("node_disk_info", "What the disk is.", dict.fromkeys([disk.info for disk in disks], 1))
    filesystems = [
        disk.labels_of(type="ID_FS_TYPE", usage="ID_FS_USAGE", uuid="ID_FS_UUID", version="ID_FS_VERSION")
        for disk in disks
        if disk.udev.get(b"ID_FS_TYPE")
    ]
    yield gauge("node_disk_filesystem_info", "The disk's file system.", dict.fromkeys(filesystems, 1))
    mapped = [
        disk.labels_of(
            name="DM_NAME", uuid="DM_UUID", vg_name="DM_VG_NAME", lv_name="DM_LV_NAME", lv_layer="DM_LV_LAYER"
        )
        for disk in disks
        if disk.udev.get(b"DM_NAME")
    ]
    yield gauge("node_disk_device_mapper_info", "The disk as device mapper knows it.", dict.fromkeys(mapped, 1))
    for attribute, name, help in _ATA:
        values = {disk.labels: _number(disk.udev.get(attribute)) for disk in disks if disk.udev.get(b"ID_ATA")}
        yield gauge(name, help, {key: value for key, value in values.items() if value is not None})


def _number(value: bytes | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None
