"""Mounts, as mountinfo lists them.

Source: proc/1/mountinfo, see proc_pid_mountinfo(5).
Errors: ValueError for a line that the kernel does not write.
"""

import os
from collections.abc import Callable

from motes.shared.exposition import labels

# What answers statfs(2) from memory. Others wait for a server, a daemon or a daemon's mount: nfs, cifs, fuse, autofs.
_LOCAL = frozenset(
    b"""
    bcachefs binfmt_misc bpf btrfs cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs erofs exfat ext2 ext3 ext4
    f2fs fusectl hfs hfsplus hugetlbfs iso9660 jffs2 jfs minix mqueue msdos nilfs2 nsfs ntfs ntfs3 overlay proc pstore
    ramfs reiserfs romfs rootfs rpc_pipefs securityfs selinuxfs smackfs squashfs sysfs tmpfs tracefs ubifs udf ufs vfat
    xfs zfs
    """.split()
)


class Mount:
    """One line: its labels, which are made once, and `path`, where to ask for it."""

    __slots__ = ("device", "fstype", "id", "info", "is_local", "labels", "mountpoint", "path", "readonly")

    def __init__(self, line: bytes, root: bytes) -> None:
        fields = line.split(b" ")
        major, _, minor = fields[2].partition(b":") if len(fields) >= 10 else (b"", b"", b"")
        if not (major.isdigit() and minor.isdigit() and fields[0].isdigit() and fields[-4] == b"-"):
            raise ValueError(f"mountinfo has a line that is no mount: {line!r}")
        self.id = fields[0]
        self.fstype, self.device = fields[-3], fields[-2]
        below = (fields[4].removeprefix(root) or b"/") if root else fields[4]
        # node_exporter undoes these two of the four escapes.
        self.mountpoint = below.replace(b"\\040", b" ").replace(b"\\011", b"\t")
        self.path = root + b"/" + self.mountpoint.replace(b"\\012", b"\n").replace(b"\\134", b"\\").lstrip(b"/")
        self.readonly = int(b"ro" in fields[5].split(b",") or b"ro" in fields[-1].split(b","))
        self.is_local = self.fstype in _LOCAL
        self.labels = self.with_error(b"")
        self.info = labels(device=self.device, major=major, minor=minor, mountpoint=self.mountpoint)

    def with_error(self, error: str | bytes) -> bytes:
        return labels(device=self.device, mountpoint=self.mountpoint, fstype=self.fstype, device_error=error)


def mounts(content: bytes, root: str, ignored: Callable[[str, str], bool]) -> list[Mount]:
    """All but the ignored (by mount point and type), in the file's order; `root` is where the host's / is."""
    prefix = os.fsencode(root.rstrip("/"))
    found = [Mount(line, prefix) for line in content.split(b"\n") if line]
    # A walk into or through a mount that hangs does so as well, whatever is mounted there.
    hanging = tuple(mount.path.rstrip(b"/") + b"/" for mount in found if not mount.is_local)
    for mount in found:
        mount.is_local = not (mount.path + b"/").startswith(hanging)
    return [mount for mount in found if not ignored(os.fsdecode(mount.mountpoint), os.fsdecode(mount.fstype))]
