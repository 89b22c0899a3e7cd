"""XFS: what each mounted file system has done.

Source: sys/fs/xfs/DEVICE/stats/stats since Linux 4.4, lines of a word and 32-bit numbers, see the kernel's
        fs/xfs/xfs_stats.h and https://xfs.org/index.php/Runtime_Stats.
Unit:   events since the file system's module was loaded or the statistics were set to zero.
Errors: without the folder there are no series. A line that is absent counts as zeros, as in node_exporter; one that is
        shorter, longer or no numbers fails the collector. A file system that is unmounted meanwhile is left out,
        and so is a folder without statistics, or one that cannot be entered.
"""

from collections.abc import Iterator

from motes.exporters.node._rows import Column, Row, fill
from motes.exporters.node.host import Device, Host
from motes.shared.exposition import Family, labels

# A line, and what its numbers count: family without its prefix and suffix, HELP.
_LINES = (
    (
        b"extent_alloc",
        ("extent_allocation_extents_allocated", "Extents allocated."),
        ("extent_allocation_blocks_allocated", "Blocks allocated."),
        ("extent_allocation_extents_freed", "Extents freed."),
        ("extent_allocation_blocks_freed", "Blocks freed."),
    ),
    (
        b"abt",
        ("allocation_btree_lookups", "Lookups in the trees of free space."),
        ("allocation_btree_compares", "Comparisons in the trees of free space."),
        ("allocation_btree_records_inserted", "Records put into the trees of free space."),
        ("allocation_btree_records_deleted", "Records taken from the trees of free space."),
    ),
    (
        b"blk_map",
        ("block_mapping_reads", "Mappings of blocks for reading."),
        ("block_mapping_writes", "Mappings of blocks for writing."),
        ("block_mapping_unmaps", "Mappings of blocks that were removed."),
        ("block_mapping_extent_list_insertions", "Extents put into the lists of a file's extents."),
        ("block_mapping_extent_list_deletions", "Extents taken from the lists of a file's extents."),
        ("block_mapping_extent_list_lookups", "Lookups in the lists of a file's extents."),
        ("block_mapping_extent_list_compares", "Comparisons in the lists of a file's extents."),
    ),
    (
        b"bmbt",
        ("block_map_btree_lookups", "Lookups in the trees of a file's extents."),
        ("block_map_btree_compares", "Comparisons in the trees of a file's extents."),
        ("block_map_btree_records_inserted", "Records put into the trees of a file's extents."),
        ("block_map_btree_records_deleted", "Records taken from the trees of a file's extents."),
    ),
    (
        b"dir",
        ("directory_operation_lookup", "Lookups of names in directories."),
        ("directory_operation_create", "Directory entries made."),
        ("directory_operation_remove", "Directory entries removed."),
        ("directory_operation_getdents", "Readings of directories."),
    ),
    (
        b"ig",
        ("inode_operation_attempts", "Searches of the inode cache."),
        ("inode_operation_found", "Searches of the inode cache that found the inode."),
        ("inode_operation_recycled", "Searches of the inode cache that found the inode being recycled."),
        ("inode_operation_missed", "Searches of the inode cache that did not find the inode."),
        ("inode_operation_duplicates", "Inodes to be put into the cache that another process had put there already."),
        ("inode_operation_reclaims", "Inodes taken from the cache to free memory."),
        ("inode_operation_attribute_changes", "Changes of inodes' attributes."),
    ),
    (
        b"rw",
        ("write_calls", "Calls of write(2)."),
        ("read_calls", "Calls of read(2)."),
    ),
    (
        b"vnodes",
        ("vnode_active", "Inodes in use."),
        ("vnode_allocate", "Calls of vn_alloc."),
        ("vnode_get", "Calls of vn_get."),
        ("vnode_hold", "Calls of vn_hold."),
        ("vnode_release", "Calls of vn_rele."),
        ("vnode_reclaim", "Calls of vn_reclaim."),
        ("vnode_remove", "Calls of vn_remove."),
    ),
)
_FILE = "stats/stats"
_COLUMNS: tuple[Column, ...] = tuple(
    ("counter", f"node_xfs_{name}_total", help) for _, *counted in _LINES for name, help in counted
)
# A folder beside those of the file systems, which has its statistics a level higher.
_ALL_TOGETHER = "stats"


def collect(host: Host) -> Iterator[Family]:
    rows = []
    for device in _devices(host):
        if device.name == _ALL_TOGETHER:
            continue
        try:
            rows.append(_row(device))
        except OSError:
            if host.sys.exists(f"{device.path}/{_FILE}"):
                raise
    if rows:
        yield fill(_COLUMNS, rows)


def _devices(host: Host) -> list[Device]:
    try:
        return host.sys.devices("fs/xfs")
    except OSError:
        return []


def _row(device: Device) -> Row:
    lines = [line.split() for line in device(_FILE).splitlines()]
    told = {word: numbers for word, *numbers in filter(None, lines)}
    values: list[bytes] = []
    for word, *counted in _LINES:
        numbers = told.get(word) or [b"0"] * len(counted)
        # Some kernels tell of an eighth kind of inodes, those that are free.
        if len(numbers) != len(counted) and not (word == b"vnodes" and len(numbers) == len(counted) + 1):
            raise ValueError(f"{device.path}: {len(numbers)} numbers for {word.decode()}, not {len(counted)}")
        if not b"".join(numbers).isdigit() or max(map(int, numbers)) >> 32:
            raise ValueError(f"{device.path}: no 32-bit numbers for {word.decode()}: {b' '.join(numbers)!r}")
        values += numbers[: len(counted)]
    return labels(device=device.name), values
