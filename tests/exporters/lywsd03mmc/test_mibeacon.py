"""MiBeacon: every header and object that the protocol allows, and what is refused."""

import struct

import pytest

from tests.exporters.lywsd03mmc.decoding import ADDRESS, KEY, named, read, refusal
from tests.exporters.lywsd03mmc.encoders import mibeacon, mibeacon_object

COLD = mibeacon_object(0x1004, struct.pack("<h", -45))
DAMP = mibeacon_object(0x1006, struct.pack("<H", 471))
UNKNOWN = mibeacon_object(0x1009, b"\x01\x02\x03\x04")
FLOAT = struct.pack("<f", -4.5)


@pytest.mark.parametrize(
    ("id", "data", "readings"),
    [
        (0x1004, struct.pack("<h", -1), named(-0.1, frame=42)),
        (0x1006, struct.pack("<H", 1000), named(None, 100, frame=42)),
        (0x100A, b"\xff", named(None, None, 255, frame=42)),
        (0x100D, struct.pack("<hH", -45, 471), named(-4.5, 47.1, frame=42)),
        *[(base + 1, FLOAT, named(-4.5, frame=42)) for base in (0x4800, 0x4C00)],
        *[(base + 2, b"\x2f", named(None, 47, frame=42)) for base in (0x4800, 0x4C00)],
        *[(base + 3, b"\x53", named(None, None, 83, frame=42)) for base in (0x4800, 0x4C00)],
        *[(base + 8, struct.pack("<f", 47.1), named(None, 47.1, frame=42)) for base in (0x4800, 0x4C00)],
    ],
)
def test_objects(id: int, data: bytes, readings: dict[str, float]) -> None:
    objects = mibeacon_object(id, data)
    assert read("fe95", mibeacon(ADDRESS, 42, objects)) == readings
    assert read("fe95", mibeacon(ADDRESS, 0x1022A, objects, key=KEY), KEY) == readings
    for wrong in (data[:-1], data + b"\x00"):
        assert refusal("fe95", mibeacon(ADDRESS, 42, mibeacon_object(id, wrong))) == "ignored"
    assert refusal("fe95", mibeacon(ADDRESS, 42, objects[:-1])) == "malformed"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_no_reading(number: float) -> None:
    objects = mibeacon_object(0x4C01, struct.pack("<f", number))
    assert refusal("fe95", mibeacon(ADDRESS, 42, objects)) == "ignored"
    assert read("fe95", mibeacon(ADDRESS, 42, objects + COLD)) == named(-4.5, frame=42)


@pytest.mark.parametrize(
    ("objects", "readings"),
    [
        (COLD + DAMP, named(-4.5, 47.1, frame=42)),
        (UNKNOWN + DAMP + UNKNOWN + COLD, named(-4.5, 47.1, frame=42)),
        (COLD + mibeacon_object(0x100D, struct.pack("<hH", 1, 471)), named(-4.5, 47.1, frame=42)),
        (COLD + mibeacon_object(0x1004, b"\x00\x00"), named(-4.5, frame=42)),
        (mibeacon_object(0x1009, b"") + COLD, named(-4.5, frame=42)),
        (COLD + DAMP[:-1], named(-4.5, frame=42)),
        (COLD + DAMP[:2], named(-4.5, frame=42)),
        (COLD + b"\x00\x00\x00", named(-4.5, frame=42)),
        (COLD + bytes.fromhex("02890a"), named(-4.5, frame=42)),
    ],
)
def test_several_objects(objects: bytes, readings: dict[str, float]) -> None:
    assert read("fe95", mibeacon(ADDRESS, 42, objects)) == readings
    assert read("fe95", mibeacon(ADDRESS, 42, objects, key=KEY), KEY) == readings


@pytest.mark.parametrize("version", range(16))
def test_versions(version: int) -> None:
    plain, sealed = mibeacon(ADDRESS, 42, COLD, version=version), mibeacon(ADDRESS, 42, COLD, key=KEY, version=version)
    if version < 2:
        assert refusal("fe95", plain) == "ignored"
    else:
        assert read("fe95", plain) == named(-4.5, frame=42)
    if version < 4:
        assert refusal("fe95", sealed, KEY) == "ignored"
    else:
        assert read("fe95", sealed, KEY) == named(-4.5, frame=42)


@pytest.mark.parametrize("capability", [b"", b"\x08", b"\x1f", b"\x28\x01\x00", b"\xff\xff\xff"])
@pytest.mark.parametrize("with_address", [True, False])
@pytest.mark.parametrize("key", [None, KEY])
def test_optional_fields_shift(capability: bytes, with_address: bool, key: bytes | None) -> None:
    whole = mibeacon(ADDRESS, 0xFFFFFFFF, COLD, key=key, with_address=with_address, capability=capability)
    assert read("fe95", whole, key) == named(-4.5, frame=255)
    beacon = mibeacon(ADDRESS, 42, None, with_address=with_address, capability=capability)
    assert refusal("fe95", beacon, key) == "ignored"
    for length in range(5, len(beacon)):
        assert refusal("fe95", beacon[:length], key) == "malformed"


@pytest.mark.parametrize("bit", [0, 1, 2, 8, 9, 10, 11])
def test_bits_that_do_not_matter(bit: int) -> None:
    assert read("fe95", mibeacon(ADDRESS, 42, COLD, bits=1 << bit)) == named(-4.5, frame=42)
    assert read("fe95", mibeacon(ADDRESS, 42, COLD, key=KEY, bits=1 << bit), KEY) == named(-4.5, frame=42)


def test_mesh_and_other_products_are_ignored() -> None:
    assert refusal("fe95", mibeacon(ADDRESS, 42, COLD, bits=0x80)) == "ignored"
    assert refusal("fe95", mibeacon(ADDRESS, 42, COLD, product=0x045B)) == "ignored"
    assert refusal("fe95", mibeacon(ADDRESS, 42, COLD, key=KEY, product=0x045B), KEY) == "ignored"


@pytest.mark.parametrize("key", [None, KEY])
def test_address_is_looked_at_first(key: bytes | None) -> None:
    other = ADDRESS[::-1]
    assert refusal("fe95", mibeacon(other, 42, COLD, key=key), key) == "wrong_mac"
    assert refusal("fe95", mibeacon(other, 42, None, product=1), key) == "wrong_mac"


def test_the_advertisers_address_is_in_the_nonce() -> None:
    frame = mibeacon(ADDRESS[::-1], 42, COLD, key=KEY, with_address=False)
    assert refusal("fe95", frame, KEY) == "bad_tag"


def test_objects_announced_and_missing() -> None:
    assert refusal("fe95", mibeacon(ADDRESS, 42, b"")) == "malformed"
    assert refusal("fe95", mibeacon(ADDRESS, 42, b"", key=KEY), KEY) == "malformed"
    assert refusal("fe95", mibeacon(ADDRESS, 42, b"\x04\x10", key=KEY), KEY) == "malformed"


@pytest.mark.parametrize("with_address", [True, False])
def test_encrypted_and_too_short(with_address: bool) -> None:
    frame = mibeacon(ADDRESS, 42, b"\x04\x10\x00", key=KEY, with_address=with_address)
    assert refusal("fe95", frame) == "no_key"
    for length in range(5, len(frame)):
        assert refusal("fe95", frame[:length]) == "malformed"


def test_lengths_inside_the_cipher_are_not_trusted() -> None:
    assert refusal("fe95", mibeacon(ADDRESS, 42, b"\x04\x10\x03\xd3\xff", key=KEY), KEY) == "malformed"
    assert refusal("fe95", mibeacon(ADDRESS, 42, b"\x04\x10\x01\xd3", key=KEY), KEY) == "ignored"
