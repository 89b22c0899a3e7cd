"""What attributes of sysfs hold, and what becomes of a collector when a driver refuses one."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from motes.exporters import node
from motes.exporters.node import _attributes
from motes.exporters.node.host import Device
from motes.shared import exposition
from motes.shared.collector import NoData

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("read", "value", "number"),
    [
        (_attributes.decimal, b"042", b"042"),
        (_attributes.unsigned, b"42", 42),
        (_attributes.unsigned, b"0xffffffffffffffff", 2**64 - 1),
        (_attributes.signed, b"-1", -1),
        (_attributes.signed, b"-010", -8),
        (_attributes.unsigned, b"017", 15),
        (_attributes.unsigned, b"00", 0),
        (_attributes.signed, b"0x10", 16),
        (_attributes.signed, b"-9223372036854775808", -(2**63)),
    ],
)
def test_numbers(read: Callable[[bytes], object], value: bytes, number: object) -> None:
    assert read(value) == number


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (_attributes.decimal, b""),
        (_attributes.decimal, b"-1"),
        (_attributes.decimal, b"0x1"),
        (_attributes.unsigned, b""),
        (_attributes.unsigned, b"-1"),
        (_attributes.unsigned, b"18446744073709551616"),
        (_attributes.signed, b"9223372036854775808"),
        (_attributes.signed, b"1.5"),
        (_attributes.unsigned, b"08"),
    ],
)
def test_no_numbers(read: Callable[[bytes], object], value: bytes) -> None:
    with pytest.raises(ValueError, match=r"base [08]|64 bits|no whole number"):
        read(value)


def test_hexadecimal_numbers() -> None:
    assert _attributes.hexadecimal(b"0000001f  Ff\t0 ") == [31, 255, 0]
    for line in (b"-1", b"0x1", b"1_0", b"1 g"):
        with pytest.raises(ValueError, match="hexadecimal"):
            _attributes.hexadecimal(line)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"Dell Inc.", "Dell Inc."),
        (b"caf\xc3\xa9", "caf\N{LATIN SMALL LETTER E WITH ACUTE}"),
        (b"a\xff\xfe\xfdb\xff", "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"),
        (b"x" * 127 + b"  yz", "x" * 127),
    ],
)
def test_texts(value: bytes, text: str) -> None:
    assert _attributes.text(value) == text


def collect(name: str) -> list[str]:
    case = HERE / name / "good"
    roots = {"path.sysfs": str(case / "sys"), "path.procfs": str(case)}
    (collector,) = node.create({**roots, "collector.disable-defaults": True, f"collector.{name}": True}).collectors
    return exposition.text(collector.collect(float("inf"))).decode().splitlines()


def refuse(monkeypatch: pytest.MonkeyPatch, attribute: str, error: int) -> None:
    read = Device.__call__

    def refusing(device: Device, wanted: str) -> bytes:
        if f"{device.name}/{wanted}" == attribute:
            raise OSError(error, os.strerror(error))
        return read(device, wanted)

    monkeypatch.setattr(Device, "__call__", refusing)


LINK = "node_infiniband_link_downed_total"
SPEED = "node_pcidevice_current_link_transfers_per_second"


@pytest.mark.parametrize(
    ("name", "attribute", "error", "shown"),
    [
        ("fibrechannel", "host0/statistics/rx_frames", errno.EOPNOTSUPP, ("rx_frames_total{fc_host=", "} 0")),
        ("infiniband", "mlx5_0/ports/1/counters/link_downed", errno.EINVAL, (LINK + '{device="mlx5_0",port="1"}', "")),
        ("infiniband", "mlx5_0/ports/1/counters/link_downed", errno.EACCES, (LINK + '{device="mlx5_0",port="1"}', "")),
        ("pcidevice", "0000:01:00.0/current_link_speed", errno.EINVAL, (SPEED + '{bus="01"', "} -1")),
        ("powersupplyclass", "BAT0/capacity", errno.ENODATA, ("node_power_supply_capacity{", "")),
        ("edac", "mc0/csrow0/ch1_ue_count", errno.EIO, ('channel_uncorrectable_errors_total{channel="1"', "")),
        ("drm", "card0/device/gpu_busy_percent", errno.EPERM, ('node_drm_gpu_busy_percent{card="card0"', "} 0")),
    ],
)
def test_one_that_is_refused_costs_no_more(
    name: str, attribute: str, error: int, shown: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = len(collect(name))
    refuse(monkeypatch, attribute, error)
    lines = collect(name)
    begin, end = shown
    found = [line for line in lines if begin in line]
    assert found[0].endswith(end) if end else not found
    assert len(lines) >= whole - 3


@pytest.mark.parametrize(
    ("name", "attribute", "error", "failure"),
    [
        ("fibrechannel", "host0/statistics/rx_frames", errno.EIO, OSError),
        ("infiniband", "mlx5_0/ports/1/counters/link_downed", errno.EIO, OSError),
        ("pcidevice", "0000:01:00.0/current_link_speed", errno.EIO, OSError),
        ("pcidevice", "0000:01:00.0/vendor", errno.EIO, OSError),
        ("edac", "mc0/ce_count", errno.EIO, OSError),
        ("watchdog", "watchdog0/timeleft", errno.EIO, OSError),
        ("watchdog", "watchdog0/timeleft", errno.EACCES, NoData),
    ],
)
def test_one_that_fails_the_collector(
    name: str, attribute: str, error: int, failure: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, attribute, error)
    with pytest.raises(failure):
        collect(name)
