"""The ARP table over netlink: which entries count, and what stands in for it."""

import errno
import socket
import sys
from pathlib import Path
from struct import pack

import pytest
from motes.exporters.node import arp
from motes.exporters.node.host import Budget, Host
from motes.exporters.node.rtnetlink import Routes
from motes.shared import netlink
from motes.shared.exposition import text

REACHABLE, STALE, NOARP, PERMANENT = 0x02, 0x04, 0x40, 0x80


class Kernel:
    """A socket that answers with the datagram it was made with, and notes what it was asked."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.asked = b""

    def send(self, request: bytes) -> None:
        self.asked = request

    def recv(self, _: int) -> bytes:
        return self.answer


def neighbour(index: int, state: int) -> bytes:
    body = pack("=BxxxiHBB", socket.AF_INET, index, state, 0, 1) + netlink.attribute(1, b"\xc0\xa8\1\1")
    return pack("=IHHII", 16 + len(body), 28, 2, 1, 0) + body


DONE = pack("=IHHII", 20, netlink.NLMSG_DONE, 2, 1, 0) + bytes(4)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are eth1 to eth5."""
    monkeypatch.setattr(Routes, "names", lambda _: {index: b"eth%d" % index for index in range(1, 6)})


def page(*, proc: str = "/proc", **flags: object) -> str:
    given = {"path.procfs": proc, "path.sysfs": "/sys", "path.rootfs": "/", "path.udev.data": "/run"}
    defaults = {option.name: option.default for option in arp.OPTIONS}
    return text(arp.Collector(Host({**given, **defaults, **flags}, Budget())).collect()).decode()


def samples(shown: str) -> list[str]:
    return [line for line in shown.splitlines() if not line.startswith("#")]


def asking(monkeypatch: pytest.MonkeyPatch, *found: bytes) -> Kernel:
    kernel = Kernel(b"".join(found) + DONE)
    monkeypatch.setattr("socket.socket", lambda *_: kernel)
    return kernel


@pytest.mark.usefixtures("names")
def test_entries_of_each_device_without_those_that_need_no_arp(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, REACHABLE), (2, STALE), (1, NOARP), (3, PERMANENT), (3, NOARP | PERMANENT), (9, STALE)]
    kernel = asking(monkeypatch, *[neighbour(index, state) for index, state in found])
    assert samples(page()) == ['node_arp_entries{device="eth2"} 2', 'node_arp_entries{device="eth3"} 1']
    assert (int.from_bytes(kernel.asked[4:6], sys.byteorder), kernel.asked[16]) == (30, socket.AF_INET)


@pytest.mark.usefixtures("names")
def test_expressions_are_for_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    asking(monkeypatch, neighbour(2, STALE), neighbour(3, STALE))
    (option,) = [option for option in arp.OPTIONS if option.name.endswith("device-exclude")]
    assert samples(page(**{option.name: option.kind.parse("2$")})) == ['node_arp_entries{device="eth3"} 1']


def test_the_file_where_netlink_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    monkeypatch.setattr("socket.socket", refuse)
    table = Path("/proc/net/arp").read_text().splitlines()[1:]
    shown = samples(page())
    assert sum(int(line.rpartition(" ")[2]) for line in shown) == len(table)


def test_the_kernels_own_answer_is_understood() -> None:
    known = {index for index, _ in socket.if_nameindex()}
    assert all(index in known and 0 <= state <= 0xFF for index, state in Routes().neighbours())
