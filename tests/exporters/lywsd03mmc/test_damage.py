"""Damaged frames: only Refused ever comes of them, and what is encrypted gives no other reading than it held."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motes.exporters.lywsd03mmc.frames import SERVICES, Decoded, Refused, decode

from tests.exporters.lywsd03mmc.decoding import UUID
from tests.exporters.lywsd03mmc.published import FRAMES, SEALED, Frame

REASONS = {"malformed", "wrong_mac", "no_key", "bad_tag", "ignored"}
# Bits of MiBeacon's frame control that nothing vouches for: time request and two reserved; registered, solicited and
# authentication; those of the version that leave it at 4 or more. Of all other formats, there is none.
UNSEALED = {"mibeacon": {0, 1, 2, 8, 9, 10, 11, 12, 13, 15}}


def read(frame: Frame, data: bytes) -> Decoded | None:
    """What is read, or None where it is refused. Other errors are not caught."""
    try:
        return frame.decode_changed(data)
    except Refused as refused:
        assert refused.reason in REASONS
        return None


def flipped(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The data with each of its bits the other way."""
    number = int.from_bytes(data, "little")
    for bit in range(len(data) * 8):
        yield bit, (number ^ 1 << bit).to_bytes(len(data), "little")


def test_cut() -> None:
    """What is left of a plain frame says nothing that the whole one did not; of an encrypted one, nothing is left."""
    for frame in FRAMES:
        for length in range(len(frame.data)):
            decoded = read(frame, frame.data[:length])
            if decoded is not None:
                assert frame.counter is None, frame.name
                assert decoded.values.items() <= frame.values.items(), frame.name


def test_lengthened() -> None:
    for frame in SEALED:
        for more in (b"\x00", b"\x00\x00\x00\x00", frame.data):
            assert read(frame, frame.data + more) is None, frame.name


def test_one_bit_in_the_clear() -> None:
    for frame in FRAMES:
        for _, data in flipped(frame.data):
            read(frame, data)


@pytest.mark.parametrize("frame", SEALED, ids=lambda frame: frame.name)
def test_one_bit_under_a_seal(frame: Frame) -> None:
    read_still = {bit: decoded.values for bit, data in flipped(frame.data) if (decoded := read(frame, data))}
    assert set(read_still) == UNSEALED.get(frame.format, set())
    assert all(values == frame.values for values in read_still.values())


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(SERVICES)),
    st.binary(max_size=40),
    st.binary(min_size=6, max_size=6),
    st.none() | st.binary(min_size=16, max_size=16),
)
def test_anything(uuid: str, data: bytes, address: bytes, key: bytes | None) -> None:
    try:
        decoded = decode(uuid, data, address, key)
    except Refused as refused:
        assert refused.reason in REASONS
    else:
        assert decoded.values


# Beginnings after which objects are looked at.
HEADS = [("fe95", bytes.fromhex("40505b0500")), ("181c", b""), ("fcd2", b"\x40")]


@settings(max_examples=300)
@given(st.sampled_from(HEADS), st.binary(max_size=40))
def test_any_objects(service: tuple[str, bytes], objects: bytes) -> None:
    number, head = service
    try:
        decoded = decode(UUID.format(number), head + objects, bytes(6), bytes(16))
    except Refused as refused:
        assert refused.reason in REASONS
    else:
        assert decoded.values.keys() - {"frame_current"}
