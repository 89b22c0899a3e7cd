"""Software RAID arrays.

Source: proc/mdstat, see md(4); sys/block/md*/md, see the kernel's admin-guide/md.
Unit:   blocks of 1024 bytes.
Errors: no data without proc/mdstat; an array that is not written as the kernel does fails the collector. An array
        without attributes in sysfs, or with one that is no number, has no raid_disks and no degraded, and the others
        are served.
"""

import re
from collections.abc import Iterator

from motes.exporters.node._attributes import decimal
from motes.exporters.node.host import Device, Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family, gauge, labels

_STATUS = re.compile(rb"\d+ blocks .*\[(\d+)/(\d+)\] \[[U_]+\]")
_PROGRESS = re.compile(rb"\((\d+)/\d+\)")
# The word in the line of progress, and node_exporter's for the state. It has none for a reshape.
_ACTIONS = ((b"recovery", b"recovering"), (b"reshape", b"reshaping"), (b"check", b"check"), (b"resync", b"resync"))
_STATES = (b"active", b"inactive", b"recovering", b"resync", b"check")
_WITHOUT_DISKS = (b" ", b"unused", b"Personalities")
_REDUNDANT = frozenset((b"raid1", b"raid4", b"raid5", b"raid6", b"raid10"))


class _Array:
    """One array, from its three or four lines: the disks, the blocks, progress (where there is any) and a bitmap."""

    def __init__(self, disks: bytes, blocks: bytes, progress: bytes) -> None:
        self.name, _, self.state = disks.split()[:3]
        self.failed = disks.count(b"(F)")
        self.spare = disks.count(b"(S)")
        self.blocks = self.synced = blocks.split()[0]
        if not self.blocks.isdigit():
            raise ValueError(f"mdstat: not a number of blocks: {blocks!r}")
        self.active, self.required = _counts(disks, blocks)
        for word, state in _ACTIONS:
            if word in progress:
                self.state, self.synced = state, _synced(progress)
                break


def collect(host: Host) -> Iterator[Family]:
    try:
        lines = host.proc("mdstat").split(b"\n")
    except FileNotFoundError:
        raise NoData from None
    arrays = {labels(device=array.name): array for array in _arrays(lines)}
    yield gauge(
        "node_md_disks_required", "Disks that the whole array has.", {key: one.required for key, one in arrays.items()}
    )
    disks = [
        (labels(device=one.name, state=state), count)
        for one in arrays.values()
        for state, count in ((b"active", one.active), (b"failed", one.failed), (b"spare", one.spare))
    ]
    yield gauge("node_md_disks", "Disks of the array, by their state.", dict(disks))
    states = [
        (labels(device=one.name, state=state), int(one.state == state)) for one in arrays.values() for state in _STATES
    ]
    yield gauge("node_md_state", "Whether the array is in this state.", dict(states))
    yield gauge("node_md_blocks", "Blocks of the array.", {key: one.blocks for key, one in arrays.items()})
    yield gauge("node_md_blocks_synced", "Blocks in sync.", {key: one.synced for key, one in arrays.items()})
    yield from _from_sysfs(host)


def _arrays(lines: list[bytes]) -> Iterator[_Array]:
    for at, line in enumerate(lines):
        if not line.strip() or line.startswith(_WITHOUT_DISKS):
            continue
        if len(line.split()) < 3 or len(lines) <= at + 3 or not lines[at + 1].strip():
            raise ValueError(f"mdstat: an array without all its lines: {line!r}")
        progress = lines[at + 3] if b"bitmap" in lines[at + 2] else lines[at + 2]
        yield _Array(line, lines[at + 1], progress)


def _counts(disks: bytes, blocks: bytes) -> tuple[int, int]:
    """How many disks are active, and how many there ought to be."""
    if b"raid0" in disks or b"linear" in disks:
        return disks.count(b"["), disks.count(b"[")
    if b"inactive" in disks:
        return 0, 0
    status = _STATUS.search(blocks)
    if not status:
        raise ValueError(f"mdstat: no count of disks: {blocks!r}")
    return int(status[2]), int(status[1])


def _synced(progress: bytes) -> bytes:
    if b"PENDING" in progress or b"DELAYED" in progress:
        return b"0"
    found = _PROGRESS.search(progress)
    if not found:
        raise ValueError(f"mdstat: no progress: {progress!r}")
    return found[1]


def _from_sysfs(host: Host) -> Iterator[Family]:
    disks: dict[bytes, bytes] = {}
    degraded: dict[bytes, bytes] = {}
    for device in _devices(host):
        try:
            # "5 (4)" while the array grows from 4 to 5
            count = decimal(device("md/raid_disks").partition(b" ")[0])
            missing = decimal(device("md/degraded")) if device("md/level") in _REDUNDANT else b"0"
        except (OSError, ValueError):
            continue
        disks[labels(device=device.name)] = count
        degraded[labels(device=device.name)] = missing
    yield gauge("node_md_raid_disks", "Disks that the array is made of.", disks)
    yield gauge("node_md_degraded", "Disks that the array lacks.", degraded)


def _devices(host: Host) -> list[Device]:
    try:
        return [device for device in host.sys.devices("block") if device.name.startswith("md")]
    except OSError:
        return []
