"""Custom firmware's own frames, under the Environmental Sensing service: ATC1441's and pvvx's, plain and encrypted.

Only their lengths tell the layouts apart. Custom frames of pvvx are little-endian, with the address reversed; those of
ATC1441 are big-endian.
Source: the READMEs of atc1441/ATC_MiThermometer and pvvx/ATC_MiThermometer.
Unit:   on the air 0.1 or 0.01 degrees, 1 or 0.01 percent, millivolts. What is encrypted has no voltage.
Errors: Refused. A plain frame that was cut to the length of an encrypted one has no tag that checks.
"""

from struct import Struct

from motes.exporters.lywsd03mmc.ccm import decrypt
from motes.exporters.lywsd03mmc.decoded import Decoded, Refused

# Address; temperature, humidity, battery percent, millivolts, counter.
_ATC1441 = Struct(">6shBBHB")
# Address; temperature, humidity, millivolts, battery percent, counter; flags.
_PVVX = Struct("<6shHHBBx")
_PVVX_SEALED = Struct("<hHBx")
# Behind the address in the nonce: the advertisement's structure up to the service data, its length first.
_PVVX_HEAD = b"\x0e\x16\x1a\x18"
_ATC1441_HEAD = b"\x0b\x16\x1a\x18"
_ASSOCIATED = b"\x11"
_COUNTER_BITS = 8
# Another product's, under the same service.
_OTHERS = (16, 18)


def decode(data: bytes, address: bytes, key: bytes | None) -> Decoded:
    known = _LAYOUTS.get(len(data))
    if known is None:
        reason = "ignored" if len(data) in _OTHERS else "malformed"
        raise Refused(reason, f"no layout has {len(data)} bytes")
    return known(data, address, key)


def decode_atc1441(data: bytes, address: bytes, _key: bytes | None) -> Decoded:
    embedded, temperature, humidity, battery, millivolts, frame = _ATC1441.unpack(data)
    if embedded != address:
        raise Refused("wrong_mac", f"it is {embedded.hex().upper()}'s")
    values = {
        "temperature_celsius": temperature / 10,
        "humidity_ratio": humidity,
        "battery_ratio": battery,
        "battery_volts": millivolts / 1000,
        "frame_current": frame,
    }
    return Decoded("atc1441", values)


def decode_pvvx(data: bytes, address: bytes, _key: bytes | None) -> Decoded:
    embedded, temperature, humidity, millivolts, battery, frame = _PVVX.unpack(data)
    if embedded != address[::-1]:
        raise Refused("wrong_mac", f"it is {embedded[::-1].hex().upper()}'s")
    values = {
        "temperature_celsius": temperature / 100,
        "humidity_ratio": humidity / 100,
        "battery_ratio": battery,
        "battery_volts": millivolts / 1000,
        "frame_current": frame,
    }
    return Decoded("pvvx", values)


def decode_pvvx_encrypted(data: bytes, address: bytes, key: bytes | None) -> Decoded:
    temperature, humidity, battery = _PVVX_SEALED.unpack(_opened(_PVVX_HEAD, data, address, key))
    values = {
        "temperature_celsius": temperature / 100,
        "humidity_ratio": humidity / 100,
        "battery_ratio": battery,
        "frame_current": data[0],
    }
    return Decoded("pvvx", values, data[0], _COUNTER_BITS)


def decode_atc1441_encrypted(data: bytes, address: bytes, key: bytes | None) -> Decoded:
    temperature, humidity, battery = _opened(_ATC1441_HEAD, data, address, key)
    values = {
        "temperature_celsius": temperature / 2 - 40,
        "humidity_ratio": humidity / 2,
        # The top bit is the trigger's.
        "battery_ratio": min(battery & 0x7F, 100),
        "frame_current": data[0],
    }
    return Decoded("atc1441", values, data[0], _COUNTER_BITS)


def _opened(head: bytes, data: bytes, address: bytes, key: bytes | None) -> bytes:
    return decrypt(key, address[::-1] + head + data[:1], data[1:], _ASSOCIATED)


_LAYOUTS = {8: decode_atc1441_encrypted, 11: decode_pvvx_encrypted, 13: decode_atc1441, 15: decode_pvvx}
