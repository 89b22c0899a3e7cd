"""NFS, the client: its calls.

Source: proc/net/rpc/nfs, see _sunrpc.py.
Unit:   packets, connections, calls.
Errors: no data without the file (no mount since the start); a line that is not as the kernel writes it fails the
        collector. A version or a procedure that the kernel does not have is 0, as in node_exporter.
"""

from functools import cache

from motes.exporters.node import _sunrpc
from motes.exporters.node.host import Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family, labels
from motes.shared.frame import Frame

# In the order of NFSPROC4_CLNT_*, see include/linux/nfs4.h; but for GetDeviceInfo, which changes places with LayoutGet
# there: node_exporter has them so since 1.10.
_VERSION_4 = (
    *("Null", "Read", "Write", "Commit", "Open", "OpenConfirm", "OpenNoattr", "OpenDowngrade", "Close", "Setattr"),
    *("FsInfo", "Renew", "SetClientID", "SetClientIDConfirm", "Lock", "Lockt", "Locku", "Access", "Getattr", "Lookup"),
    *("LookupRoot", "Remove", "Rename", "Link", "Symlink", "Create", "Pathconf", "StatFs", "ReadLink", "ReadDir"),
    *("ServerCaps", "DelegReturn", "GetACL", "SetACL", "FsLocations", "ReleaseLockowner", "Secinfo", "FsidPresent"),
    *("ExchangeID", "CreateSession", "DestroySession", "Sequence", "GetLeaseTime", "ReclaimComplete", "GetDeviceInfo"),
    *("LayoutGet", "LayoutCommit", "LayoutReturn", "SecinfoNoName", "TestStateID", "FreeStateID", "GetDeviceList"),
    *("BindConnToSession", "DestroyClientID", "Seek", "Allocate", "DeAllocate", "LayoutStats", "Clone"),
)
_VERSIONS = {"2": _sunrpc.VERSION_2, "3": _sunrpc.VERSION_3, "4": _VERSION_4}
_LAYOUT = _sunrpc.Layout(
    {b"net": 4, b"rpc": 3},
    {
        b"proc2": (len(_sunrpc.VERSION_2), len(_sunrpc.VERSION_2)),
        b"proc3": (len(_sunrpc.VERSION_3), len(_sunrpc.VERSION_3)),
        b"proc4": (0, len(_VERSION_4)),
    },
)


def collect(host: Host) -> list[Family]:
    try:
        content = host.net("rpc/nfs")
    except FileNotFoundError:
        raise NoData from None
    told = _LAYOUT.parse(content)
    procedures = [*told[b"proc2"], *told[b"proc3"], *told[b"proc4"]]
    return [_frame().fill([*told[b"net"][1:], *told[b"rpc"], *procedures])]


@cache
def _frame() -> Frame:
    packets = [labels(protocol=protocol) for protocol in ("udp", "tcp")]
    requests = [labels(method=name, proto=version) for version, names in _VERSIONS.items() for name in names]
    rpc = "node_nfs_rpc"
    return Frame(
        (
            ("counter", "node_nfs_packets_total", "Packets sent and received.", packets),
            ("counter", "node_nfs_connections_total", "TCP connections.", (b"",)),
            ("counter", f"{rpc}s_total", "Calls.", (b"",)),
            ("counter", f"{rpc}_retransmissions_total", "Calls sent again.", (b"",)),
            ("counter", f"{rpc}_authentication_refreshes_total", "Times that authentication was renewed.", (b"",)),
            ("counter", "node_nfs_requests_total", "Calls by version of the protocol and procedure.", requests),
        )
    )
