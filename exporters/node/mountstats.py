"""NFS mounts: what was read and written, which calls were made, and how the transport does.

Source: proc/self/mountstats, see _mountstats.py, and proc/self/mountinfo for the server's address, whose lines are in
        the same order. Below another --path.procfs they are process 1's, where these can be read.
Unit:   bytes, seconds (of calls from milliseconds), events.
Errors: without either file, or with a line that is not as the kernel writes it, the collector fails. Of mounts from the
        same place by the same protocol and address, the first is told, for the kernel counts for all of them.
"""

from collections.abc import Iterator

from motes.exporters.node._mountstats import Mount, parse
from motes.exporters.node._rows import Column, Row, fill
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, Value, gauge, labels

_PREFIX = "node_mountstats_nfs_"


def _counters(*described: tuple[str, str]) -> tuple[Column, ...]:
    return tuple(("counter", f"{_PREFIX}{name}_total", help) for name, help in described)


_MOUNT = _counters(
    ("age_seconds", "Time since the mount."),
    ("read_bytes", "Bytes that programs read."),
    ("write_bytes", "Bytes that programs wrote."),
    ("direct_read_bytes", "Bytes that programs read past the cache."),
    ("direct_write_bytes", "Bytes that programs wrote past the cache."),
    ("total_read_bytes", "Bytes read from the server."),
    ("total_write_bytes", "Bytes written to the server."),
    ("read_pages", "Pages read for mappings into memory."),
    ("write_pages", "Pages written for mappings into memory."),
    ("event_inode_revalidate", "Cached attributes of inodes that were checked."),
    ("event_dnode_revalidate", "Cached directory entries that were checked."),
    ("event_data_invalidate", "Caches of an inode's data that were dropped."),
    ("event_attribute_invalidate", "Cached attributes of inodes that were dropped."),
    ("event_vfs_open", "Files and directories opened."),
    ("event_vfs_lookup", "Names looked up in directories."),
    ("event_vfs_access", "Permissions checked."),
    ("event_vfs_update_page", "Pages changed."),
    ("event_vfs_read_page", "Pages read one by one."),
    ("event_vfs_read_pages", "Groups of pages read."),
    ("event_vfs_write_page", "Pages written one by one."),
    ("event_vfs_write_pages", "Groups of pages written."),
    ("event_vfs_getdents", "Readings of directories."),
    ("event_vfs_setattr", "Attributes set."),
    ("event_vfs_flush", "Flushes of a file's writes."),
    ("event_vfs_fsync", "Calls of fsync(2)."),
    ("event_vfs_lock", "Attempts to lock a file."),
    ("event_vfs_file_release", "Files closed."),
    ("event_truncation", "Files truncated."),
    ("event_write_extension", "Files grown by writes beyond their end."),
    ("event_silly_rename", "Files removed that were still open."),
    ("event_short_read", "Reads that the server gave less for than was asked."),
    ("event_short_write", "Writes that the server took less of than was sent."),
    ("event_jukebox_delay", "Calls that the server put off, as for tapes."),
    ("event_pnfs_read", "Reads by pNFS."),
    ("event_pnfs_write", "Writes by pNFS."),
)
# The one event that is not told of, congestion_wait.
_LEFT_OUT = 18
_OPERATION = _counters(
    ("operations_requests", "Calls."),
    ("operations_transmissions", "Calls sent, those sent again among them."),
    ("operations_major_timeouts", "Calls that met a major timeout."),
    ("operations_sent_bytes", "Bytes sent."),
    ("operations_received_bytes", "Bytes received."),
    ("operations_queue_time_seconds", "Time that calls waited to be sent."),
    ("operations_response_time_seconds", "Time from sending calls to the reply."),
    ("operations_request_time_seconds", "Time from making calls to their end."),
)
_TRANSPORT: tuple[Column, ...] = (
    *_counters(("transport_bind", "Times that a connection was made from scratch.")),
    *_counters(("transport_connect", "TCP connections made.")),
    ("gauge", f"{_PREFIX}transport_idle_time_seconds", "Time since the last call."),
    *_counters(
        ("transport_sends", "Calls sent."),
        ("transport_receives", "Replies received."),
        ("transport_bad_transaction_ids", "Replies to calls that were never made."),
        ("transport_backlog_queue", "Length of the backlog, summed up over all calls."),
    ),
    ("gauge", f"{_PREFIX}transport_maximum_rpc_slots", "Most calls that were ever under way at once."),
    *_counters(
        ("transport_sending_queue", "Length of the queue of calls to be sent, summed up over all calls."),
        ("transport_pending_queue", "Length of the queue of calls to be answered, summed up over all calls."),
    ),
)
# Of a transport's numbers those that are told, and the idle time among them.
_TOLD = (1, 2, 4, 5, 6, 7, 9, 10, 11, 12)
_IDLE = 4
# node_exporter's way with times that are below zero in the kernel, for it prints them without a sign.
_MANTISSA = 2**53


def collect(host: Host) -> Iterator[Family]:
    statistics, listed = _read(host)
    mountinfo = listed.splitlines()
    points: dict[bytes, int] = {}
    rows = _Rows()
    for mount in parse(statistics):
        address = _address(mountinfo[mount.place]) if mount.place < len(mountinfo) else b""
        for protocol, _ in mount.transports:
            one = labels(export=mount.device, mountaddr=address, mountpoint=mount.point, protocol=protocol)
            points[one] = 1
            if not rows.add(mount, address, protocol):
                break
    yield gauge(f"{_PREFIX}mountpoint_info", "Where it is mounted; the value is always 1.", points)
    yield fill(_MOUNT, rows.mounts)
    yield fill(_TRANSPORT, rows.transports)
    yield fill(_OPERATION, rows.operations)


def _read(host: Host) -> tuple[bytes, bytes]:
    if host.proc.root != "/proc":
        try:
            return host.proc("1/mountstats"), host.proc("1/mountinfo")
        except OSError:
            pass  # these are root's alone
    return host.proc("self/mountstats"), host.proc("self/mountinfo")


class _Rows:
    def __init__(self) -> None:
        self._seen: set[tuple[bytes, bytes, bytes]] = set()
        self.mounts: list[Row] = []
        self.transports: list[Row] = []
        self.operations: list[Row] = []

    def add(self, mount: Mount, address: bytes, protocol: bytes) -> bool:
        """Whether it was not there yet."""
        if (mount.device, address, protocol) in self._seen:
            return False
        self._seen.add((mount.device, address, protocol))
        one = {"export": mount.device, "mountaddr": address}
        events = [*mount.events[:_LEFT_OUT], *mount.events[_LEFT_OUT + 1 :]]
        self.mounts.append((labels(**one, protocol=protocol), [mount.age, *mount.bytes, *events]))
        for number, (_, numbers) in enumerate(mount.transports):
            told: list[Value] = [int(numbers[at]) % _MANTISSA if at == _IDLE else numbers[at] for at in _TOLD]
            self.transports.append((labels(**one, protocol=protocol, transport=str(number)), told))
        for name, numbers in mount.operations.items():
            seconds = [int(number) % _MANTISSA / 1000 for number in numbers[5:]]
            self.operations.append((labels(**one, operation=name, protocol=protocol), [*numbers[:5], *seconds]))
        return True


def _address(line: bytes) -> bytes:
    """The server's address, from the last of a mount's fields."""
    options = dict([option.partition(b"=")[::2] for option in line.rpartition(b" ")[2].split(b",")])
    return options.get(b"addr", b"")
