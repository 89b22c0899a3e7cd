"""What stands in for the machine's other parties where a case of a collector says what they tell, in `calls.json`.

`PLAYED` has them by what they stand in for.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from motes.exporters.node._dbus import Refused
from motes.exporters.node._dbus_message import Call
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


class Bus:
    """Answers by the call's path, and then by its member or the property's name; an errno for a bus that fails."""

    def __init__(self, answers: Mapping[str, Mapping[str, Any]] | int) -> None:
        self._answers = answers

    def ask(self, calls: Sequence[Call], _: float) -> list[Any]:
        if isinstance(self._answers, int):
            raise OSError(self._answers, "as the case has it")
        refused = Refused("org.freedesktop.DBus.Error.UnknownObject")
        names = [call.arguments[-1] if call.member == "Get" else call.member for call in calls]
        return [self._answers.get(call.path, {}).get(name, refused) for call, name in zip(calls, names, strict=True)]


PLAYED: Mapping[str, Callable[..., object]] = {"Ethtool": Ethtool, "system_bus": Bus}
