"""bcache: sets of disks and the disks that cache them.

Source: sys/fs/bcache/UUID, its bdev*, its cache*, see the kernel's admin-guide/bcache; bch_hprint() in
        drivers/md/bcache/util.c for the numbers.
Unit:   bytes, from the units that the kernel rounds to; sectors, percent, seconds from nanoseconds.
Errors: without the folder there are no series. As in node_exporter an attribute that is absent is 0; but
        writeback_rate_debug and priority_stats must be there. What is no number fails the collector; a set or a disk
        that vanishes is left out. Readaheads are told where there were any: Linux 5.14 stopped counting them.
"""

from collections.abc import Iterator
from functools import partial

from motes.exporters.node._rows import Column, Row, fill
from motes.exporters.node._samples import whole
from motes.exporters.node.host import Device, Host, Tree
from motes.shared.exposition import Family, Value, labels
from motes.shared.options import BOOLEAN, Option

_PRIORITIES = "collector.bcache.priorityStats"
OPTIONS = (Option(_PRIORITIES, BOOLEAN, False, "Serve priority statistics, which are expensive to read."),)

# Attribute, kind, family without its prefix, HELP.
_Attributes = tuple[tuple[str, str, str, str], ...]
_SET: _Attributes = (
    ("average_key_size", "gauge", "average_key_size_sectors", "Data for each key of the tree, in sectors, a mean."),
    ("btree_cache_size", "gauge", "btree_cache_size_bytes", "Memory that the cache of the tree uses."),
    ("cache_available_percent", "gauge", "cache_available_percent", "Part of the cache without dirty data."),
    ("congested", "gauge", "congested", "How congested the cache is."),
    ("root_usage_percent", "gauge", "root_usage_percent", "Part of the tree's root that is in use."),
    ("tree_depth", "gauge", "tree_depth", "Levels of the tree."),
    ("internal/active_journal_entries", "gauge", "active_journal_entries", "Journal entries newer than the index."),
    ("internal/btree_nodes", "gauge", "btree_nodes", "Nodes of the tree."),
    ("internal/cache_read_races", "counter", "cache_read_races_total", "Reads whose bucket was reused meanwhile."),
)
_READ_DURATION: tuple[Column, ...] = (
    ("gauge", "node_bcache_btree_read_average_duration_seconds", "Duration of a read of the tree, a mean."),
)
_BACKING: _Attributes = (
    ("dirty_data", "gauge", "dirty_data_bytes", "Dirty data of this device in the cache."),
    ("stats_total/bypassed", "counter", "bypassed_bytes_total", "Reads and writes that went past the cache."),
    ("stats_total/cache_hits", "counter", "cache_hits_total", "I/O that found its data in the cache."),
    ("stats_total/cache_misses", "counter", "cache_misses_total", "I/O that did not find its data in the cache."),
    ("stats_total/cache_bypass_hits", "counter", "cache_bypass_hits_total", "Hits of I/O that was to go past."),
    (
        "stats_total/cache_bypass_misses",
        "counter",
        "cache_bypass_misses_total",
        "Misses of I/O that was to go past.",
    ),
    ("stats_total/cache_miss_collisions", "counter", "cache_miss_collisions_total", "Misses that raced with a write."),
)
# In writeback_rate_debug the lines, here the families.
_WRITEBACK = (b"target", b"rate", b"proportional", b"integral", b"change")
_WRITEBACK_COLUMNS: tuple[Column, ...] = (
    ("gauge", "node_bcache_dirty_target_bytes", "Dirty data that is aimed at."),
    ("gauge", "node_bcache_writeback_rate", "Rate of writing back, in bytes."),
    ("gauge", "node_bcache_writeback_rate_proportional_term", "The controller's proportional part of the rate."),
    ("gauge", "node_bcache_writeback_rate_integral_term", "The controller's integral part of the rate."),
    ("gauge", "node_bcache_writeback_change", "Last change of the rate."),
)
_READAHEADS: tuple[Column, ...] = (
    ("counter", "node_bcache_cache_readaheads_total", "Times that data was read ahead."),
)
_CACHE: _Attributes = (
    ("io_errors", "gauge", "io_errors", "Errors of the device, those of long ago counting less."),
    ("metadata_written", "counter", "metadata_written_bytes_total", "Writes of all that is no data."),
    ("written", "counter", "written_bytes_total", "Data written to the cache."),
)
_PRIORITY = (b"Unused", b"Metadata")
_PRIORITY_COLUMNS: tuple[Column, ...] = (
    ("gauge", "node_bcache_priority_stats_unused_percent", "Part of the cache that holds no data."),
    ("gauge", "node_bcache_priority_stats_metadata_percent", "Part of the cache that holds metadata."),
)
_UNITS = b"kMGTPEZY"
_Told = tuple[tuple[Column, ...], Row]


def _columns(attributes: _Attributes) -> tuple[Column, ...]:
    return tuple((kind, f"node_bcache_{name}", help) for _, kind, name, help in attributes)


_SET_COLUMNS = _columns(_SET) + _READ_DURATION
_BACKING_COLUMNS = _columns(_BACKING) + _WRITEBACK_COLUMNS
_CACHE_COLUMNS = _columns(_CACHE)


def collect(host: Host) -> Iterator[Family]:
    caches = _CACHE_COLUMNS + (_PRIORITY_COLUMNS if host.flags[_PRIORITIES] else ())
    found: dict[tuple[Column, ...], list[Row]] = {_SET_COLUMNS: [], _BACKING_COLUMNS: [], _READAHEADS: [], caches: []}
    read = partial(_rows, host.sys, caches)
    for device in _sets(host):
        for columns, row in whole(host.sys, device, read):
            found[columns].append(row)
    for columns, rows in found.items():
        yield fill(columns, rows)


def _sets(host: Host) -> list[Device]:
    try:
        return [device for device in host.sys.devices("fs/bcache") if "-" in device.name]
    except OSError:
        return []


def _rows(tree: Tree, caches: tuple[Column, ...], device: Device) -> Iterator[_Told]:
    yield _SET_COLUMNS, (_labels(device), _set(device))
    for name in tree.names(device.path):
        if name.startswith("bdev") and name[4:5].isdigit():
            read = _backing
        elif name.startswith("cache") and name[5:6].isdigit():
            read = partial(_cache, caches)
        else:
            continue
        try:
            rows = list(read(device, name))
        except OSError:
            if tree.exists(f"{device.path}/{name}"):
                raise
            continue
        yield from rows


def _set(device: Device) -> list[Value]:
    values: list[Value] = [_value(device, attribute) for attribute, *_ in _SET]
    # Nanoseconds, whatever its name says.
    values.append(_value(device, "internal/btree_read_average_duration_us") * 1e-9)
    return values


def _backing(device: Device, name: str) -> Iterator[_Told]:
    values = [_value(device, f"{name}/{attribute}") for attribute, *_ in _BACKING]
    told = _told(device(f"{name}/writeback_rate_debug"))
    values += [_number(told.get(line, b"0").removesuffix(b"/sec")) for line in _WRITEBACK]
    yield _BACKING_COLUMNS, (_labels(device, name), values)
    readaheads = _value(device, f"{name}/stats_total/cache_readaheads")
    if readaheads:
        yield _READAHEADS, (_labels(device, name), [readaheads])


def _cache(columns: tuple[Column, ...], device: Device, name: str) -> Iterator[_Told]:
    values: list[Value] = [_value(device, f"{name}/{attribute}") for attribute, *_ in _CACHE]
    if len(values) < len(columns):
        told = _told(device(f"{name}/priority_stats"))
        values += [told.get(line, b"0").removesuffix(b"%") for line in _PRIORITY]
    yield columns, (_labels(device, name), values)


def _value(device: Device, attribute: str) -> int:
    try:
        return _number(device(attribute))
    except FileNotFoundError:
        return 0


def _labels(device: Device, name: str = "") -> bytes:
    known = device.labels.get(name)
    if known is None:
        kind = "backing_device" if name.startswith("bdev") else "cache_device"
        known = device.labels[name] = labels(**{kind: name} if name else {}, uuid=device.name)
    return known


def _told(content: bytes) -> dict[bytes, bytes]:
    """The last word of each line, by what stands before its colon."""
    return {line.partition(b":")[0]: line.split()[-1] for line in content.splitlines() if b":" in line}


def _number(text: bytes) -> int:
    """A number as bch_hprint() writes it: 12, 1.7M, -251.6k. Behind the point are hundreds of 1024ths."""
    if text.isdigit():
        return int(text)
    unit = _UNITS.find(text[-1:]) + 1 if text else 0
    if not unit:
        return int(float(text))
    whole, _, part = text.removeprefix(b"-")[:-1].partition(b".")
    size = int((float(whole) + float(part or b"0") / 10.24) * 1024.0**unit)
    return -size if text.startswith(b"-") else size
