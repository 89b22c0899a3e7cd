"""Network devices over netlink: the kernel's structures taken apart, the names they are served under, and the file
that stands in for it.
"""

import errno
from collections.abc import Iterator
from pathlib import Path
from struct import pack
from typing import Any

import pytest
from motes.exporters import node
from motes.exporters.node import netdev
from motes.exporters.node._addresses import address_info, scope
from motes.exporters.node.host import Budget, Host
from motes.exporters.node.rtnetlink import STATS64, Routes
from motes.shared import netlink
from motes.shared.exposition import Family, text
from motes.shared.re2 import REGEX


class Kernel:
    """A socket that answers each request with the next of the datagrams it was made with."""

    def __init__(self, *datagrams: bytes) -> None:
        self.datagrams = list(datagrams)
        self.closed = False

    def send(self, request: bytes) -> None:
        pass

    def recv(self, _: int) -> bytes:
        return self.datagrams.pop(0)

    def close(self) -> None:
        self.closed = True


def message(kind: int, body: bytes, flags: int = 2) -> bytes:
    return pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body + bytes(-len(body) % 4)


def link(index: int, name: str, numbers: bytes) -> bytes:
    attributes = netlink.attribute(3, name.encode() + b"\0") + netlink.attribute(13, b"\0\0\0\1")
    return message(16, pack("=BxHiII", 0, 1, index, 0x1043, 0) + attributes + numbers)


def stats(*numbers: int) -> bytes:
    return netlink.attribute(23, pack(f"={len(numbers)}Q", *numbers))


DONE = message(netlink.NLMSG_DONE, bytes(4))


def routes(*datagrams: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[Routes, Kernel]:
    kernel = Kernel(*datagrams)
    monkeypatch.setattr("socket.socket", lambda *_: kernel)
    return Routes(), kernel


def test_statistics_of_each_device(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [*range(1, 24), 2**64 - 1]
    one, two = link(1, "lo", stats(*[0] * 24)), link(2, "wg0", stats(*numbers))
    asked, kernel = routes(one + two, DONE, monkeypatch=monkeypatch)
    assert list(asked.statistics()) == [(b"lo", (0,) * 24), (b"wg0", tuple(numbers))]
    assert not kernel.closed


def test_a_device_without_statistics_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, _ = routes(link(1, "lo", b"") + DONE, monkeypatch=monkeypatch)
    assert list(asked.statistics()) == []


INTERRUPTED = message(netlink.NLMSG_DONE, bytes(4), 2 | netlink.NLM_F_DUMP_INTR)


def test_devices_that_change_in_mid_answer_are_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = link(1, "lo", stats(1)), link(2, "wg0", stats(2))
    asked, kernel = routes(one, one + INTERRUPTED, one + two, DONE, monkeypatch=monkeypatch)
    assert list(asked.statistics()) == [(b"lo", (1,)), (b"wg0", (2,))]
    kernel.datagrams = [one + INTERRUPTED] * 10
    with pytest.raises(BlockingIOError):
        list(asked.statistics())
    kernel.datagrams = [one + DONE]
    assert list(asked.statistics()) == [(b"lo", (1,))]


@pytest.mark.parametrize("fields", [23, 25], ids=["before_linux_4_6", "since_linux_5_19"])
def test_kernels_have_more_or_fewer_fields(fields: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, _ = routes(link(1, "eth0", stats(*range(fields))) + DONE, monkeypatch=monkeypatch)
    assert list(asked.statistics()) == [(b"eth0", tuple(range(fields)))]


@pytest.mark.parametrize(
    "datagram",
    [
        message(netlink.NLMSG_ERROR, pack("=i", -errno.EPERM) + bytes(16)),
        b"short",
        link(1, "lo", pack("=HH", 0, 23)),
    ],
    ids=["refused", "cut", "attribute_without_length"],
)
def test_a_bad_answer_closes_the_socket(datagram: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, kernel = routes(datagram, DONE, monkeypatch=monkeypatch)
    with pytest.raises((OSError, ValueError)):
        list(asked.statistics())
    asked.close()
    assert kernel.closed


def test_an_address_is_the_local_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def address(family: int, index: int, *attributes: tuple[int, bytes]) -> bytes:
        told = b"".join(netlink.attribute(kind, value) for kind, value in attributes)
        return message(20, pack("=BBBBI", family, 24, 0, 0, index) + told)

    links = link(1, "lo", b"") + link(7, "ppp0", b"") + DONE
    addresses = (
        address(2, 1, (1, b"\x7f\0\0\1"), (2, b"\x7f\0\0\1"))
        + address(2, 7, (1, b"\xc0\0\2\1"), (2, b"\xc0\0\2\2"))
        + address(10, 7, (1, b"\xfe\x80" + bytes(13) + b"\1"))
        + address(2, 9, (1, b"\xc0\0\2\3"))
        + DONE
    )
    asked, _ = routes(links, addresses, monkeypatch=monkeypatch)
    assert text([address_info(asked)]).decode().splitlines()[2:] == [
        'node_network_address_info{address="127.0.0.1",device="lo",netmask="24",scope="link-local"} 1',
        'node_network_address_info{address="192.0.2.2",device="ppp0",netmask="24",scope="global"} 1',
        'node_network_address_info{address="fe80::1",device="ppp0",netmask="24",scope="link-local"} 1',
    ]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("7f000001", "link-local"),
        ("a9fe0102", "link-local"),
        ("e0000001", "link-local"),
        ("e1000001", ""),
        ("00000000", ""),
        ("ffffffff", ""),
        ("0a000001", "global"),
        ("ff" + "02" + "00" * 14, "link-local"),
        ("ff" + "01" + "00" * 14, "interface-local"),
        ("ff" + "0e" + "00" * 14, ""),
        ("febf" + "00" * 14, "link-local"),
        ("fec0" + "00" * 14, "global"),
        ("00" * 15 + "01", "link-local"),
        ("00" * 16, ""),
        ("fd" + "00" * 15, "global"),
    ],
)
def test_scope(address: str, expected: str) -> None:
    assert scope(bytes.fromhex(address)) == expected


def collector(**flags: Any) -> netdev.Collector:
    given = {option.name: option.default for option in [*node.ROOTS, *netdev.OPTIONS]}
    return netdev.Collector(Host(given | flags, Budget()))


def values(families: Iterator[Family]) -> dict[str, int]:
    lines = [line.split() for line in text(families).decode().splitlines() if not line.startswith("#")]
    return {name: int(value) for name, value in lines}


@pytest.fixture
def one_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """eth0, whose statistics are 1, 10, 100 and so on in the kernel's order, so that sums show their parts."""
    numbers = [10**place for place in range(len(STATS64))]
    monkeypatch.setattr(Routes, "statistics", lambda _: iter([(b"eth0", numbers)]))


@pytest.mark.usefixtures("one_device")
def test_names_and_sums_are_those_of_the_file() -> None:
    found = values(collector().collect())
    one = '{device="eth0"}'
    assert len(found) == 17
    assert found[f"node_network_receive_packets_total{one}"] == 1
    assert found[f"node_network_receive_drop_total{one}"] == 10**6 + 10**15
    assert found[f"node_network_receive_frame_total{one}"] == 10**13 + 10**10 + 10**11 + 10**12
    assert found[f"node_network_transmit_carrier_total{one}"] == 10**17 + 10**16 + 10**19 + 10**20
    assert found[f"node_network_receive_multicast_total{one}"] == 10**8
    assert found[f"node_network_transmit_colls_total{one}"] == 10**9
    assert found[f"node_network_receive_nohandler_total{one}"] == 10**23


@pytest.mark.usefixtures("one_device")
def test_detailed_names_are_the_kernels() -> None:
    found = values(collector(**{"collector.netdev.enable-detailed-metrics": True}).collect())
    assert found == {f'node_network_{name}_total{{device="eth0"}}': 10**place for place, name in enumerate(STATS64)}


def test_a_device_that_comes_twice_is_served_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it does where another one is made between two of the kernel's answers."""
    monkeypatch.setattr(Routes, "statistics", lambda _: iter([(b"eth0", [5] * 24), (b"eth0", [6] * 24)]))
    assert text(collector().collect()).count(b'node_network_receive_bytes_total{device="eth0"} 6\n') == 1
    assert text(collector().collect()).count(b"node_network_receive_bytes_total{") == 1


def test_both_filters_exclude_each_other() -> None:
    expression = REGEX.parse("eth")
    with pytest.raises(ValueError, match="device-exclude"):
        collector(**{"collector.netdev.device-include": expression, "collector.netdev.device-exclude": expression})


def test_the_file_stands_in_for_netlink(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EAFNOSUPPORT, "a sandbox")

    monkeypatch.setattr("socket.socket", refused)
    assert 'node_network_receive_bytes_total{device="lo"}' in values(collector().collect())


def test_netlink_and_the_file_name_the_same_devices() -> None:
    from_file = [name for name, _ in netdev.parse(Path("/proc/net/dev").read_bytes())]
    assert sorted(name for name, _ in Routes().statistics()) == sorted(from_file)
