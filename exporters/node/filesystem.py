"""File systems: how large, how full, and whether they answer.

Source: proc/1/mountinfo, or proc/self/mountinfo where that is hidden; statvfs(3) of each mount point.
Unit:   bytes, inodes.
Errors: a mount that fails, or that does not answer in time, has device_error 1 and says why in a label; the others
        are served. A mountinfo that cannot be read fails the collector.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from os import statvfs_result

from motes.exporters.node._mounts import Mount, mounts
from motes.exporters.node._statvfs import TOO_MANY, Inquiry, Key
from motes.exporters.node.device_filter import DeviceFilter
from motes.exporters.node.host import Host
from motes.shared.exposition import Family
from motes.shared.frame import Frame
from motes.shared.options import DURATION, INTEGER, Option
from motes.shared.re2 import REGEX, compile_re2

_POINTS_INCLUDE = "collector.filesystem.mount-points-include"
_POINTS_EXCLUDE = "collector.filesystem.mount-points-exclude"
_TYPES_INCLUDE = "collector.filesystem.fs-types-include"
_TYPES_EXCLUDE = "collector.filesystem.fs-types-exclude"
_TIMEOUT = "collector.filesystem.mount-timeout"
_POINTS_EXCLUDED = compile_re2(
    "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)"
)
_TYPES_EXCLUDED = compile_re2(
    "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|"
    "proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$"
)

OPTIONS = (
    Option(
        _POINTS_EXCLUDE,
        REGEX,
        _POINTS_EXCLUDED,
        "Mount points to leave out (not together with mount-points-include).",
        aliases=("collector.filesystem.ignored-mount-points",),
    ),
    Option(_POINTS_INCLUDE, REGEX, None, "The only mount points to take (not together with mount-points-exclude)."),
    Option(
        _TYPES_EXCLUDE,
        REGEX,
        _TYPES_EXCLUDED,
        "File system types to leave out (not together with fs-types-include).",
        aliases=("collector.filesystem.ignored-fs-types",),
    ),
    Option(_TYPES_INCLUDE, REGEX, None, "The only file system types to take (not together with fs-types-exclude)."),
    Option(_TIMEOUT, DURATION, 5.0, "How long to wait for a mount's answer.", hidden=True),
    Option(
        "collector.filesystem.stat-workers",
        INTEGER,
        4,
        "Without effect: each mount that can hang has a thread of its own.",
        hidden=True,
    ),
)

# Left of the deadline for what comes after the answers.
_MARGIN = 0.2


class Collector:
    """Keeps the mounts until mountinfo changes, and a thread for each that can hang."""

    def __init__(self, host: Host) -> None:
        flags = host.flags
        points = (_POINTS_INCLUDE, _POINTS_EXCLUDE)
        types = (_TYPES_INCLUDE, _TYPES_EXCLUDE)
        self._points = DeviceFilter(flags[points[0]], flags[points[1]], points, default=_POINTS_EXCLUDED)
        self._types = DeviceFilter(flags[types[0]], flags[types[1]], types, default=_TYPES_EXCLUDED)
        self._host = host
        self._inquiry = Inquiry(flags[_TIMEOUT])
        self._listed = b""
        self._mounts: list[tuple[Key, Mount]] = []

    def collect(self) -> Iterator[Family]:
        self._refresh()
        answers = self._inquiry.ask(self._host.deadline - _MARGIN)
        yield _families([(mount, answers.get(key, TOO_MANY)) for key, mount in self._mounts])

    def _refresh(self) -> None:
        try:
            listed = self._host.proc("1/mountinfo")
        except OSError:  # hidepid
            listed = self._host.proc("self/mountinfo")
        if listed != self._listed:
            found = mounts(listed, self._host.root.root, self._ignored)
            # Of those on one path, the last is what the path leads to.
            ids = {mount.path: mount.id for mount in found}
            self._mounts = [((mount.path, ids[mount.path]), mount) for mount in found]
            local = {key for key, mount in self._mounts if mount.is_local}
            self._inquiry.choose(local, {key for key, mount in self._mounts if not mount.is_local})
            self._listed = listed

    def _ignored(self, mountpoint: str, fstype: str) -> bool:
        return self._points.ignored(mountpoint) or self._types.ignored(fstype)


_Answered = Mapping[bytes, statvfs_result]


def _families(asked: list[tuple[Mount, statvfs_result | str]]) -> Family:
    readonly: dict[bytes, int] = {}
    failed: dict[bytes, int] = {}
    answered: dict[bytes, statvfs_result] = {}
    mounted: dict[bytes, int] = {}
    for mount, answer in asked:
        if isinstance(answer, str):
            key = mount.with_error(answer)
        else:
            key = mount.labels
            answered.setdefault(key, answer)
            mounted[mount.info] = 1
        failed.setdefault(key, int(key not in answered))
        readonly.setdefault(key, mount.readonly)
    frame = _frame(tuple(failed), tuple(readonly), tuple(mounted), tuple(answered))
    return frame.fill([*failed.values(), *readonly.values(), *mounted.values(), *_sizes(answered)])


def _sizes(answered: _Answered) -> Iterator[int]:
    told = answered.values()
    yield from [each.f_blocks * each.f_bsize for each in told]
    yield from [each.f_bfree * each.f_bsize for each in told]
    yield from [each.f_bavail * each.f_bsize for each in told]
    yield from [each.f_files for each in told]
    yield from [each.f_ffree for each in told]


@lru_cache(maxsize=2)
def _frame(
    failed: tuple[bytes, ...], readonly: tuple[bytes, ...], mounted: tuple[bytes, ...], answered: tuple[bytes, ...]
) -> Frame:
    """Made anew only when mounts come, go or fail."""
    return Frame(
        (
            ("gauge", "node_filesystem_device_error", "Whether the file system gave no answer.", failed),
            ("gauge", "node_filesystem_readonly", "Whether the file system or its mount is read-only.", readonly),
            ("gauge", "node_filesystem_mount_info", "Where the device is mounted.", mounted),
            ("gauge", "node_filesystem_size_bytes", "Size of the file system.", answered),
            ("gauge", "node_filesystem_free_bytes", "Bytes that are free.", answered),
            ("gauge", "node_filesystem_avail_bytes", "Bytes that are free for others than root.", answered),
            ("gauge", "node_filesystem_files", "Inodes of the file system.", answered),
            ("gauge", "node_filesystem_files_free", "Inodes that are free.", answered),
        )
    )
