"""Netlink framing against bytes written by hand, garbage, and the kernel itself."""

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motes.shared import netlink

RTM_NEWLINK, RTM_GETLINK, IFLA_IFNAME = 16, 18, 3


def message(kind: int, body: bytes, flags: int = 0, sequence: int = 1) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, flags, sequence, 0) + body + bytes(-len(body) % 4)


def test_request_and_attribute() -> None:
    wanted = netlink.attribute(29, b"\1\0\0\0") + netlink.attribute(3, b"lo\0")
    assert wanted == struct.pack("=HHIHH", 8, 29, 1, 7, 3) + b"lo\0\0"
    assert netlink.dump(18, wanted, 7) == struct.pack("=IHHII", 32, 18, 0x301, 7, 0) + wanted


def test_messages_and_their_attributes() -> None:
    body = b"abcd" + netlink.attribute(3 | 0x8000, b"wg0\0") + netlink.attribute(4, b"\1")
    datagram = message(16, body, flags=2, sequence=9) + message(netlink.NLMSG_DONE, bytes(4))
    link, done = netlink.messages(datagram)
    assert link[:3] == (16, 2, 9)
    assert [(kind, bytes(value)) for kind, value in netlink.attributes(link[3], 4)] == [(3, b"wg0\0"), (4, b"\1")]
    assert done[0] == netlink.NLMSG_DONE


@pytest.mark.parametrize("kind", [netlink.NLMSG_ERROR, netlink.NLMSG_DONE])
def test_a_refusal_is_an_error_of_the_system(kind: int) -> None:
    with pytest.raises(PermissionError):
        list(netlink.messages(message(kind, struct.pack("=i", -1))))


@pytest.mark.parametrize(
    "datagram",
    [b"\x10", message(16, b"abcd")[:-1], struct.pack("=IHHII", 15, 16, 0, 0, 0), struct.pack("=IHHII", 0, 16, 0, 0, 0)],
)
def test_cut_short(datagram: bytes) -> None:
    with pytest.raises(ValueError, match="netlink message"):
        list(netlink.messages(datagram))


@pytest.mark.parametrize("body", [b"\x03\0\0\0", b"\0\0\0\0", b"\x09\0\0\0abcd"])
def test_attribute_cut_short(body: bytes) -> None:
    with pytest.raises(ValueError, match="netlink attribute"):
        list(netlink.attributes(memoryview(body)))


@given(st.binary(max_size=200))
def test_garbage_ends_or_is_refused(garbage: bytes) -> None:
    try:
        for _, _, _, body in netlink.messages(garbage):
            list(netlink.attributes(body))
    except (ValueError, OSError):
        pass


def test_the_kernel_answers() -> None:
    names = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as asking:
        asking.settimeout(5)
        asking.send(netlink.dump(RTM_GETLINK, bytes(16), 5))
        kind = RTM_NEWLINK
        while kind != netlink.NLMSG_DONE:
            for kind, _, sequence, body in netlink.messages(asking.recv(65536)):
                assert sequence == 5
                if kind == RTM_NEWLINK:
                    names.append(bytes(dict(netlink.attributes(body, 16))[IFLA_IFNAME]))
    assert b"lo\0" in names
