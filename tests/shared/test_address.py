"""Addresses to listen on, from text; what they mean, and which of them get in each other's way."""

import pytest
from motes.shared.address import Address, check, overlap, packed, parse

GOOD = [
    # given, written back, host, device, port
    ("127.0.0.1:9100", "127.0.0.1:9100", "127.0.0.1", "lo", 9100),
    ("127.8.0.1:9100", "127.8.0.1:9100", "127.8.0.1", "lo", 9100),
    ("localhost:9100", "127.0.0.1:9100", "127.0.0.1", "lo", 9100),
    ("[::1]:9100", "[::1]:9100", "::1", "lo", 9100),
    ("[0:0:0:0:0:0:0:1]:9100", "[::1]:9100", "::1", "lo", 9100),
    ("10.77.0.1:9100", "10.77.0.1:9100", "10.77.0.1", "", 9100),
    ("10.77.0.1:0", "10.77.0.1:0", "10.77.0.1", "", 0),
    ("[FD00:0::1]:65535", "[fd00::1]:65535", "fd00::1", "", 65535),
    ("[::ffff:10.77.0.1]:9100", "10.77.0.1:9100", "10.77.0.1", "", 9100),
    ("[fe80::1%wg0]:9100", "[fe80::1%wg0]:9100", "fe80::1", "wg0", 9100),
    ("[fd00::1%wg0]:9100", "[fd00::1%wg0]:9100", "fd00::1", "wg0", 9100),
    (":9100", ":9100", "", "", 9100),
    ("[::]:9100", ":9100", "", "", 9100),
    ("0.0.0.0:9100", "0.0.0.0:9100", "0.0.0.0", "", 9100),
    ("dev:wg0:9100", "dev:wg0:9100", "", "wg0", 9100),
    ("dev:lo:9100", "dev:lo:9100", "", "lo", 9100),
    ("dev:br-1f.2@x:9100", "dev:br-1f.2@x:9100", "", "br-1f.2@x", 9100),
]

BAD = [
    ("", "has no port: write 127.0.0.1:9100"),
    ("9100", "write 127.0.0.1:9100, or :9100 for every interface"),
    ("10.77.0.1", "write 10.77.0.1:9100"),
    ("dev", "has no port"),
    ("dev:9100", '"" is no interface name; write dev:wg0:9100'),
    ("dev:wg0:", '"" is no port'),
    ("dev:wg0", '"wg0" is no port'),
    ("dev::9100", '"" is no interface name'),
    ("dev:..:9100", '".." is no interface name'),
    ("dev:a b:9100", '"a b" is no interface name'),
    ("dev:a/b:9100", "no interface name"),
    ("dev:sixteen-letters-:9100", "no interface name"),
    ("10.77.0.1:", '"" is no port'),
    ("10.77.0.1:http", '"http" is no port'),
    ("10.77.0.1:-1", "no port"),
    ("10.77.0.1:65536", "no port"),
    ("10.77.0.1:٣", "no port"),
    ("10.77.0.1: 9100", "no port"),
    ("10.77.0.1:000009100", "no port"),
    ("::1:9100", "stands in brackets, as in [fd00::1]:9100"),
    ("fd00::1", "stands in brackets"),
    ("[::1]", '"1]" is no port'),
    ("[127.0.0.1]:9100", "only an IPv6 address stands in brackets"),
    ("[]:9100", "only an IPv6 address stands in brackets"),
    ("[fd00::g]:9100", '"fd00::g" is no address'),
    ("[fe80::1]:9100", "needs its interface, as in [fe80::1%wg0]:9100"),
    ("[fe80::1%]:9100", '"" is no interface name'),
    ("[::1%lo]:9100", "takes no interface"),
    ("[::%wg0]:9100", "dev:wg0:9100 takes no address"),
    ("[::ffff:10.77.0.1%wg0]:9100", "takes no interface"),
    ("10.77.0.1%wg0:9100", "is no address"),
    ("010.77.0.1:9100", "is no address"),
    ("10.77.1:9100", "is no address"),
    ("monitor.example:9100", "names are not looked up"),
    ("http://127.0.0.1:9100", "brackets"),
    ("*:9100", '"*" is no address'),
    ("unix:", "absolute path, as in unix:/run/motes/node.sock"),
    ("unix:node.sock", "absolute path"),
    ("unix:/run/motes/", "absolute path"),
    ("unix:/a\0b", "absolute path"),
    ("unix:/" + "a" * 107, "at most 107 bytes"),
]

OVERLAPPING = [
    ("127.0.0.1:9100", "localhost:9100"),
    (":9100", "127.0.0.1:9100"),
    (":9100", "0.0.0.0:9100"),
    (":9100", "[fd00::1]:9100"),
    (":9100", "dev:wg0:9100"),
    ("0.0.0.0:9100", "10.77.0.1:9100"),
    ("0.0.0.0:9100", "127.0.0.1:9100"),
    ("0.0.0.0:9100", "dev:wg0:9100"),
    ("10.77.0.1:9100", "dev:wg0:9100"),
    ("dev:wg0:9100", "[fe80::1%wg0]:9100"),
    ("dev:lo:9100", "127.0.0.1:9100"),
    ("unix:/run/a", "unix:/run/a"),
    ("fd:", "fd:node"),
    ("fd:node", "fd:node"),
]

SIDE_BY_SIDE = [
    ("127.0.0.1:9100", "127.0.0.1:9101"),
    ("127.0.0.1:9100", "[::1]:9100"),
    ("127.0.0.1:9100", "10.77.0.1:9100"),
    ("127.0.0.1:9100", "dev:wg0:9100"),
    ("[::1]:9100", "dev:wg0:9100"),
    ("127.0.0.1:9100", "[fe80::1%wg0]:9100"),
    ("dev:wg0:9100", "dev:wg1:9100"),
    ("[fe80::1%wg0]:9100", "[fe80::1%wg1]:9100"),
    ("0.0.0.0:9100", "[fd00::1]:9100"),
    ("127.0.0.1:0", "127.0.0.1:0"),
    ("unix:/run/a", "unix:/run/b"),
    ("fd:node", "fd:ble"),
    (":9100", "unix:/9100"),
]


@pytest.mark.parametrize(("given", "written", "host", "device", "port"), GOOD)
def test_tcp(given: str, written: str, host: str, device: str, port: int) -> None:
    address = parse(given)
    assert (str(address), address.host, address.device, address.port) == (written, host, device, port)
    assert address.kind == "tcp"
    assert parse(str(address)) == address


@pytest.mark.parametrize(("given", "told"), BAD)
def test_refused_with_what_would_be_right(given: str, told: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the text is looked at below
        parse(given)
    assert told in str(refusal.value)
    assert given in str(refusal.value)


def test_unix_and_handed_over() -> None:
    assert parse("unix:/run/motes/a:b.sock").path == "/run/motes/a:b.sock"
    assert parse("fd:").name == ""
    assert parse("fd:node").name == "node"
    assert [str(parse(spec)) for spec in ("unix:/a", "fd:", "fd:node")] == ["unix:/a", "fd:", "fd:node"]


@pytest.mark.parametrize(("one", "other"), OVERLAPPING)
def test_overlap(one: str, other: str) -> None:
    assert overlap(parse(one), parse(other))
    assert overlap(parse(other), parse(one))
    with pytest.raises(ValueError, match="overlap") as refusal:
        check([parse("unix:/x"), parse(one), parse(other)])
    assert str(parse(one)) in str(refusal.value)
    assert str(parse(other)) in str(refusal.value)


@pytest.mark.parametrize(("one", "other"), SIDE_BY_SIDE)
def test_side_by_side(one: str, other: str) -> None:
    assert not overlap(parse(one), parse(other))
    assert not overlap(parse(other), parse(one))
    check([parse(one), parse(other)])


def test_equality_is_that_of_the_meaning() -> None:
    assert parse("[::]:9100") == parse(":9100")
    assert len({parse("[0::1]:9100"), parse("[::1]:9100")}) == 1
    assert parse("dev:lo:9100") != parse("127.0.0.1:9100")
    assert parse(":9100") != ":9100"
    assert repr(parse(":9100")) == "<Address :9100>"


@pytest.mark.parametrize(
    ("given", "follows", "everywhere"),
    [
        ("dev:wg0:1", True, False),
        ("dev:lo:1", True, False),
        ("[fe80::1%wg0]:1", True, False),
        ("127.0.0.1:1", False, False),
        ("[::1]:1", False, False),
        ("10.0.0.1:1", False, False),
        (":1", False, True),
        ("0.0.0.0:1", False, True),
        ("unix:/a", False, False),
        ("fd:", False, False),
    ],
)
def test_what_it_stands_and_falls_with(given: str, follows: bool, everywhere: bool) -> None:
    address: Address = parse(given)
    assert (address.follows, address.everywhere) == (follows, everywhere)


def test_mapped_addresses_are_ipv4() -> None:
    assert packed("::ffff:10.0.0.1") == packed("10.0.0.1") == b"\x0a\0\0\x01"
    assert len(packed("::fffe:10.0.0.1")) == 16
