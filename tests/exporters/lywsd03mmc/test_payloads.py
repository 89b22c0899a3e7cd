"""Values of characteristics: published ones, random ones, and such as cannot be."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motes.exporters.lywsd03mmc import payloads

STOCK = ["ebe0ccb0-7a0a-4b0c-8a1a-6ff2997da3a6", "ebe0ccc1-7a0a-4b0c-8a1a-6ff2997da3a6"]
CUSTOM = "00001f10-0000-1000-8000-00805f9b34fb"
HUNDREDTHS = "00002a6e-0000-1000-8000-00805f9b34fb"
TENTHS = "00002a1f-0000-1000-8000-00805f9b34fb"
DECODERS = [
    payloads.decode_stock,
    payloads.decode_measurement,
    payloads.decode_temperature,
    payloads.decode_temperature_tenths,
    payloads.decode_humidity,
    payloads.decode_battery,
]


@pytest.mark.parametrize(
    ("sent", "celsius", "percent", "volts"),
    [
        ("e40a43c80b", 27.88, 67, 3.016),
        ("59092b9a0a", 23.93, 43, 2.714),
        ("f8074ad60b", 20.40, 74, 3.030),
        ("eb0836c00b", 22.83, 54, 3.008),
        ("3efe630008", -4.5, 99, 2.048),
        ("ffff00d007", -0.01, 0, 2.0),
    ],
)
def test_stock(sent: str, celsius: float, percent: float, volts: float) -> None:
    expected = {"temperature_celsius": celsius, "humidity_ratio": percent, "battery_volts": volts}
    assert payloads.decode_stock(bytes.fromhex(sent)) == expected


@given(st.integers(-27315, 32767), st.integers(0, 100), st.integers(0, 65535))
def test_stock_of_any_value(hundredths: int, percent: int, millivolts: int) -> None:
    assert payloads.decode_stock(struct.pack("<hBH", hundredths, percent, millivolts)) == {
        "temperature_celsius": hundredths / 100,
        "humidity_ratio": percent,
        "battery_volts": millivolts / 1000,
    }


@given(st.integers(-27315, 32767), st.integers(0, 10000), st.integers(0, 65535), st.binary(min_size=7, max_size=7))
def test_measurement(hundredths: int, humidity: int, millivolts: int, rest: bytes) -> None:
    assert payloads.decode_measurement(struct.pack("<BHhH", 0x33, millivolts, hundredths, humidity) + rest) == {
        "temperature_celsius": hundredths / 100,
        "humidity_ratio": humidity / 100,
        "battery_volts": millivolts / 1000,
    }


@given(st.integers(-2731, 32767), st.integers(0, 10000), st.integers(0, 100))
def test_standard_characteristics(temperature: int, humidity: int, battery: int) -> None:
    signed, unsigned = struct.pack("<h", temperature), struct.pack("<H", humidity)
    assert payloads.decode_temperature(signed) == {"temperature_celsius": temperature / 100}
    assert payloads.decode_temperature_tenths(signed) == {"temperature_celsius": temperature / 10}
    assert payloads.decode_humidity(unsigned) == {"humidity_ratio": humidity / 100}
    assert payloads.decode_battery(bytes([battery])) == {"battery_ratio": battery}


@pytest.mark.parametrize(
    ("decode", "sent"),
    [
        (payloads.decode_stock, "0080 43 c80b"),
        (payloads.decode_stock, "e40a 65 c80b"),
        (payloads.decode_stock, "e40a 43 c8"),
        (payloads.decode_stock, "e40a 43 c80b 00"),
        (payloads.decode_temperature, "0080"),
        (payloads.decode_temperature, "e4"),
        (payloads.decode_temperature, "e40a00"),
        (payloads.decode_temperature_tenths, "0080"),
        (payloads.decode_humidity, "ffff"),
        (payloads.decode_humidity, "1127"),
        (payloads.decode_humidity, "10"),
        (payloads.decode_battery, "65"),
        (payloads.decode_battery, "6400"),
        (payloads.decode_measurement, "3301"),
        (payloads.decode_measurement, "35 b80b 3801 8813 0000 00 00000000"),
        (payloads.decode_measurement, "33 b80b 3801 8813 0000 00 000000"),
        (payloads.decode_measurement, "33 b80b 3801 8827 0000 00 00000000"),
        *[(decode, "") for decode in DECODERS],
    ],
)
def test_what_cannot_be_is_no_value(decode: payloads.Decoder, sent: str) -> None:
    assert decode(bytes.fromhex(sent)) == {}


@given(st.binary(max_size=20))
def test_bytes_of_any_kind(sent: bytes) -> None:
    for decode in DECODERS:
        for name, value in decode(sent).items():
            assert value >= -273.15
            assert name == "temperature_celsius" or value <= (100 if name.endswith("ratio") else 65.535)


@pytest.mark.parametrize(
    ("sent", "version"),
    [
        (b"1.0.0_0130", "1.0.0_0130"),
        (b"V4.7\0\0\0", "V4.7"),
        (b" V4.7 \n", "V4.7"),
        (b"", ""),
        (b"\xff\xfe", ""),
        (b'a"\\b\x1b[2J\r', 'a"\\b[2J'),
        (b"x" * 600, "x" * 32),
        ("\N{DEGREE SIGN}".encode() * 64, "\N{DEGREE SIGN}" * 32),
    ],
)
def test_version(sent: bytes, version: str) -> None:
    assert payloads.decode_version(sent) == version


@given(st.binary(max_size=600))
def test_version_of_any_bytes_is_short_and_printable(sent: bytes) -> None:
    version = payloads.decode_version(sent)
    assert len(version) <= 32
    assert version.isprintable()


@pytest.mark.parametrize(
    ("there", "firmware"),
    [
        (STOCK, "stock"),
        ([*STOCK, HUNDREDTHS], "stock"),
        ([CUSTOM, TENTHS], "atc1441"),
        ([CUSTOM, TENTHS, HUNDREDTHS], "pvvx"),
        ([TENTHS, HUNDREDTHS], ""),
        ([], ""),
    ],
)
def test_firmware(there: list[str], firmware: str) -> None:
    assert payloads.recognise(there) == firmware
