"""NFS, the server: its calls, its caches and its threads.

Source: proc/net/rpc/nfsd, see _sunrpc.py.
Unit:   bytes, packets, connections, calls; entries of the read-ahead cache, which Linux 5.4 did away with.
Errors: no data without the file (no server); a line that is not as the kernel writes it fails the collector. What the
        kernel does not have is 0, as in node_exporter.
"""

from functools import cache

from motes.exporters.node import _sunrpc
from motes.exporters.node.host import Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family, labels
from motes.shared.frame import Frame

# The operations of version 4 have numbers from 3 on, see RFC 7530, section 16. None for those that are not told.
_OPERATIONS = (
    *(None, None, None, "Access", "Close", "Commit", "Create", "DelegPurge", "DelegReturn", "GetAttr", "GetFH", "Link"),
    *("Lock", "Lockt", "Locku", "Lookup", "LookupRoot", "Nverify", "Open", "OpenAttr", "OpenConfirm", "OpenDgrd"),
    *("PutFH", None, None, "Read", "ReadDir", "ReadLink", "Remove", "Rename", "Renew", "RestoreFH", "SaveFH"),
    *("SecInfo", "SetAttr", "SetClientID", "SetClientIDConfirm", "Verify", "Write", "RelLockOwner"),
)
# RelLockOwner, the last one, came later.
_LEAST = len(_OPERATIONS) - 1
_LAYOUT = _sunrpc.Layout(
    {b"rc": 3, b"fh": 5, b"io": 2, b"th": 2, b"ra": 12, b"net": 4, b"rpc": 5, b"wdeleg_getattr": 1},
    {
        b"proc2": (len(_sunrpc.VERSION_2), len(_sunrpc.VERSION_2)),
        b"proc3": (len(_sunrpc.VERSION_3), len(_sunrpc.VERSION_3)),
        b"proc4": (2, 2),
        b"proc4ops": (_LEAST, len(_OPERATIONS)),
    },
)


def collect(host: Host) -> list[Family]:
    try:
        content = host.net("rpc/nfsd")
    except FileNotFoundError:
        raise NoData from None
    return [_frame().fill(_values(_LAYOUT.parse(content)))]


def _values(told: dict[bytes, list[bytes]]) -> list[bytes]:
    """In the order of the frame."""
    operations = [number for name, number in zip(_OPERATIONS, told[b"proc4ops"], strict=True) if name]
    calls, _, *errors = told[b"rpc"]
    return [
        *told[b"rc"],
        told[b"fh"][0],
        *told[b"io"],
        told[b"th"][0],
        *(told[b"ra"][0], told[b"ra"][-1]),
        *told[b"net"][1:],
        *errors,
        calls,
        *(*told[b"proc2"][1:], *told[b"proc3"][1:], *operations, *told[b"wdeleg_getattr"]),
    ]


@cache
def _frame() -> Frame:
    alone = (b"",)
    packets = [labels(proto=protocol) for protocol in ("udp", "tcp")]
    errors = [labels(error=error) for error in ("fmt", "auth", "cInt")]
    methods = {
        "2": _sunrpc.VERSION_2[1:],
        "3": _sunrpc.VERSION_3[1:],
        "4": (*filter(None, _OPERATIONS), "WdelegGetattr"),
    }
    requests = [labels(method=method, proto=version) for version, names in methods.items() for method in names]
    return Frame(
        (
            ("counter", "node_nfsd_reply_cache_hits_total", "Replies from the cache, to calls sent again.", alone),
            ("counter", "node_nfsd_reply_cache_misses_total", "Replies put into the cache.", alone),
            ("counter", "node_nfsd_reply_cache_nocache_total", "Replies that need not be in the cache.", alone),
            ("counter", "node_nfsd_file_handles_stale_total", "File handles that were stale.", alone),
            ("counter", "node_nfsd_disk_bytes_read_total", "Bytes read.", alone),
            ("counter", "node_nfsd_disk_bytes_written_total", "Bytes written.", alone),
            ("gauge", "node_nfsd_server_threads", "Threads of the server.", alone),
            ("gauge", "node_nfsd_read_ahead_cache_size_blocks", "Size of the read-ahead cache.", alone),
            ("counter", "node_nfsd_read_ahead_cache_not_found_total", "Misses of the read-ahead cache.", alone),
            ("counter", "node_nfsd_packets_total", "Packets sent and received.", packets),
            ("counter", "node_nfsd_connections_total", "TCP connections.", alone),
            ("counter", "node_nfsd_rpc_errors_total", "Calls that were refused, by the reason.", errors),
            ("counter", "node_nfsd_server_rpcs_total", "Calls.", alone),
            ("counter", "node_nfsd_requests_total", "Calls by version of the protocol and procedure.", requests),
        )
    )
