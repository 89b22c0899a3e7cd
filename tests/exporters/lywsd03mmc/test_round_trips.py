"""Random readings, written by the encoders and read back; what is expected is reckoned in decimals."""

import struct
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from motes.exporters.lywsd03mmc.frames import Decoded, decode

from tests.exporters.lywsd03mmc import encoders
from tests.exporters.lywsd03mmc.decoding import UUID, named

ADDRESSES = st.binary(min_size=6, max_size=6)
KEYS = st.binary(min_size=16, max_size=16)
I16 = st.integers(-0x8000, 0x7FFF)
U16 = st.integers(0, 0xFFFF)
U8 = st.integers(0, 0xFF)
U32 = st.integers(0, 0xFFFFFFFF)
# Trigger, and two that are reserved, of the byte about the device in BTHome 2.
BITS = st.sampled_from([0, 0x04, 0x08, 0x10, 0x1C])

given_some = settings(max_examples=60)


def scaled(raw: int, digits: int) -> float:
    return float(Decimal(raw).scaleb(-digits))


def check(
    decoded: Decoded, format: str, readings: dict[str, float], counter: int | None = None, counter_bits: int = 0
) -> None:
    assert decoded.values == readings
    assert (decoded.format, decoded.encrypted) == (format, counter is not None)
    assert (decoded.counter, decoded.counter_bits) == (counter, counter_bits)


@given_some
@given(ADDRESSES, st.tuples(I16, U8, U8, U16, U8))
def test_atc1441(address: bytes, numbers: tuple[int, int, int, int, int]) -> None:
    temperature, humidity, battery, millivolts, frame = numbers
    data = encoders.atc1441(address, *numbers)
    readings = named(scaled(temperature, 1), humidity, battery, scaled(millivolts, 3), frame)
    check(decode(UUID.format("181a"), data, address, None), "atc1441", readings)


@given_some
@given(ADDRESSES, KEYS, U8, st.tuples(U8, U8, U8))
def test_atc1441_encrypted(address: bytes, key: bytes, counter: int, numbers: tuple[int, int, int]) -> None:
    temperature, humidity, battery = numbers
    data = encoders.atc1441_encrypted(address, key, counter, bytes(numbers))
    readings = named(scaled(temperature * 5 - 400, 1), scaled(humidity * 5, 1), min(battery % 128, 100), None, counter)
    check(decode(UUID.format("181a"), data, address, key), "atc1441", readings, counter, 8)


@given_some
@given(ADDRESSES, st.tuples(I16, U16, U16, U8, U8, U8))
def test_pvvx(address: bytes, numbers: tuple[int, int, int, int, int, int]) -> None:
    temperature, humidity, millivolts, battery, frame, _ = numbers
    data = encoders.pvvx(address, *numbers)
    readings = named(scaled(temperature, 2), scaled(humidity, 2), battery, scaled(millivolts, 3), frame)
    check(decode(UUID.format("181a"), data, address, None), "pvvx", readings)


@given_some
@given(ADDRESSES, KEYS, U8, st.tuples(I16, U16, U8, U8))
def test_pvvx_encrypted(address: bytes, key: bytes, counter: int, numbers: tuple[int, int, int, int]) -> None:
    temperature, humidity, battery, _ = numbers
    data = encoders.pvvx_encrypted(address, key, counter, *numbers)
    readings = named(scaled(temperature, 2), scaled(humidity, 2), battery, None, counter)
    check(decode(UUID.format("181a"), data, address, key), "pvvx", readings, counter, 8)


def float32(value: float) -> bytes:
    return struct.pack("<f", value)


@st.composite
def mibeacon_objects(draw: st.DrawFn) -> tuple[bytes, dict[str, float]]:
    """Objects with others between them, and zeros behind them."""
    temperature, humidity, battery = draw(I16), draw(U16), draw(U8)
    family = draw(st.sampled_from([0x4800, 0x4C00]))
    each, both = scaled(temperature, 1), scaled(humidity, 1)
    choices = [
        (0x1004, struct.pack("<h", temperature), named(each)),
        (0x1006, struct.pack("<H", humidity), named(None, both)),
        (0x100A, bytes([battery]), named(None, None, battery)),
        (0x100D, struct.pack("<hH", temperature, humidity), named(each, both)),
        (family + 1, float32(scaled(temperature, 2)), named(scaled(temperature, 2))),
        (family + 2, bytes([battery]), named(None, battery)),
        (family + 3, bytes([battery]), named(None, None, battery)),
        (family + 8, float32(scaled(humidity, 2)), named(None, scaled(humidity, 2))),
    ]
    data, readings = b"", named()
    for id, raw, told in draw(st.lists(st.sampled_from(choices), min_size=1, max_size=3)):
        data += encoders.mibeacon_object(draw(st.integers(0x5000, 0xFFFF)), draw(st.binary(max_size=5)))
        data += encoders.mibeacon_object(id, raw)
        readings = told | readings
    return data + bytes(draw(st.integers(0, 4))), readings


@st.composite
def headers(draw: st.DrawFn) -> dict[str, Any]:
    """What may vary in a header, as the encoder takes it."""
    first = draw(U8)
    capability = bytes([first]) + (draw(st.binary(min_size=2, max_size=2)) if first & 0x20 else b"")
    return {
        "version": draw(st.integers(4, 15)),
        "with_address": draw(st.booleans()),
        "capability": draw(st.sampled_from([b"", capability])),
        "bits": draw(U16) & 0x0F07,
    }


@given_some
@given(ADDRESSES, KEYS, U32, mibeacon_objects(), headers())
def test_mibeacon(
    address: bytes, key: bytes, counter: int, objects: tuple[bytes, dict[str, float]], header: dict[str, Any]
) -> None:
    data, readings = objects
    readings = readings | {"frame_current": counter % 256}
    sealed = encoders.mibeacon(address, counter, data, key=key, **header)
    check(decode(UUID.format("fe95"), sealed, address, key), "mibeacon", readings, counter, 32)
    plain = encoders.mibeacon(address, counter, data, **header | {"version": header["version"] - 2})
    check(decode(UUID.format("fe95"), plain, address, None), "mibeacon", readings)


@st.composite
def bthome_objects(draw: st.DrawFn) -> tuple[bytes, bytes, dict[str, float]]:
    """The same objects as version 1 and as version 2 writes them, with others between them."""
    degrees, large, small, packet = draw(I16), draw(U16), draw(U8), draw(U8)
    choices = [
        (0x01, encoders.UNSIGNED, bytes([small]), named(None, None, small)),
        (0x02, encoders.SIGNED, struct.pack("<h", degrees), named(scaled(degrees, 2))),
        (0x03, encoders.UNSIGNED, struct.pack("<H", large), named(None, scaled(large, 2))),
        (0x0C, encoders.UNSIGNED, struct.pack("<H", large), named(None, None, None, scaled(large, 3))),
        (0x2E, encoders.UNSIGNED, bytes([small]), named(None, small)),
        (0x45, encoders.SIGNED, struct.pack("<h", degrees), named(scaled(degrees, 1))),
        (0x4A, encoders.UNSIGNED, struct.pack("<H", large), named(None, None, None, scaled(large, 1))),
        (0x57, encoders.SIGNED, bytes([small]), named(small - (small & 0x80) * 2)),
        (0x58, encoders.SIGNED, bytes([small]), named(scaled((small - (small & 0x80) * 2) * 35, 2))),
    ]
    chosen = draw(st.lists(st.sampled_from(choices), min_size=1, max_size=5))
    if draw(st.booleans()):
        chosen.append((0x00, encoders.UNSIGNED, bytes([packet]), named(frame=packet)))
    first, second, readings = b"", b"", named()
    for id, type, raw, told in draw(st.permutations(chosen)):
        other = draw(st.sampled_from([(0x10, b"\x01"), (0x05, b"\x13\x8a\x14"), (0x3E, bytes(4))]))
        first += encoders.bthome_v1_object(id, type, raw) + encoders.bthome_v1_object(other[0], 0, other[1])
        second += bytes([id]) + raw + bytes([other[0]]) + other[1]
        readings = told | readings
    return first, second, readings


@given_some
@given(ADDRESSES, KEYS, U32, bthome_objects())
def test_bthome_v1(address: bytes, key: bytes, counter: int, objects: tuple[bytes, bytes, dict[str, float]]) -> None:
    data, _, readings = objects
    check(decode(UUID.format("181c"), data, address, key), "bthome_v1", readings)
    sealed = encoders.bthome_v1_encrypted(address, key, counter, data)
    check(decode(UUID.format("181e"), sealed, address, key), "bthome_v1", readings, counter, 32)


@given_some
@given(ADDRESSES, KEYS, U32, bthome_objects(), st.fixed_dictionaries({"with_address": st.booleans(), "bits": BITS}))
def test_bthome_v2(
    address: bytes, key: bytes, counter: int, objects: tuple[bytes, bytes, dict[str, float]], header: dict[str, Any]
) -> None:
    _, data, readings = objects
    plain = encoders.bthome_v2(address, data, **header)
    check(decode(UUID.format("fcd2"), plain, address, None), "bthome_v2", readings)
    sealed = encoders.bthome_v2(address, data, key=key, counter=counter, **header)
    check(decode(UUID.format("fcd2"), sealed, address, key), "bthome_v2", readings, counter, 32)
