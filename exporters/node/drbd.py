"""DRBD: its devices, as DRBD 8 tells of them (9 tells of its version alone).

Source: proc/drbd, see drbd_seq_show() in the kernel's drivers/block/drbd/drbd_proc.c. Words NAME:VALUE; a number with
        its colon begins a device.
Unit:   bytes, from KiB; but network_received_bytes is KiB, as node_exporter has it.
Errors: no data without the file; a value that is no number, or no pair, fails the collector. Other words are left out.
"""

from collections.abc import Iterator

from motes.exporters.node._samples import Sample, families
from motes.exporters.node.host import Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family, labels

# Family without its prefix, and what the number is multiplied with.
_NUMBERS = {
    b"ns": ("network_sent_bytes_total", 1024),
    b"nr": ("network_received_bytes_total", 1),
    b"dw": ("disk_written_bytes_total", 1024),
    b"dr": ("disk_read_bytes_total", 1024),
    b"al": ("activitylog_writes_total", 1),
    b"bm": ("bitmap_writes_total", 1),
    b"lo": ("local_pending", 1),
    b"pe": ("remote_pending", 1),
    b"ua": ("remote_unacknowledged", 1),
    b"ap": ("application_pending", 1),
    b"ep": ("epochs", 1),
    b"oos": ("out_of_sync_bytes", 1024),
}
# Family, and the state that is told of: here and on the other node.
_PAIRS = {
    b"ro": ("node_role_is_primary", b"Primary"),
    b"ds": ("disk_state_is_up_to_date", b"UpToDate"),
}
_HELP = {
    "network_sent_bytes_total": "Bytes sent to the other node.",
    "network_received_bytes_total": "KiB received from the other node, whatever the name says.",
    "disk_written_bytes_total": "Bytes written to the disk.",
    "disk_read_bytes_total": "Bytes read from the disk.",
    "activitylog_writes_total": "Updates of the activity log.",
    "bitmap_writes_total": "Updates of the bitmap.",
    "local_pending": "Requests to the disk that are under way.",
    "remote_pending": "Requests to the other node that are not answered yet.",
    "remote_unacknowledged": "Requests from the other node that are not answered yet.",
    "application_pending": "Requests to DRBD that are not answered yet.",
    "epochs": "Epochs under way.",
    "out_of_sync_bytes": "Data that is out of sync.",
    "node_role_is_primary": "Whether the node has the primary role.",
    "disk_state_is_up_to_date": "Whether the node's disk is up to date.",
    "connected": "Whether the other node is connected.",
}


def collect(host: Host) -> Iterator[Family]:
    try:
        content = host.proc("drbd")
    except FileNotFoundError:
        raise NoData from None
    yield from families("node_drbd_", _HELP.__getitem__, _samples(content))


def _samples(content: bytes) -> Iterator[Sample]:
    device = "unknown"
    for word in content.split():
        key, colon, value = word.partition(b":")
        if not colon or b":" in value:
            continue
        if key.isdigit() and not value:
            device = f"drbd{int(key)}"
        elif key in _NUMBERS:
            family, factor = _NUMBERS[key]
            yield family, labels(device=device), int(value) * factor
        elif key in _PAIRS:
            family, wanted = _PAIRS[key]
            here, there = value.split(b"/")[:2]
            yield family, labels(device=device, node="local"), int(here == wanted)
            yield family, labels(device=device, node="remote"), int(there == wanted)
        elif key == b"cs":
            yield "connected", labels(device=device), int(value == b"Connected")
