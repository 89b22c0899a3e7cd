"""Energy used, by the processor's power zones (RAPL).

Source: sys/class/powercap, see the kernel's power/powercap/powercap.
Unit:   joules, from microjoules. The counter starts again at 0 when it is full, after an hour or so.
Errors: without the folder, and where a zone has no range or only root may read it (as since Linux 5.10), there is no
        data. A zone without its counter fails the collector.
"""

import re
from collections.abc import Iterator

from motes.exporters.node._attributes import decimal
from motes.exporters.node._samples import whole
from motes.exporters.node.host import Device, Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family, counter, labels
from motes.shared.options import BOOLEAN, Option

_LABEL = "collector.rapl.enable-zone-label"
_INVALID = re.compile("_*[^a-zA-Z0-9_]+_*")

OPTIONS = (Option(_LABEL, BOOLEAN, False, "Put the zone into a label instead of the metric's name."),)


class Collector:
    """Keeps the zones, their names and their labels as long as the folder lists the same devices."""

    def __init__(self, host: Host) -> None:
        self._sys = host.sys
        self._labelled: bool = host.flags[_LABEL]
        self._devices: list[Device] = []
        # (the device, its family's name and help, its labels)
        self._zones: list[tuple[Device, str, str, bytes]] = []

    def collect(self) -> Iterator[Family]:
        families: dict[str, tuple[str, dict[bytes, float]]] = {}
        try:
            self._find()
            for device, name, help, where in self._zones:
                for joules in whole(self._sys, device, _joules):
                    _, samples = families.setdefault(name, (help, {}))
                    samples[where] = joules
        except PermissionError:
            raise NoData from None
        for name, (help, samples) in families.items():
            yield counter(name, help, samples)

    def _find(self) -> None:
        try:
            devices = self._sys.devices("class/powercap")
            if devices != self._devices:
                self._zones = list(self._named(devices))
                self._devices = devices
        except FileNotFoundError:
            raise NoData from None

    def _named(self, devices: list[Device]) -> Iterator[tuple[Device, str, str, bytes]]:
        """The zones among the devices. Those of one name are told apart by an index, from their name or by counting."""
        used: dict[str, int] = {}
        for device in devices:
            content = device.get("name")
            if content is None:
                continue
            name = content.decode("utf-8", "replace")
            base, _, number = name.partition("-")
            name, index = (base, int(number)) if number.isdecimal() else (name, used.get(name, 0))
            if whole(self._sys, device, _range):
                used[name] = index + 1
                yield self._zone(device, name, str(index))

    def _zone(self, device: Device, name: str, index: str) -> tuple[Device, str, str, bytes]:
        path = self._sys.path(device.path)
        if self._labelled:
            where = labels(index=index, path=path, rapl_zone=name)
            return device, "node_rapl_joules_total", "Energy that the power zone has used, in joules.", where
        where = labels(index=index, path=path)
        family = f"node_rapl_{_INVALID.sub('_', name)}_joules_total"
        return device, family, f"Energy that the {name} zone has used, in joules.", where


def _joules(device: Device) -> Iterator[float]:
    yield float(int(decimal(device("energy_uj")))) / 1000000.0


def _range(device: Device) -> Iterator[int]:
    yield int(decimal(device("max_energy_range_uj")))
