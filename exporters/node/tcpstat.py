"""TCP sockets by their state, and the bytes that wait in their queues.

Source: sock_diag(7) over netlink; net/tcp and net/tcp6, see proc_net(5), where netlink is refused and below another
        `path.procfs`. There a listening socket has no send queue; netlink tells its longest backlog for it, which
        counts as bytes, as node_exporter has it.
Unit:   sockets; bytes. A state that no socket is in is left out.
Errors: a missing net/tcp, or a line of it that is short or garbled, fails this collector; a missing net/tcp6 does not.
"""

from collections.abc import Iterator

from motes.exporters.node._sock_diag import SockDiag, Totals
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, gauge, labels

# linux/tcp_states.h, from 1 on.
_STATES = (
    *("established", "syn_sent", "syn_recv", "fin_wait1", "fin_wait2", "time_wait", "close", "close_wait", "last_ack"),
    *("listen", "closing"),
)


class Collector:
    """Keeps a netlink socket."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._sockets = SockDiag()

    def collect(self) -> Iterator[Family]:
        totals = self._totals()
        counts = {name: totals.states[state] for state, name in enumerate(_STATES, 1)}
        counts["unknown"] = sum(totals.states) - sum(counts.values())
        found = {labels(state=name): count for name, count in counts.items() if count}
        if found:
            found[labels(state="rx_queued_bytes")] = totals.to_be_read
            found[labels(state="tx_queued_bytes")] = totals.to_be_sent
        yield gauge("node_tcp_connection_states", "TCP sockets by state, and bytes in their queues.", found)

    def _totals(self) -> Totals:
        if self._host.proc.root == "/proc":
            try:
                return self._sockets.of_tcp()
            except OSError:
                pass  # a sandbox: the files tell nearly the same
        totals = Totals()
        for content in (self._host.net("tcp"), self._tcp6()):
            _add(content, totals)
        return totals

    def _tcp6(self) -> bytes:
        try:
            return self._host.net("tcp6")
        except FileNotFoundError:
            return b""  # a kernel without IPv6


def _add(content: bytes, totals: Totals) -> None:
    for line in content.split(b"\n")[1:]:
        fields = line.split()
        if not fields:
            continue
        if len(fields) < 5:
            raise ValueError(f"net/tcp: {line!r} is no socket")
        sent, received = fields[4].split(b":")
        totals.states[int(fields[3], 16)] += 1
        totals.to_be_read += int(received, 16)
        totals.to_be_sent += int(sent, 16)
