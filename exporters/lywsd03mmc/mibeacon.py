"""MiBeacon, versions 2 to 5: stock firmware's frames, and those of custom firmware that speaks like it.

A header of five bytes, then by the bits of its frame control: the address (reversed), a capability, objects. An object
is an id, a length and so many bytes. An encrypted frame ends with the rest of the message counter, and the tag. All is
little-endian. Stock firmware says one thing a frame.
Source: Xiaomi's MiBeacon protocol.
Unit:   on the air 0.1 degrees, 0.1 or 1 percent; floats as they are. There is no voltage.
Errors: Refused. Bytes behind a good object are no error: custom firmware fills its frames up.
"""

from struct import Struct

from motes.exporters.lywsd03mmc.ccm import decrypt
from motes.exporters.lywsd03mmc.decoded import Decoded, Refused, checked, put, shortened, tenths, units

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    # How to read an object, and for each of its numbers what it is and its scale.
    Layout = tuple[Struct, tuple[tuple[str, Callable[[float], float]], ...]]

_LYWSD03MMC = 0x055B
# Frame control, product, frame counter.
_HEADER = Struct("<HHB")
_ENCRYPTED = 0x0008
_HAS_ADDRESS = 0x0010
_HAS_CAPABILITY = 0x0020
_HAS_OBJECT = 0x0040
_MESH = 0x0080
_VERSION = 12
_FIRST_VERSION = 2
# Before it, keys had 12 bytes and the check had one. This product never spoke so.
_FIRST_WITH_CCM = 4
# In the capability: two bytes about inputs and outputs follow.
_HAS_IO = 0x20

_OBJECT = Struct("<HB")
# The rest of the counter, and the tag.
_END_BYTES = 7
_ASSOCIATED = b"\x11"
_COUNTER_BITS = 32

_DEGREES = (("temperature_celsius", shortened),)
_HUMIDITY = (("humidity_ratio", units),)
_BATTERY = (("battery_ratio", units),)
_NOTHING: "Layout" = (Struct(""), ())
# By id and length, for an object of another length is something else. The last eight are newer products', so far.
_LAYOUTS: "dict[tuple[int, int], Layout]" = {
    (0x1004, 2): (Struct("<h"), (("temperature_celsius", tenths),)),
    (0x1006, 2): (Struct("<H"), (("humidity_ratio", tenths),)),
    (0x100A, 1): (Struct("<B"), _BATTERY),
    (0x100D, 4): (Struct("<hH"), (("temperature_celsius", tenths), ("humidity_ratio", tenths))),
    (0x4801, 4): (Struct("<f"), _DEGREES),
    (0x4802, 1): (Struct("<B"), _HUMIDITY),
    (0x4803, 1): (Struct("<B"), _BATTERY),
    (0x4808, 4): (Struct("<f"), (("humidity_ratio", shortened),)),
    (0x4C01, 4): (Struct("<f"), _DEGREES),
    (0x4C02, 1): (Struct("<B"), _HUMIDITY),
    (0x4C03, 1): (Struct("<B"), _BATTERY),
    (0x4C08, 4): (Struct("<f"), (("humidity_ratio", shortened),)),
}


def decode(data: bytes, address: bytes, key: bytes | None) -> Decoded:
    if len(data) < _HEADER.size:
        raise Refused("malformed", f"{len(data)} bytes are no header")
    control, product, frame = _HEADER.unpack_from(data)
    if control & _MESH or control >> _VERSION < _FIRST_VERSION:
        raise Refused("ignored", "of a mesh, or older than version 2")
    at = _skip_optional(control, data, address)
    if product != _LYWSD03MMC:
        raise Refused("ignored", f"product 0x{product:04X} is another")
    if not control & _HAS_OBJECT:
        raise Refused("ignored", "it has no object")
    if not control & _ENCRYPTED:
        return Decoded("mibeacon", _read(data, at, frame))
    if control >> _VERSION < _FIRST_WITH_CCM:
        raise Refused("ignored", "encrypted as before version 4")
    objects = _opened(data, at, address, key)
    counter = frame | int.from_bytes(data[-7:-4], "little") << 8
    return Decoded("mibeacon", _read(objects, 0, frame), counter, _COUNTER_BITS)


def _skip_optional(control: int, data: bytes, address: bytes) -> int:
    """Where what is not optional goes on."""
    at = _HEADER.size
    embedded = b""
    if control & _HAS_ADDRESS:
        embedded = data[at : at + 6]
        at += 6
    if control & _HAS_CAPABILITY:
        at += 3 if at < len(data) and data[at] & _HAS_IO else 1
    if at > len(data):
        raise Refused("malformed", f"{len(data)} bytes do not hold what the header announces")
    if embedded and embedded != address[::-1]:
        raise Refused("wrong_mac", f"it is {embedded[::-1].hex().upper()}'s")
    return at


def _opened(data: bytes, at: int, address: bytes, key: bytes | None) -> bytes:
    if len(data) < at + _OBJECT.size + _END_BYTES:
        raise Refused("malformed", f"{len(data)} bytes do not hold an encrypted object")
    # Product and frame counter as sent, and the rest of the counter.
    nonce = address[::-1] + data[2:5] + data[-7:-4]
    return decrypt(key, nonce, data[at:-7] + data[-4:], _ASSOCIATED)


def _read(objects: bytes, at: int, frame: int) -> dict[str, float]:
    """The objects from there on, as far as they are whole."""
    values: dict[str, float] = {}
    start = at
    while at + _OBJECT.size <= len(objects):
        kind, size = _OBJECT.unpack_from(objects, at)
        if at + _OBJECT.size + size > len(objects):
            break
        layout, fields = _LAYOUTS.get((kind, size), _NOTHING)
        for (name, scale), raw in zip(fields, layout.unpack_from(objects, at + _OBJECT.size), strict=True):
            put(values, name, scale(raw))
        at += _OBJECT.size + size
    checked(values, whole=at > start)
    values["frame_current"] = frame
    return values
