"""TCP sockets by their state, and the bytes that wait in their queues.

Source: sock_diag(7) over netlink; net/tcp and net/tcp6, see proc_net(5), where netlink is refused and below another
        `path.procfs`. There a listening socket has no send queue; netlink tells its longest backlog for it, which
        counts as bytes, as node_exporter has it.
Unit:   sockets; bytes. A state that no socket is in is left out.
Errors: a missing net/tcp, or a line of it that is short or garbled, fails this collector; a missing net/tcp6 does not.
"""

import socket
from collections.abc import Iterable, Iterator
from struct import Struct

from motes.exporters.node._netlink import Netlink
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, gauge, labels

# linux/sock_diag.h
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST = Struct("=BBxxI48x")  # struct inet_diag_req_v2: family, protocol, states, and of which socket (of any)
_ALL_STATES = 0xFFF
_STATE = 1
_QUEUES = Struct("=II")  # in struct inet_diag_msg: to be read, to be sent
_QUEUES_AT = 56

# linux/tcp_states.h, from 1 on.
_STATES = (
    *("established", "syn_sent", "syn_recv", "fin_wait1", "fin_wait2", "time_wait", "close", "close_wait", "last_ack"),
    *("listen", "closing"),
)
_SERVED = (*_STATES, "unknown", "rx_queued_bytes", "tx_queued_bytes")
# State, bytes to be read, bytes to be sent.
_Socket = tuple[int, int, int]


class Collector:
    """Keeps a netlink socket."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._netlink = Netlink(_NETLINK_SOCK_DIAG)

    def collect(self) -> Iterator[Family]:
        counts = _count(self._sockets())
        found = {labels(state=name): counts[name] for name in _SERVED if name in counts}
        yield gauge("node_tcp_connection_states", "TCP sockets by state, and bytes in their queues.", found)

    def _sockets(self) -> Iterable[_Socket]:
        if self._host.proc.root == "/proc":
            try:
                return [one for family in (socket.AF_INET, socket.AF_INET6) for one in self._asked(family)]
            except OSError:
                pass  # a sandbox: the files tell nearly the same
        return [*_parse(self._host.net("tcp")), *_parse(self._tcp6())]

    def _asked(self, family: int) -> Iterator[_Socket]:
        request = _REQUEST.pack(family, socket.IPPROTO_TCP, _ALL_STATES)
        for body in self._netlink.dump(_SOCK_DIAG_BY_FAMILY, request):
            yield body[_STATE], *_QUEUES.unpack_from(body, _QUEUES_AT)

    def _tcp6(self) -> bytes:
        try:
            return self._host.net("tcp6")
        except FileNotFoundError:
            return b""  # a kernel without IPv6


def _count(sockets: Iterable[_Socket]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for state, received, sent in sockets:
        name = _STATES[state - 1] if 0 < state <= len(_STATES) else "unknown"
        counts[name] = counts.get(name, 0) + 1
        counts["rx_queued_bytes"] = counts.get("rx_queued_bytes", 0) + received
        counts["tx_queued_bytes"] = counts.get("tx_queued_bytes", 0) + sent
    return counts


def _parse(content: bytes) -> Iterator[_Socket]:
    for line in content.split(b"\n")[1:]:
        fields = line.split()
        if not fields:
            continue
        if len(fields) < 5:
            raise ValueError(f"net/tcp: {line!r} is no socket")
        sent, received = fields[4].split(b":")
        yield int(fields[3], 16), int(received, 16), int(sent, 16)
