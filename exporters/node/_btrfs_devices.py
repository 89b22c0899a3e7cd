"""The devices of mounted btrfs file systems, as the kernel tells of them through a mount point.

Source: ioctl(2) with BTRFS_IOC_FS_INFO, BTRFS_IOC_DEV_INFO and BTRFS_IOC_GET_DEV_STATS, see the kernel's
        include/uapi/linux/btrfs.h; mount points from mountinfo.
Unit:   bytes; errors since the device was added or its statistics were set to zero.
Errors: a mount point that does not open or does not answer is as if it were not there, and so are those below
        a mount that can hang.
"""

import errno
import os
import struct
from fcntl import ioctl

from motes.exporters.node._mounts import mounts
from motes.exporters.node.host import Host

# Directions and sizes as most architectures encode them. On those that do not the call fails.
_FS_INFO = 0x8400941F
_DEV_INFO = 0xD000941E
_DEV_STATS = 0xC4089434
_SIZES = {_FS_INFO: 1024, _DEV_INFO: 4096, _DEV_STATS: 1032}
# max_id, num_devices, fsid
_FILESYSTEM = struct.Struct("=QQ16s")
# devid, uuid, bytes_used, total_bytes; the path is at the end.
_DEVICE = struct.Struct("=Q16sQQ")
_PATH = 3072
# devid, nr_items, flags; write, read, flush, corruption and generation errors.
_STATISTICS = struct.Struct("=QQQ5Q")


class Member:
    """One device: its name and UUID, its size, what is not allocated of it, and its errors."""

    __slots__ = ("errors", "name", "size", "unused", "uuid")

    def __init__(self, described: bytes, counted: bytes) -> None:
        _, uuid, used, self.size = _DEVICE.unpack_from(described)
        self.uuid = _text(uuid)
        self.name = described[_PATH:].partition(b"\0")[0].rpartition(b"/")[2]
        self.unused = self.size - used
        self.errors: tuple[int, ...] = _STATISTICS.unpack_from(counted)[3:]


class Devices:
    """Keeps the mount points until mountinfo changes. They are opened anew each time, for who holds one open keeps it
    from being unmounted.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._listed = b""
        # By the device that is mounted; one mount point of each will do.
        self._paths: dict[bytes, list[bytes]] = {}

    def read(self) -> dict[str, list[Member]]:
        """The devices of each file system, by its UUID."""
        self._refresh()
        found: dict[str, list[Member]] = {}
        for paths in self._paths.values():
            for path in paths:
                try:
                    uuid, members = _ask(path)
                except OSError:
                    continue
                found[uuid] = members
                break
        return found

    def _refresh(self) -> None:
        try:
            listed = self._mountinfo()
            if listed == self._listed:
                return
            self._listed, self._paths = listed, {}
            for mount in mounts(listed, self._host.root.root, lambda _, fstype: fstype != "btrfs"):
                if mount.is_local:
                    self._paths.setdefault(mount.device, []).append(mount.path)
        except (OSError, ValueError):
            self._listed, self._paths = b"", {}

    def _mountinfo(self) -> bytes:
        try:
            return self._host.proc("1/mountinfo")
        except OSError:  # hidepid
            return self._host.proc("self/mountinfo")


def _ask(path: bytes) -> tuple[str, list[Member]]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        last, count, uuid = _FILESYSTEM.unpack_from(_call(descriptor, _FS_INFO))
        return _text(uuid), _members(descriptor, last, count)
    finally:
        os.close(descriptor)


def _members(descriptor: int, last: int, count: int) -> list[Member]:
    members: list[Member] = []
    # The numbers begin at 1, but for the target of a replacement, and those of devices that were removed are free.
    for number in range(last + 1):
        try:
            described = _call(descriptor, _DEV_INFO, number)
        except OSError as error:
            if error.errno == errno.ENODEV:
                continue
            raise
        members.append(Member(described, _call(descriptor, _DEV_STATS, number)))
        if len(members) == count:
            break
    return members


def _call(descriptor: int, request: int, number: int = 0) -> bytes:
    argument = bytearray(_SIZES[request])
    if request == _DEV_STATS:
        _STATISTICS.pack_into(argument, 0, number, 5, 0, 0, 0, 0, 0, 0)
    else:
        _DEVICE.pack_into(argument, 0, number, b"", 0, 0)
    ioctl(descriptor, request, argument)
    return bytes(argument)


def _text(uuid: bytes) -> str:
    digits = uuid.hex()
    return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])
