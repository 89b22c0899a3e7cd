"""What is known of a wireless network device, whoever tells it; and the folder that tells it in tests.

Source: the flag `collector.wifi.fixtures`: interfaces.json, and for each device DEVICE/bss.json and
        DEVICE/stationinfo.json, in the form of the Go library `wifi`: ns, bit/s, and addresses in base64.
Errors: as `open` and `json` raise them; a device may lack its files.
"""

from binascii import a2b_base64
from collections.abc import Iterator

from motes.shared.exposition import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Address, network's name, mode.
Bss = tuple[bytes, str, str]
# Address, and a value for each column of wifi.py.
Station = tuple[bytes, list[Value]]

_MODES = ("client", "client", "unknown", "ad-hoc")  # by the library's numbers, which are not the kernel's
_NANOSECONDS = ("Connected", "Inactive")
_NUMBERS = (
    *("ReceiveBitrate", "TransmitBitrate", "ReceivedBytes", "TransmittedBytes", "Signal", "TransmitRetries"),
    *("TransmitFailed", "BeaconLoss", "TransmittedPackets", "ReceivedPackets"),
)


class Interface:
    """A device: its frequency in MHz, the network it is in, and the stations that it hears."""

    __slots__ = ("bss", "frequency", "name", "stations")

    def __init__(self, name: bytes, frequency: int, bss: Bss | None, stations: list[Station]) -> None:
        self.name = name
        self.frequency = frequency
        self.bss = bss
        self.stations = stations


def from_folder(folder: str) -> Iterator[Interface]:
    for one in _read(f"{folder}/interfaces.json"):
        name = one.get("Name", "")
        if name:
            yield Interface(
                name.encode(), one.get("Frequency", 0), _bss(f"{folder}/{name}"), _stations(f"{folder}/{name}")
            )


def _bss(folder: str) -> Bss | None:
    try:
        told = _read(f"{folder}/bss.json")
    except FileNotFoundError:
        return None
    status = told.get("Status", 0)
    mode = _MODES[status] if 0 <= status < len(_MODES) else "unknown"
    return _address(told.get("BSSID")), told.get("SSID", ""), mode


def _stations(folder: str) -> list[Station]:
    try:
        told = _read(f"{folder}/stationinfo.json")
    except FileNotFoundError:
        return []
    return [(_address(one.get("HardwareAddr")), _values(one)) for one in told]


def _values(told: "dict[str, Any]") -> list[Value]:
    return [told.get(name, 0) / 1e9 for name in _NANOSECONDS] + [told.get(name, 0) for name in _NUMBERS]


def _address(told: str | None) -> bytes:
    return a2b_base64(told or "")


def _read(path: str) -> "Any":
    import json  # noqa: PLC0415 - a quarter of a megabyte, for tests alone

    with open(path, "rb") as file:
        return json.load(file)
