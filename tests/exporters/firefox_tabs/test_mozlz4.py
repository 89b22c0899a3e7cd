"""Headers that lie are found out before anything is allocated; true ones never are."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motes.exporters.firefox_tabs.mozlz4 import unpacked_size
from motes.exporters.firefox_tabs.problems import Failure

from tests.support.sessions import MAGIC, packed

MOST = 1000


def header(claims: int, magic: bytes = MAGIC) -> bytes:
    return magic + struct.pack("<I", claims)


def refused(beginning: bytes, size: int) -> str:
    with pytest.raises(Failure) as raised:
        unpacked_size(beginning, size, MOST)
    return raised.value.reason


@pytest.mark.parametrize(
    ("beginning", "size", "reason"),
    [
        (b"", 0, "truncated"),
        (header(10)[:11], 11, "truncated"),
        (header(10, b"mozLz41\0"), 30, "bad_magic"),
        (b"PK\3\4" + bytes(8), 30, "bad_magic"),
        (header(1001), 500, "too_large"),
        (header(2**32 - 1), 500, "too_large"),
        # A block of an octet makes 255 at most.
        (header(256), 13, "bad_block"),
        (header(1), 12, "bad_block"),
        # What cannot be packed does not grow by more.
        (header(100), 12 + 117, "bad_block"),
        (header(0), 12 + 17, "bad_block"),
    ],
)
def test_refuses(beginning: bytes, size: int, reason: str) -> None:
    assert refused(beginning, size) == reason


@pytest.mark.parametrize(("claims", "block"), [(255, 1), (0, 1), (1000, 4), (100, 116)])
def test_takes_what_can_be(claims: int, block: int) -> None:
    assert unpacked_size(header(claims), 12 + block, MOST) == claims


@given(st.binary(max_size=5000) | st.binary(max_size=50).map(lambda part: part * 4000))
def test_takes_what_is(plain: bytes) -> None:
    file = packed(plain)
    assert unpacked_size(file[:12], len(file), 1 << 20) == len(plain)
