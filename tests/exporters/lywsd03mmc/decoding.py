"""Asking the decoders about frames of one thermometer."""

import pytest
from motes.exporters.lywsd03mmc.frames import Refused, decode

UUID = "0000{}-0000-1000-8000-00805f9b34fb"
ADDRESS = bytes.fromhex("a4c138112233")
KEY = bytes(range(0x10, 0x20))


def named(
    temperature: float | None = None,
    humidity: float | None = None,
    battery: float | None = None,
    volts: float | None = None,
    frame: float | None = None,
) -> dict[str, float]:
    """Readings by name, without those that are None."""
    readings = {
        "temperature_celsius": temperature,
        "humidity_ratio": humidity,
        "battery_ratio": battery,
        "battery_volts": volts,
        "frame_current": frame,
    }
    return {name: value for name, value in readings.items() if value is not None}


def read(service: str, data: bytes, key: bytes | None = None) -> dict[str, float]:
    return decode(UUID.format(service), data, ADDRESS, key).values


def refusal(service: str, data: bytes, key: bytes | None = None, address: bytes = ADDRESS) -> str:
    with pytest.raises(Refused) as refused:
        decode(UUID.format(service), data, address, key)
    assert str(refused.value) not in ("", refused.value.reason)
    return refused.value.reason
