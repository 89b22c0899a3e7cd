"""Frames and what they say: published ones, the variations that each format allows, and those that give no reading."""

import struct

import pytest
from motes.exporters.lywsd03mmc.frames import Refused, decode

from tests.exporters.lywsd03mmc import encoders
from tests.exporters.lywsd03mmc.decoding import ADDRESS, KEY, UUID, named, read, refusal
from tests.exporters.lywsd03mmc.published import FRAMES, READ, Frame

PRINTED = [
    ("181a", "a4c138112233 ffd3 2f 53 0b60 07", "atc1441", None, (-4.5, 47, 83, 2.912, 7)),
    ("181a", "33221138c1a4 3bfe 6812 600b 53 07 04", "pvvx", None, (-4.53, 47.12, 83, 2.912, 7)),
    ("181a", "07 e82826e051e8 fa98edd8", "pvvx", 7, (-4.53, 47.12, 83, None, 7)),
    ("181a", "07 a343ab 7fe32f53", "atc1441", 7, (-4.5, 47, 83, None, 7)),
    ("fe95", "5858 5b05 2a 33221138c1a4 ba44592c87 020100 35dcef41", "mibeacon", 0x1022A, (-4.5, None, None, None, 42)),
    ("181c", "020007 23023bfe 03036812 020153", "bthome_v1", None, (-4.53, 47.12, 83, None, 7)),
    ("181e", "20c8a70408dcc882ed55c0 04030201 0dbd0296", "bthome_v1", 0x01020304, (-4.53, 47.12, 83, None, None)),
    ("fcd2", "40 0007 0153 023bfe 036812", "bthome_v2", None, (-4.53, 47.12, 83, None, 7)),
    ("fcd2", "41 35f1cbd8a498b1f4 04030201 fa534fd9", "bthome_v2", 0x01020304, (-4.53, 47.12, 83, None, None)),
]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.name)
def test_published(frame: Frame) -> None:
    if frame.refusal:
        with pytest.raises(Refused) as refused:
            frame.decode()
        assert refused.value.reason == frame.refusal
        return
    decoded = frame.decode()
    assert decoded.values == frame.values
    assert (decoded.format, decoded.counter) == (frame.format, frame.counter)
    assert decoded.encrypted == (frame.counter is not None)


@pytest.mark.parametrize(("service", "data", "format", "counter", "readings"), PRINTED)
def test_printed(service: str, data: str, format: str, counter: int | None, readings: tuple[float | None, ...]) -> None:
    decoded = decode(UUID.format(service), bytes.fromhex(data), ADDRESS, KEY)
    assert decoded.values == named(*readings)
    assert (decoded.format, decoded.counter) == (format, counter)


def test_all_published_are_there() -> None:
    assert len(FRAMES) == 173
    assert len(READ) == 107


@pytest.mark.parametrize(
    ("data", "bits"),
    [("07e82826e051e8fa98edd8", 8), ("07a343ab7fe32f53", 8), ("a4c138112233ffd32f530b6007", 0)],
)
def test_bits_of_custom_counter(data: str, bits: int) -> None:
    assert decode(UUID.format("181a"), bytes.fromhex(data), ADDRESS, KEY).counter_bits == bits


@pytest.mark.parametrize("service", ["fe95", "181e", "fcd2"])
def test_other_counters_have_32_bits(service: str) -> None:
    data = {each: data for each, data, _, counter, _ in PRINTED if counter}[service]
    assert decode(UUID.format(service), bytes.fromhex(data), ADDRESS, KEY).counter_bits == 32


@pytest.mark.parametrize("service", ["fe95", "181a", "181c", "181e", "fcd2"])
@pytest.mark.parametrize("data", [b"", b"\x00", b"\x02", b"\x40", b"\x41", b"\x42", b"\x50", b"\xff"])
def test_next_to_nothing(service: str, data: bytes) -> None:
    assert refusal(service, data, KEY) in ("malformed", "ignored")
    assert refusal(service, data) in ("malformed", "ignored")


def test_other_services_are_ignored() -> None:
    assert refusal("180f", b"\x64") == "ignored"


def test_foreign_address() -> None:
    """Frames that tell their address say whose they are; the others' tags do."""
    other = bytes.fromhex("a4c138112234")
    for service, data, _, counter, _ in PRINTED:
        if service == "181c" or (service == "fcd2" and counter is None):
            continue
        reason = "bad_tag" if counter is not None and service != "fe95" else "wrong_mac"
        assert refusal(service, bytes.fromhex(data), KEY, other) == reason, data


def test_wrong_key() -> None:
    for service, data, _, counter, _ in PRINTED:
        if counter is not None:
            assert refusal(service, bytes.fromhex(data), bytes(16)) == "bad_tag", data
            assert refusal(service, bytes.fromhex(data)) == "no_key", data


@pytest.mark.parametrize(
    ("length", "reason"),
    [*[(length, "malformed") for length in (0, 1, 7, 9, 10, 12, 14, 17, 19)], (16, "ignored"), (18, "ignored")],
)
def test_lengths_of_custom_frames(length: int, reason: str) -> None:
    assert refusal("181a", (ADDRESS * 4)[:length], KEY) == reason


@pytest.mark.parametrize(
    ("plain", "readings"),
    [
        ("000000", named(-40, 0, 0, None, 9)),
        ("ffffff", named(87.5, 127.5, 100, None, 9)),
        ("515de4", named(0.5, 46.5, 100, None, 9)),
        ("5179b2", named(0.5, 60.5, 50, None, 9)),
    ],
)
def test_atc1441_encrypted(plain: str, readings: dict[str, float]) -> None:
    assert read("181a", encoders.atc1441_encrypted(ADDRESS, KEY, 9, bytes.fromhex(plain)), KEY) == readings


def test_short_text_of_32_bit_floats() -> None:
    for degrees in (25.2, -7.5, 0.1, 19.95, -12.34, 21.375, -12.34567, 0.0):
        data = encoders.mibeacon_object(0x4C01, struct.pack("<f", degrees))
        assert read("fe95", encoders.mibeacon(ADDRESS, 1, data))["temperature_celsius"] == degrees
