"""BTHome of both versions: every size, type and scale, and what ends a frame."""

import struct

import pytest

from tests.exporters.lywsd03mmc.decoding import ADDRESS, KEY, named, read, refusal
from tests.exporters.lywsd03mmc.encoders import (
    FLOAT,
    RAW,
    SIGNED,
    TEXT,
    TIME,
    UNSIGNED,
    bthome_v1_encrypted,
    bthome_v1_object,
    bthome_v2,
)

# Sizes of version 2, as its documentation lists the objects.
SIZES = {
    1: "00 01 09 0f 10 11 15 16 17 18 19 1a 1b 1c 1d 1e 1f 20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f 3a 46 57 58 "
    "59 60 64 65",
    2: "02 03 06 07 08 0c 0d 0e 12 13 14 3c 3d 3f 40 41 43 44 45 47 48 49 4a 51 52 56 5a 5d 5e 5f 61 f0",
    3: "04 05 0a 0b 42 4b f2",
    4: "3e 4c 4d 4e 4f 50 55 5b 5c 62 63 f1",
}
OBJECTS = {id: bytes(size) for size, ids in SIZES.items() for id in bytes.fromhex(ids)}
OTHERS = {id: data for id, data in OBJECTS.items() if id not in bytes.fromhex("00 01 02 03 0c 2e 45 4a 57 58")}
VOLTAGE = bytes.fromhex("0c600b")


@pytest.mark.parametrize(
    ("objects", "readings"),
    [
        ("0153", named(None, None, 83)),
        ("023bfe", named(-4.53)),
        ("02ffff", named(-0.01)),
        ("036812", named(None, 47.12)),
        ("03ffff", named(None, 655.35)),
        ("0c600b", named(None, None, None, 2.912)),
        ("2e2f", named(None, 47)),
        ("45d3ff", named(-4.5)),
        ("4a1d00", named(None, None, None, 2.9)),
        ("57fb", named(-5)),
        ("58f3", named(-4.55)),
        ("00070153", named(None, None, 83, None, 7)),
        ("02ca0902cf09", named(25.06)),
        ("45fa0002cf09", named(25.0)),
        ("2e2f03ffff", named(None, 47)),
        ("010100020153", named(None, None, 1, None, 2)),
        ("036812023bfe", named(-4.53, 47.12)),
        ("0c600b10001101", named(None, None, None, 2.912)),
    ],
)
def test_v2_readings(objects: str, readings: dict[str, float]) -> None:
    plain = bytes.fromhex(objects)
    for with_address in (False, True):
        for bits in (0, 0x04, 0x08, 0x10, 0x1C):
            assert read("fcd2", bthome_v2(ADDRESS, plain, with_address=with_address, bits=bits)) == readings
            sealed = bthome_v2(ADDRESS, plain, key=KEY, counter=0xFFFFFFFF, with_address=with_address, bits=bits)
            assert read("fcd2", sealed, KEY) == readings


def test_v2_sizes() -> None:
    for id in range(0x100):
        before = bytes([id]) + OTHERS.get(id, b"\x01\x01\x01")
        frame = bthome_v2(ADDRESS, before + VOLTAGE)
        if id in OTHERS:
            assert read("fcd2", frame) == named(None, None, None, 2.912), hex(id)
            assert refusal("fcd2", bthome_v2(ADDRESS, before)) == "ignored", hex(id)
            assert refusal("fcd2", bthome_v2(ADDRESS, before[:-1])) == "malformed", hex(id)
        elif id not in OBJECTS and id not in (0x3B, 0x53, 0x54):
            assert refusal("fcd2", frame) == "malformed", hex(id)
            assert read("fcd2", bthome_v2(ADDRESS, VOLTAGE + before)) == named(None, None, None, 2.912), hex(id)


@pytest.mark.parametrize("counted", ["5300", "530548656c6c6f", "5403010203", "3b0001", "3b820101ff"])
def test_v2_counted_objects(counted: str) -> None:
    before = bytes.fromhex(counted)
    assert read("fcd2", bthome_v2(ADDRESS, before + VOLTAGE)) == named(None, None, None, 2.912)
    assert refusal("fcd2", bthome_v2(ADDRESS, before)) == "ignored"
    for length in range(1, len(before)):
        assert refusal("fcd2", bthome_v2(ADDRESS, before[:length])) == "malformed"


@pytest.mark.parametrize("version", [0, 1, 3, 4, 5, 6, 7])
def test_v2_of_another_version(version: int) -> None:
    assert refusal("fcd2", bytes([version << 5]) + VOLTAGE) == "ignored"


@pytest.mark.parametrize("key", [None, KEY])
def test_v2_address(key: bytes | None) -> None:
    frame = bthome_v2(ADDRESS[::-1], VOLTAGE, key=key, with_address=True)
    assert refusal("fcd2", frame, key) == "wrong_mac"
    for length in range(1, 7):
        assert refusal("fcd2", frame[:length], key) == "malformed"


def test_v2_byte_about_the_device_is_sealed() -> None:
    frame = bthome_v2(ADDRESS, VOLTAGE, key=KEY)
    assert frame[0] == 0x41
    assert refusal("fcd2", b"\x45" + frame[1:], KEY) == "bad_tag"


@pytest.mark.parametrize(
    ("service", "frame"),
    [
        ("181e", bthome_v1_encrypted(ADDRESS, KEY, 1, b"\x01\x53")),
        ("fcd2", bthome_v2(ADDRESS, b"\x01\x53", key=KEY)),
        ("fcd2", bthome_v2(ADDRESS, b"\x01\x53", key=KEY, with_address=True)),
    ],
)
def test_encrypted_and_too_short(service: str, frame: bytes) -> None:
    assert refusal(service, frame) == "no_key"
    for length in range(len(frame)):
        assert refusal(service, frame[:length]) == "malformed"


def test_counter_alone_is_no_reading() -> None:
    assert refusal("fcd2", bthome_v2(ADDRESS, b"\x00\x07")) == "ignored"
    assert refusal("181c", bthome_v1_object(0x00, UNSIGNED, b"\x07")) == "ignored"


@pytest.mark.parametrize(
    ("object", "readings"),
    [
        ((0x01, UNSIGNED, b"\x53"), named(None, None, 83)),
        ((0x02, SIGNED, b"\x3b\xfe"), named(-4.53)),
        ((0x03, UNSIGNED, b"\xff\xff"), named(None, 655.35)),
        ((0x0C, UNSIGNED, b"\x60\x0b"), named(None, None, None, 2.912)),
        ((0x2E, UNSIGNED, b"\x2f"), named(None, 47)),
        # Other types than the customary ones, which the format allows.
        ((0x02, SIGNED, b"\x3b\xfe\xff"), named(-4.53)),
        ((0x02, SIGNED, b"\x3b\xfe\xff\xff"), named(-4.53)),
        ((0x02, FLOAT, struct.pack("<e", -453)), named(-4.53)),
        ((0x02, FLOAT, struct.pack("<f", -453)), named(-4.53)),
        ((0x02, FLOAT, struct.pack("<d", -453)), named(-4.53)),
        ((0x03, UNSIGNED, b"\x68\x12\x00"), named(None, 47.12)),
    ],
)
def test_v1_readings(object: tuple[int, int, bytes], readings: dict[str, float]) -> None:
    plain = bthome_v1_object(*object)
    assert read("181c", plain) == readings
    assert read("181e", bthome_v1_encrypted(ADDRESS, KEY, 0x80000000, plain), KEY) == readings


@pytest.mark.parametrize("type", [TEXT, RAW, TIME, 6, 7])
def test_v1_types_that_are_no_numbers(type: int) -> None:
    temperature = bthome_v1_object(0x02, type, b"\x3b\x02")
    assert refusal("181c", temperature) == "ignored"
    assert read("181c", temperature + b"\x02\x01\x53") == named(None, None, 83)


@pytest.mark.parametrize(
    "object",
    [
        (0x02, SIGNED, b"\x3b"),
        (0x03, UNSIGNED, b"\x68"),
        (0x01, UNSIGNED, b""),
        (0x02, FLOAT, b"\x00\x00\x00"),
        (0x02, FLOAT, struct.pack("<f", float("nan"))),
        (0x02, FLOAT, struct.pack("<d", float("-inf"))),
        (0x02, FLOAT, struct.pack("<e", float("inf"))),
        (0x2F, UNSIGNED, bytes(30)),
    ],
)
def test_v1_objects_without_a_reading(object: tuple[int, int, bytes]) -> None:
    plain = bthome_v1_object(*object)
    assert refusal("181c", plain) == "ignored"
    assert read("181c", plain + b"\x02\x01\x53") == named(None, None, 83)


@pytest.mark.parametrize("control", [0x00, 0x20, 0x40, 0x60, 0x80, 0xA0, 0xC0, 0xE0])
def test_v1_length_0_ends_the_frame(control: int) -> None:
    frame = bytes([control]) * 5 + b"\x02\x01\x53"
    assert refusal("181c", frame) == "malformed"
    assert refusal("181e", bthome_v1_encrypted(ADDRESS, KEY, 1, frame), KEY) == "malformed"
    assert read("181c", b"\x02\x01\x53" + frame) == named(None, None, 83)


def test_v1_first_of_two_stays() -> None:
    assert read("181c", bytes.fromhex("2302ca09 2302cf09 020001 020002")) == named(25.06, frame=1)
