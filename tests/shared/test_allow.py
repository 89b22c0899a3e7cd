"""Who may connect; `ipaddress` is the oracle for what a network holds."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motes.shared.allow import Allow

ANSWERS = [
    # words, peer, permitted
    ([], ("203.0.113.9", 4000), True),
    (["10.77.0.2"], ("10.77.0.2", 4000), True),
    (["10.77.0.2"], ("10.77.0.3", 4000), False),
    (["10.77.0.2"], ("::ffff:10.77.0.2", 4000, 0, 0), True),
    (["10.77.0.2"], ("::ffff:10.77.0.3", 4000, 0, 0), False),
    (["10.77.0.0/24"], ("10.77.0.255", 4000), True),
    (["10.77.0.0/24"], ("10.77.1.0", 4000), False),
    (["10.77.0.4/30", "fd00::/8"], ("10.77.0.8", 4000), False),
    (["10.77.0.4/30", "fd00::/8"], ("fdff::1", 4000, 0, 0), True),
    (["fd00::/8"], ("fc00::1", 4000, 0, 0), False),
    (["fe80::1"], ("fe80::1%wg0", 4000, 0, 7), True),
    (["fe80::1"], ("fe80::2%wg0", 4000, 0, 7), False),
    (["0.0.0.0/0"], ("198.51.100.1", 4000), True),
    (["0.0.0.0/0"], ("::ffff:198.51.100.1", 4000, 0, 0), True),
    (["0.0.0.0/0"], ("fd00::1", 4000, 0, 0), False),
    (["::/0"], ("fd00::1", 4000, 0, 0), True),
    (["::/0"], ("::ffff:198.51.100.1", 4000, 0, 0), False),
    (["::/0"], ("198.51.100.1", 4000), False),
    (["::"], ("0.0.0.0", 4000), False),
    (["10.77.0.2"], "", True),
    (["10.77.0.2"], b"\0abstract", True),
    (["10.77.0.2"], None, True),
]

BAD = [
    ("", "no address or network"),
    ("monitor", "no address or network"),
    ("localhost", "no address or network"),
    ("10.77.0", "no address or network"),
    ("10.77.0.2:9100", "no address or network"),
    ("[fd00::1]", "no address or network"),
    ("fe80::1%wg0", "no address or network"),
    ("10.77.0.0/", "no prefix length from 0 to 32"),
    ("10.77.0.0/33", "no prefix length from 0 to 32"),
    ("10.77.0.0/-1", "no prefix length"),
    ("10.77.0.0/255.255.255.0", "no prefix length"),
    ("fd00::/129", "no prefix length from 0 to 128"),
    ("10.77.0.1/24", "bits set behind its first 24"),
    ("::ffff:10.77.0.0/120", "write it in IPv4"),
]


@pytest.mark.parametrize(("words", "peer", "permitted"), ANSWERS)
def test_permits(words: list[str], peer: tuple[str, int] | str | None, permitted: bool) -> None:
    assert Allow(words).permits(peer) is permitted


@pytest.mark.parametrize(("word", "told"), BAD)
def test_refused_by_name(word: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as refusal:
        Allow(["10.0.0.1", word])
    assert f'"{word}"' in str(refusal.value)


@given(
    st.one_of(
        st.builds(
            lambda ip, n: ipaddress.ip_network((int(ip), n), strict=False), st.ip_addresses(v=4), st.integers(0, 32)
        ),
        st.builds(lambda ip, n: ipaddress.ip_network((ip, n), strict=False), st.ip_addresses(v=6), st.integers(0, 128)),
    ),
    st.ip_addresses(),
    st.integers(0, 2**128 - 1),
)
def test_as_ipaddress_has_it(
    network: ipaddress.IPv4Network | ipaddress.IPv6Network,
    peer: ipaddress.IPv4Address | ipaddress.IPv6Address,
    inside: int,
) -> None:
    if ":" in str(network) and ipaddress.IPv6Address(int(network.network_address)).ipv4_mapped:
        return
    within = network[inside % network.num_addresses]
    for address in (peer, within):
        plain = getattr(address, "ipv4_mapped", None) or address
        assert Allow([str(network)]).permits((str(address), 1)) is (plain in network)
