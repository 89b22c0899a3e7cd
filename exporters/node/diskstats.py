"""Disks: requests, bytes and time, and what each disk is.

Source: proc/diskstats, see the kernel's admin-guide/iostats; for the rest see _disk.py.
Unit:   seconds and bytes, except discards, which are in sectors; a sector here is 512 bytes on every disk.
Errors: a line that is not numbers fails the collector. Lines of fewer than 11 statistics (partitions before
        Linux 2.6.25) are left out, as is what an old kernel does not count: discards before 4.18, flushes before 5.5.
"""

import os
from collections.abc import Iterator
from functools import lru_cache

from motes.exporters.node._disk import Disk, describe
from motes.exporters.node.device_filter import DeviceFilter
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, Value
from motes.shared.frame import Frame
from motes.shared.options import Option
from motes.shared.re2 import REGEX, compile_re2

_INCLUDE = "collector.diskstats.device-include"
_EXCLUDE = "collector.diskstats.device-exclude"
_EXCLUDED = compile_re2(r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$")

OPTIONS = (
    Option(
        _EXCLUDE,
        REGEX,
        _EXCLUDED,
        "Disks to leave out (not together with device-include).",
        aliases=("collector.diskstats.ignored-devices",),
    ),
    Option(_INCLUDE, REGEX, None, "The only disks to take (not together with device-exclude)."),
)

# In the order of the file's columns; a factor is what turns them into bytes or seconds.
_COLUMNS: tuple[tuple[str, str, float | None], ...] = (
    ("node_disk_reads_completed_total", "Reads completed successfully.", None),
    ("node_disk_reads_merged_total", "Reads merged with a neighbour.", None),
    ("node_disk_read_bytes_total", "Bytes read successfully.", 512),
    ("node_disk_read_time_seconds_total", "Seconds spent by all reads.", 0.001),
    ("node_disk_writes_completed_total", "Writes completed successfully.", None),
    ("node_disk_writes_merged_total", "Writes merged with a neighbour.", None),
    ("node_disk_written_bytes_total", "Bytes written successfully.", 512),
    ("node_disk_write_time_seconds_total", "Seconds spent by all writes.", 0.001),
    ("node_disk_io_now", "Requests in progress.", None),
    ("node_disk_io_time_seconds_total", "Seconds during which any request was in progress.", 0.001),
    ("node_disk_io_time_weighted_seconds_total", "Seconds in progress, added up over all requests.", 0.001),
    ("node_disk_discards_completed_total", "Discards completed successfully.", None),
    ("node_disk_discards_merged_total", "Discards merged with a neighbour.", None),
    ("node_disk_discarded_sectors_total", "Sectors discarded successfully.", None),
    ("node_disk_discard_time_seconds_total", "Seconds spent by all discards.", 0.001),
    ("node_disk_flush_requests_total", "Flush requests completed successfully.", None),
    ("node_disk_flush_requests_time_seconds_total", "Seconds spent by all flush requests.", 0.001),
)
_FACTORS = tuple(factor for _, _, factor in _COLUMNS)
_LEAST = 11
# What is left of the file without them is its layout.
_DIGITS = b"0123456789"


class Collector:
    """Keeps, for each name in diskstats, its Disk, or None for one that is left out; what describes them until
    something about them changes; and the layout of the file.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        flags = host.flags
        self._filter = DeviceFilter(flags[_INCLUDE], flags[_EXCLUDE], (_INCLUDE, _EXCLUDE), default=_EXCLUDED)
        self._disks: dict[bytes, Disk | None] = {}
        self._seen = b""
        self._described: list[Disk] = []
        self._descriptions: list[Family] = []

    def collect(self) -> Iterator[Family]:
        present = self._present()
        disks = [disk for disk, _ in present]
        changed = [disk for disk in disks if disk.refresh()]
        if changed or disks != self._described:
            self._descriptions = list(describe(disks))
            self._described = disks
        yield from self._descriptions
        frame = _frame(tuple([(disk.labels, len(row)) for disk, row in present]))
        yield frame.fill(_values([row for _, row in present]))

    def _present(self) -> list[tuple[Disk, list[bytes]]]:
        """The disks to tell of, with their statistics."""
        content = self._host.proc("diskstats")
        seen = content.translate(None, _DIGITS)
        if seen != self._seen:
            _check(content)
            self._seen = seen
        # Most lines can be loop devices and partitions, whose numbers nobody wants.
        lines = [fields for line in content.splitlines() if len(fields := line.split(None, 3)) > 3]
        self._forget({name for _, _, name, _ in lines})
        found = [(disk, fields[3].split()[: len(_COLUMNS)]) for fields in lines if (disk := self._disk(*fields[:3]))]
        return [(disk, row) for disk, row in found if len(row) >= _LEAST]

    def _disk(self, major: bytes, minor: bytes, name: bytes) -> Disk | None:
        if name in self._disks:
            disk = self._disks[name]
            if disk is None or disk.number == (major, minor):
                return disk
            disk.close()
        ignored = self._filter.ignored(os.fsdecode(name))
        self._disks[name] = None if ignored else Disk(self._host, name, (major, minor))
        return self._disks[name]

    def _forget(self, present: set[bytes]) -> None:
        for name in self._disks.keys() - present:
            disk = self._disks.pop(name)
            if disk:
                disk.close()


def _check(content: bytes) -> None:
    """ValueError for a line that is not numbers, but for what is newer than this collector."""
    for line in content.splitlines():
        fields = line.split()[: 3 + len(_COLUMNS)]
        if fields and not b"".join(fields[:2] + fields[3:]).isdigit():
            raise ValueError(f"diskstats has a line that is not numbers: {b' '.join(fields)!r}")


def _values(rows: list[list[bytes]]) -> Iterator[Value]:
    for column, factor in enumerate(_FACTORS):
        digits = [row[column] for row in rows if column < len(row)]
        yield from [int(each) * factor for each in digits] if factor else digits


@lru_cache(maxsize=2)
def _frame(disks: tuple[tuple[bytes, int], ...]) -> Frame:
    """For disks by label set and number of statistics; made anew only when disks come or go."""
    return Frame(
        (
            "gauge" if name == "node_disk_io_now" else "counter",
            name,
            help,
            [key for key, counted in disks if column < counted],
        )
        for column, (name, help, _) in enumerate(_COLUMNS)
    )
