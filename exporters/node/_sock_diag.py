"""TCP sockets, counted from what the kernel tells of each.

Source: sock_diag(7) over netlink; linux/inet_diag.h. Most of its messages are alike, so that numbers at the same place
        of many are taken at once: a busy machine has tens of thousands.
Errors: OSError where netlink is refused, ValueError for an answer that is garbled.
"""

from struct import Struct

from motes.exporters.node._netlink import Netlink
from motes.shared import netlink

_NETLINK_SOCK_DIAG = 4
# The older request is for the sockets of both families at once. The newer one is for a family, and for each of them the
# kernel walks the same table.
_TCPDIAG_GETSOCK = 18
_ALL_STATES = 0xFFF
_REQUEST = Struct("=52xI4x").pack(_ALL_STATES)  # struct inet_diag_req: of which socket (of any), states
# A message's length, kind and flags; then, in struct inet_diag_msg, the state, bytes to be read, bytes to be sent.
_MESSAGE = Struct("=IHH9xB54xII")
_STATE = 17
_TO_BE_READ, _TO_BE_SENT = 18, 19  # in words of four bytes
_ALIGNED = 4


class Totals:
    """How many sockets are in each state, and the bytes in the queues of all."""

    __slots__ = ("states", "to_be_read", "to_be_sent")

    def __init__(self) -> None:
        self.states = [0] * 256
        self.to_be_read = 0
        self.to_be_sent = 0


class SockDiag(Netlink):
    """Keeps a netlink socket."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(_NETLINK_SOCK_DIAG)

    def of_tcp(self) -> Totals:
        totals = Totals()
        try:
            for datagram in self.datagrams(netlink.dump(_TCPDIAG_GETSOCK, _REQUEST)):
                if not _add_alike(datagram, totals) and _add_each(datagram, totals):
                    break
        except (OSError, ValueError):
            self.close()
            raise
        return totals


def _add_alike(datagram: bytes, totals: Totals) -> bool:
    """Whether all of its messages were sockets, of the same length, and were added."""
    if len(datagram) < _MESSAGE.size or len(datagram) % _ALIGNED:
        return False
    size, kind, *_ = _MESSAGE.unpack_from(datagram)
    if kind != _TCPDIAG_GETSOCK or size < _MESSAGE.size or size % _ALIGNED or len(datagram) % size:
        return False
    words = memoryview(datagram).cast("I")
    step = size // _ALIGNED
    for begins in (words[::step].tolist(), words[1::step].tolist()):
        if begins.count(begins[0]) != len(begins):
            return False
    states = datagram[_STATE::size]
    for state in set(states):
        totals.states[state] += states.count(state)
    totals.to_be_read += sum(words[_TO_BE_READ::step])
    totals.to_be_sent += sum(words[_TO_BE_SENT::step])
    return True


def _add_each(datagram: bytes, totals: Totals) -> bool:
    """Adds its messages one by one; whether the last of all was among them."""
    at = 0
    while at + _MESSAGE.size <= len(datagram):
        length, kind, _, state, to_be_read, to_be_sent = _MESSAGE.unpack_from(datagram, at)
        if kind != _TCPDIAG_GETSOCK or not _MESSAGE.size <= length <= len(datagram) - at:
            break
        totals.states[state] += 1
        totals.to_be_read += to_be_read
        totals.to_be_sent += to_be_sent
        at += (length + 3) & ~3
    return any(kind == netlink.NLMSG_DONE for kind, *_ in netlink.messages(datagram[at:]))
