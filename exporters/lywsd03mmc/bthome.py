"""BTHome, versions 1 and 2: pvvx's firmware speaks the one from its release 3.7, the other from 4.5.

Both are objects, one behind the other. In version 1 each begins with a byte that tells its length and its type, then
comes its id; in version 2 the id tells both, and a byte about the device stands before the first.
Source: bthome.io/v1 and bthome.io/format.
Unit:   by the id, see _SCALES; both versions have the same.
Errors: Refused. An object that is cut, or one of version 2 with an unknown id, ends the frame; what was read is kept.
"""

from struct import Struct

from motes.exporters.lywsd03mmc.ccm import TAG_BYTES, decrypt
from motes.exporters.lywsd03mmc.decoded import (
    Decoded,
    Refused,
    checked,
    hundredths,
    put,
    shortened,
    tenths,
    thousandths,
    units,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_V1_UUID = b"\x1e\x18"
_V1_ASSOCIATED = b"\x11"
_V2_UUID = b"\xd2\xfc"
_COUNTER_BITS = 32
_END_BYTES = 4 + TAG_BYTES
_LEAST_OBJECT = 2

# Of version 1, in the byte before the id. Text, addresses and times are no readings.
_LENGTH = 0x1F
_TYPE = 5
_SIGNED = 1
_FLOAT = 2
_FLOATS = {2: Struct("<e"), 4: Struct("<f"), 8: Struct("<d")}

# Of version 2, in the byte about the device.
_ENCRYPTED = 0x01
_HAS_ADDRESS = 0x02
_VERSION = 5


def _steps_of_0_35(raw: float) -> float:
    return raw * 35 / 100


_I8 = Struct("<b")
_U8 = Struct("<B")
_I16 = Struct("<h")
_U16 = Struct("<H")
# By id: what it is, its layout in version 2 (and the least that holds a reading in version 1), its scale.
_SCALES: "dict[int, tuple[str, Struct, Callable[[float], float]]]" = {
    0x00: ("frame_current", _U8, units),
    0x01: ("battery_ratio", _U8, units),
    0x02: ("temperature_celsius", _I16, hundredths),
    0x03: ("humidity_ratio", _U16, hundredths),
    0x0C: ("battery_volts", _U16, thousandths),
    0x2E: ("humidity_ratio", _U8, units),
    0x45: ("temperature_celsius", _I16, tenths),
    0x4A: ("battery_volts", _U16, tenths),
    0x57: ("temperature_celsius", _I8, units),
    0x58: ("temperature_celsius", _I8, _steps_of_0_35),
}
# Bytes behind an id of version 2.
_IDS_BY_SIZE = {
    1: "00 01 09 0F 10 11 3A 46 57 58 59 60 64 65" + bytes(range(0x15, 0x30)).hex(),
    2: "02 03 06 07 08 0C 0D 0E 12 13 14 3C 3D 3F 40 41 43 44 45 47 48 49 4A 51 52 56 5A 5D 5E 5F 61 F0",
    3: "04 05 0A 0B 42 4B F2",
    4: "3E 4C 4D 4E 4F 50 55 5B 5C 62 63 F1",
}
_SIZES = {each: size for size, ids in _IDS_BY_SIZE.items() for each in bytes.fromhex(ids)}
_COUNTED = (0x53, 0x54)
_COMMAND = 0x3B


def decode_v1(data: bytes, _address: bytes, _key: bytes | None) -> Decoded:
    return Decoded("bthome_v1", _read_v1(data))


def decode_v1_encrypted(data: bytes, address: bytes, key: bytes | None) -> Decoded:
    objects = _opened(data, 0, key, address + _V1_UUID, _V1_ASSOCIATED)
    return Decoded("bthome_v1", _read_v1(objects), _counter(data), _COUNTER_BITS)


def decode_v2(data: bytes, address: bytes, key: bytes | None) -> Decoded:
    if not data:
        raise Refused("malformed", "no byte at all")
    about, at = data[0], 1
    if about >> _VERSION != 2:
        raise Refused("ignored", f"version {about >> _VERSION} is not 2")
    if about & _HAS_ADDRESS:
        at = _skip_address(data, address)
    if not about & _ENCRYPTED:
        return Decoded("bthome_v2", _read_v2(data, at))
    objects = _opened(data, at, key, address + _V2_UUID + data[:1], None)
    return Decoded("bthome_v2", _read_v2(objects, 0), _counter(data), _COUNTER_BITS)


def _skip_address(data: bytes, address: bytes) -> int:
    embedded = data[1:7]
    if len(embedded) < 6:
        raise Refused("malformed", f"{len(data)} bytes do not hold the address that is announced")
    if embedded != address[::-1]:
        raise Refused("wrong_mac", f"it is {embedded[::-1].hex().upper()}'s")
    return 7


def _opened(data: bytes, at: int, key: bytes | None, nonce: bytes, associated: bytes | None) -> bytes:
    """What is encrypted from there on; the counter stands before the tag, and ends the nonce."""
    if len(data) < at + _LEAST_OBJECT + _END_BYTES:
        raise Refused("malformed", f"{len(data)} bytes do not hold an encrypted object")
    return decrypt(key, nonce + data[-8:-4], data[at:-8] + data[-4:], associated)


def _counter(data: bytes) -> int:
    return int.from_bytes(data[-8:-4], "little")


def _read_v1(objects: bytes) -> dict[str, float]:
    values: dict[str, float] = {}
    at = 0
    while at < len(objects):
        length = objects[at] & _LENGTH
        # No id is no object.
        if not length or at + 1 + length > len(objects):
            break
        if known := _SCALES.get(objects[at + 1]):
            name, layout, scale = known
            raw = _number(objects[at] >> _TYPE, objects[at + 2 : at + 1 + length], layout.size)
            if raw is not None:
                put(values, name, scale(raw))
        at += 1 + length
    return checked(values, whole=at > 0)


def _number(type: int, digits: bytes, least: int) -> float | None:
    """A number of version 1, which may be of another type and length than what its id has by custom."""
    if len(digits) < least:
        return None
    if type <= _SIGNED:
        return int.from_bytes(digits, "little", signed=type == _SIGNED)
    if type == _FLOAT and len(digits) in _FLOATS:
        return shortened(*_FLOATS[len(digits)].unpack(digits))
    return None


def _read_v2(objects: bytes, at: int) -> dict[str, float]:
    values: dict[str, float] = {}
    start = at
    while at < len(objects):
        id = objects[at]
        after = at + 1 + (_SIZES.get(id) or _counted(id, objects, at + 1))
        if after > len(objects):
            break
        if known := _SCALES.get(id):
            name, layout, scale = known
            put(values, name, scale(*layout.unpack_from(objects, at + 1)))
        at = after
    return checked(values, whole=at > start)


def _counted(id: int, objects: bytes, at: int) -> int:
    """The size of an object that tells it in its first byte; of one that does not, more than there is."""
    if at < len(objects):
        if id in _COUNTED:
            return 1 + objects[at]
        if id == _COMMAND:
            return 2 + (objects[at] & 0x1F)
    return len(objects)
