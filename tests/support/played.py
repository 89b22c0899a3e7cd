"""What stands in for the machine's other parties where a case of a collector says what they tell, in `calls.json`."""

from collections.abc import Mapping, Sequence
from typing import Any

from motes.exporters.node._ethtool import Driver, Settings


class Ethtool:
    """Drivers by device: `settings` and `driver` as ethtool has them, `statistics` as pairs; an errno for a refusal."""

    def __init__(self, devices: Mapping[str, Mapping[str, Any]]) -> None:
        self._devices = devices

    def settings(self, device: bytes) -> Settings:
        supported, advertised, negotiating = self._told(device, "settings")
        return supported, advertised, negotiating

    def driver(self, device: bytes) -> tuple[Driver, int]:
        texts = tuple(text.encode() for text in self._told(device, "driver"))
        statistics = self._devices[device.decode()].get("statistics", [])
        return texts, 7 if isinstance(statistics, int) else len(statistics)

    def names(self, device: bytes, count: int) -> bytes:
        names = [name.encode("utf-8", "surrogateescape") for name, _ in self._told(device, "statistics")]
        assert len(names) == count
        return b"".join(name[:32].ljust(32, b"\0") for name in names)

    def statistics(self, device: bytes, count: int) -> tuple[int, ...]:
        values = tuple(value for _, value in self._told(device, "statistics"))
        assert len(values) == count
        return values

    def _told(self, device: bytes, what: str) -> Sequence[Any]:
        told = self._devices[device.decode()].get(what, [])
        if isinstance(told, int):
            raise OSError(told, "as the case has it")
        return list(told)
