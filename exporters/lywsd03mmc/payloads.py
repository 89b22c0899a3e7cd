"""What the characteristics of thermometers say, as pure functions of bytes.

Source: little-endian values. Stock firmware has one characteristic of Xiaomi's own with all in it; ATC1441's and pvvx's
        have those of the Environmental Sensing and Battery services, see the GATT Specification Supplement.
Unit:   degrees Celsius, percent, volts, by the end of their metric's name.
Errors: a value of another length, and one that cannot be, is none: an empty mapping.
"""

from collections.abc import Callable, Iterable

Decoder = Callable[[bytes], dict[str, float]]

_STANDARD = "0000{}-0000-1000-8000-00805f9b34fb"
_XIAOMI = "ebe0{}-7a0a-4b0c-8a1a-6ff2997da3a6"

STOCK_SERVICE = _XIAOMI.format("ccb0")
STOCK_MEASUREMENT = _XIAOMI.format("ccc1")
STOCK_INTERVAL = _XIAOMI.format("ccd8")
CUSTOM_SERVICE = _STANDARD.format("1f10")
CUSTOM_COMMAND = _STANDARD.format("1f1f")
TEMPERATURE_TENTHS = _STANDARD.format("2a1f")
TEMPERATURE = _STANDARD.format("2a6e")
HUMIDITY = _STANDARD.format("2a6f")
BATTERY = _STANDARD.format("2a19")
FIRMWARE_REVISION = _STANDARD.format("2a26")
SOFTWARE_REVISION = _STANDARD.format("2a28")

_LONGEST_VERSION = 32
_ABSOLUTE_ZERO = -273.15


def recognise(uuids: Iterable[str]) -> str:
    """The firmware by its services and characteristics; empty for one that is none of these."""
    there = frozenset(uuids)
    if STOCK_SERVICE in there:
        return "stock"
    if CUSTOM_SERVICE not in there:
        return ""
    return "pvvx" if TEMPERATURE in there else "atc1441"


def decode_stock(data: bytes) -> dict[str, float]:
    """The percentage that stock firmware has elsewhere is 100 to the last, so there is none."""
    if len(data) != 5:
        return {}
    return _whole(decode_temperature(data[:2]), _percent("humidity_ratio", data[2:3], 1), _millivolts(data[3:]))


def decode_measurement(data: bytes) -> dict[str, float]:
    """pvvx's answer to command 0x33, as current releases give it; two bytes before are its acknowledgement."""
    if len(data) != 14 or data[0] != 0x33:
        return {}
    return _whole(_millivolts(data[1:3]), decode_temperature(data[3:5]), decode_humidity(data[5:7]))


def decode_temperature(data: bytes) -> dict[str, float]:
    return _celsius(data, 100)


def decode_temperature_tenths(data: bytes) -> dict[str, float]:
    return _celsius(data, 10)


def decode_humidity(data: bytes) -> dict[str, float]:
    return _percent("humidity_ratio", data, 100) if len(data) == 2 else {}


def decode_battery(data: bytes) -> dict[str, float]:
    return _percent("battery_ratio", data, 1) if len(data) == 1 else {}


def decode_version(data: bytes) -> str:
    """Text that anybody in reach may have made up: short, and printable."""
    text = data[: 4 * _LONGEST_VERSION].decode("utf-8", "ignore")
    return "".join(each for each in text if each.isprintable()).strip()[:_LONGEST_VERSION]


def _whole(*parts: dict[str, float]) -> dict[str, float]:
    """All of them, or nothing where one cannot be: it is another layout then."""
    return {name: value for part in parts for name, value in part.items()} if all(parts) else {}


def _celsius(data: bytes, scale: int) -> dict[str, float]:
    # Not known is 0x8000, which is below absolute zero in either unit.
    celsius = int.from_bytes(data, "little", signed=True) / scale
    return {"temperature_celsius": celsius} if len(data) == 2 and celsius >= _ABSOLUTE_ZERO else {}


def _percent(name: str, data: bytes, scale: int) -> dict[str, float]:
    # Not known is the highest number there is.
    percent = int.from_bytes(data, "little") / scale
    return {name: percent} if percent <= 100 else {}


def _millivolts(data: bytes) -> dict[str, float]:
    return {"battery_volts": int.from_bytes(data, "little") / 1000}
