"""TCP sockets as the kernel tells of them: alike, of several lengths, refused, garbled."""

import errno
from collections.abc import Sequence
from struct import pack

import pytest
from motes.exporters.node._sock_diag import SockDiag
from motes.shared import netlink

ESTABLISHED, TIME_WAIT, LISTEN = 1, 6, 10


def one(state: int, to_be_read: int = 0, to_be_sent: int = 0, *, attributes: int = 8) -> bytes:
    body = pack("=BB54xII8x", 2, state, to_be_read, to_be_sent) + bytes(attributes)
    return pack("=IHHII", 16 + len(body), 18, 2, 1, 0) + body


DONE = pack("=IHHIIi", 20, netlink.NLMSG_DONE, 2, 1, 0, 0)


class Kernel:
    def __init__(self, datagrams: Sequence[bytes]) -> None:
        self.datagrams = list(datagrams)

    def send(self, request: bytes) -> None:
        assert len(request) == 16 + 60

    def recv(self, _: int) -> bytes:
        return self.datagrams.pop(0)

    def close(self) -> None:
        self.datagrams.clear()


def totals(monkeypatch: pytest.MonkeyPatch, *datagrams: bytes) -> tuple[dict[int, int], int, int]:
    kernel = Kernel(datagrams)
    monkeypatch.setattr("socket.socket", lambda *_: kernel)
    found = SockDiag().of_tcp()
    assert not kernel.datagrams
    return {state: count for state, count in enumerate(found.states) if count}, found.to_be_read, found.to_be_sent


ALIKE = one(ESTABLISHED, 2**32 - 1, 7) + one(ESTABLISHED, 2, 5) + one(LISTEN, 3, 4096)
MIXED = one(ESTABLISHED, 1, 2) + one(TIME_WAIT, attributes=0) + one(ESTABLISHED, 4, 8)
CASES = [
    ([DONE], {}, 0, 0),
    ([ALIKE, DONE], {ESTABLISHED: 2, LISTEN: 1}, 2**32 + 4, 4108),
    ([MIXED, DONE], {ESTABLISHED: 2, TIME_WAIT: 1}, 5, 10),
    ([ALIKE, MIXED + DONE], {ESTABLISHED: 4, LISTEN: 1, TIME_WAIT: 1}, 2**32 + 9, 4118),
    ([one(TIME_WAIT, attributes=0) * 4 + DONE], {TIME_WAIT: 4}, 0, 0),
    # As long as three of 88 bytes, and not alike.
    ([one(ESTABLISHED, attributes=0) + one(LISTEN, 1, 1, attributes=88), DONE], {ESTABLISHED: 1, LISTEN: 1}, 1, 1),
]


@pytest.mark.parametrize(("datagrams", "states", "to_be_read", "to_be_sent"), CASES)
def test_totals(
    datagrams: Sequence[bytes], states: object, to_be_read: int, to_be_sent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert totals(monkeypatch, *datagrams) == (states, to_be_read, to_be_sent)


@pytest.mark.parametrize(
    ("datagram", "error"),
    [
        (pack("=IHHIIi16x", 36, netlink.NLMSG_ERROR, 0, 1, 0, -errno.ENOENT), OSError),
        (pack("=IHHIIi", 20, netlink.NLMSG_DONE, 2, 1, 0, -errno.EPERM), OSError),
        (ALIKE[:-30], ValueError),
        (b"short", ValueError),
        (pack("=IHHII", 0, 18, 2, 1, 0) + bytes(100), ValueError),
        (ALIKE + bytes(7), ValueError),
    ],
)
def test_bad_answers(datagram: bytes, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(error):
        totals(monkeypatch, datagram)
