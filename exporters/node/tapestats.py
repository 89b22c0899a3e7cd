"""Tape drives.

Source: sys/class/scsi_tape/st*/stats, see the kernel's Documentation/scsi/st.rst.
Unit:   seconds, from nanoseconds; bytes; requests.
Errors: no data without the folder, or for a drive without its statistics; one of them that is absent is 0, one that is
        no number fails the collector. A drive that vanishes is left out.
"""

from collections.abc import Iterator
from functools import partial

from motes.exporters.node._attributes import decimal
from motes.exporters.node._rows import Column, Row, fill
from motes.exporters.node._samples import whole
from motes.exporters.node.host import Device, Host, Tree
from motes.shared.collector import NoData
from motes.shared.exposition import Family, Value, labels
from motes.shared.options import Option
from motes.shared.re2 import REGEX, compile_re2

_IGNORED = "collector.tapestats.ignored-devices"
OPTIONS = (Option(_IGNORED, REGEX, compile_re2("^$"), "Tape drives to leave out."),)

_COUNTED = ("in_flight", "other_cnt", "read_byte_cnt", "read_cnt", "resid_cnt", "write_byte_cnt", "write_cnt")
_TIMED = ("io_ns", "read_ns", "write_ns")
_COLUMNS: tuple[Column, ...] = (
    ("gauge", "node_tape_io_now", "Requests under way."),
    ("counter", "node_tape_io_others_total", "Requests that were neither for reading nor for writing."),
    ("counter", "node_tape_read_bytes_total", "Bytes read."),
    ("counter", "node_tape_reads_completed_total", "Requests for reading."),
    ("counter", "node_tape_residual_total", "Requests after which a part was left, as when the block was shorter."),
    ("counter", "node_tape_written_bytes_total", "Bytes written."),
    ("counter", "node_tape_writes_completed_total", "Requests for writing."),
    ("counter", "node_tape_io_time_seconds_total", "Time of all requests, those that move the tape among them."),
    ("counter", "node_tape_read_time_seconds_total", "Time of the requests for reading."),
    ("counter", "node_tape_write_time_seconds_total", "Time of the requests for writing."),
)


def collect(host: Host) -> Iterator[Family]:
    ignored = host.flags[_IGNORED]
    read = partial(_row, host.sys)
    try:
        # Others have names such as nst0 and st0a: the same drives in other modes.
        drives = [one for one in host.sys.devices("class/scsi_tape") if _is_drive(one.name)]
        rows = [row for drive in drives if not ignored.search(drive.name) for row in whole(host.sys, drive, read)]
    except FileNotFoundError:
        raise NoData from None
    yield fill(_COLUMNS, rows)


def _is_drive(name: str) -> bool:
    return name.startswith("st") and name[2:].isascii() and name[2:].isdecimal()


def _row(tree: Tree, device: Device) -> Iterator[Row]:
    present = tree.names(f"{device.path}/stats")
    values: list[Value] = [_number(device, name) if name in present else 0 for name in _COUNTED]
    values += [_number(device, name) * 1e-9 if name in present else 0 for name in _TIMED]
    yield labels(device=device.name), values


def _number(device: Device, name: str) -> int:
    return int(decimal(device(f"stats/{name}")))
