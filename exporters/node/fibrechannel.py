"""Fibre Channel host adapters.

Source: sys/class/fc_host, see the kernel's drivers/scsi/scsi_transport_fc.c.
Unit:   events since the counters were reset; words of four bytes. A counter whose bits are all set is one that the
        adapter does not have, and is left out.
Errors: no data without the folder, or where an adapter has no statistics. A counter that the driver does not show is
        0, as node_exporter has it; one that is no number fails this collector.
"""

import errno
from collections.abc import Iterator

from motes.exporters.node._attributes import each, text, unsigned
from motes.exporters.node.host import Device, Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family, Value, counter, gauge, labels

# Family without its prefix, attribute, HELP.
_COUNTERS = (
    ("dumped_frames_total", "dumped_frames", "Frames dropped for lack of room."),
    ("error_frames_total", "error_frames", "Frames with errors."),
    ("invalid_crc_total", "invalid_crc_count", "Frames with a wrong check sum."),
    ("rx_frames_total", "rx_frames", "Frames received."),
    ("rx_words_total", "rx_words", "Words received."),
    ("tx_frames_total", "tx_frames", "Frames sent."),
    ("tx_words_total", "tx_words", "Words sent."),
    ("seconds_since_last_reset_total", "seconds_since_last_reset", "Seconds since the counters were reset."),
    ("invalid_tx_words_total", "invalid_tx_word_count", "Invalid words."),
    ("link_failure_total", "link_failure_count", "Failures of the link."),
    ("loss_of_sync_total", "loss_of_sync_count", "Losses of synchronization, with bits or with words."),
    ("loss_of_signal_total", "loss_of_signal_count", "Losses of the signal."),
    ("nos_total", "nos_count", "Not-operational primitive sequences received."),
    ("fcp_packet_aborts_total", "fcp_packet_aborts", "Packets aborted."),
)
_TEXTS = (
    *("dev_loss_tmo", "fabric_name", "port_id", "port_name", "port_state", "port_type", "speed"),
    *("supported_classes", "supported_speeds", "symbolic_name"),
)
# Hexadecimal, shown without 0x.
_IDS = frozenset(("fabric_name", "port_id", "port_name"))
_UNKNOWN = 2**64 - 1
# EISDIR for what is no attribute.
_NOT_THERE = frozenset((errno.ENOENT, errno.EOPNOTSUPP, errno.EINVAL, errno.EISDIR))
_Read = tuple[bytes, list[int]]


def collect(host: Host) -> Iterator[Family]:
    info: dict[bytes, Value] = {}
    rows: dict[bytes, list[int]] = {}
    try:
        for device, (told, counts) in each(host.sys, "class/fc_host", _read):
            info[told] = 1
            rows[labels(fc_host=device.name)] = counts
    except FileNotFoundError:
        raise NoData from None
    yield gauge("node_fibrechannel_info", "What the adapter says of itself, in labels; the value is always 1.", info)
    for column, (name, _, help) in enumerate(_COUNTERS):
        samples = {one: counts[column] for one, counts in rows.items() if counts[column] != _UNKNOWN}
        yield counter(f"node_fibrechannel_{name}", help, samples)


def _read(device: Device) -> _Read:
    if not device.has("statistics"):
        raise FileNotFoundError(errno.ENOENT, "no statistics", device.path)
    told = {name: _told(device, name) for name in _TEXTS} | {"fc_host": device.name}
    return labels(**dict(sorted(told.items()))), [_count(device, attribute) for _, attribute, _ in _COUNTERS]


def _told(device: Device, name: str) -> str:
    if not device.has(name):
        return ""
    value = text(device(name))
    return value[2:] if name in _IDS and len(value) > 2 else value


def _count(device: Device, name: str) -> int:
    try:
        return unsigned(device(f"statistics/{name}"))
    except OSError as error:
        if error.errno not in _NOT_THERE:
            raise
        return 0
