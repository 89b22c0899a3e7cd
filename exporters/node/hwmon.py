"""Sensors of the hardware: temperatures, voltages, fans, power and the like.

Source: sys/class/hwmon, see the kernel's hwmon/sysfs-interface. Attributes stand in the chip's folder, those of older
        drivers in the one of its device.
Unit:   volts, amperes, degrees Celsius, watts, joules, seconds, revolutions a minute; flags and pwm as the kernel's.
Errors: an attribute that cannot be read or is no number is left out, and so is a chip that vanishes, or that was
        late once and is again. Without the folder there is no data.
"""

import os
from collections.abc import Iterator
from time import monotonic

from motes.exporters.node._apart import Apart
from motes.exporters.node._hwmon import Metric
from motes.exporters.node._hwmon_chip import Chip, Sample, identity
from motes.exporters.node.device_filter import DeviceFilter
from motes.exporters.node.host import Host, Tree
from motes.shared.collector import NoData
from motes.shared.exposition import Family, Value, gauge
from motes.shared.options import Option
from motes.shared.re2 import REGEX

_CHIP = ("collector.hwmon.chip-include", "collector.hwmon.chip-exclude")
_SENSOR = ("collector.hwmon.sensor-include", "collector.hwmon.sensor-exclude")

OPTIONS = (
    Option(_CHIP[0], REGEX, None, "The only chips to take, an expression."),
    Option(_CHIP[1], REGEX, None, "Of these, chips to leave out, an expression."),
    Option(_SENSOR[0], REGEX, None, "The only sensors to take, an expression for CHIP;SENSOR."),
    Option(_SENSOR[1], REGEX, None, "Of these, sensors to leave out, an expression for CHIP;SENSOR."),
)


# Who took longer than this for all its sensors, or to the end of the time there was, is read apart from then on.
_SLOW = 0.5
# Left of the deadline for what comes after the answers.
_MARGIN = 0.2

Reading = tuple[list[Sample], list[bytes]]


class Collector:
    """Keeps each chip's name, and its sensors as long as it lists the same attributes; and a thread for each chip that
    was late once. Such a chip is left out while it is late, and the others are served.
    """

    def __init__(self, host: Host) -> None:
        flags = host.flags
        self._host = host
        self._sys = host.sys
        self._chip_filter = DeviceFilter(flags[_CHIP[0]], flags[_CHIP[1]])
        self._sensor_filter = DeviceFilter(flags[_SENSOR[0]], flags[_SENSOR[1]])
        self._chips: dict[object, Chip] = {}
        self._apart: dict[Chip, Apart[Reading]] = {}

    def collect(self) -> Iterator[Family]:
        titles: dict[bytes, Value] = {}
        texts: dict[bytes, Value] = {}
        found: dict[str, tuple[Metric, dict[bytes, Value]]] = {}
        for chip, (samples, labels) in self._readings():
            if chip.title:
                titles[chip.title] = 1
            texts.update(dict.fromkeys(labels, 1))
            for metric, where, value in samples:
                name = metric[0]
                if name not in found:
                    found[name] = metric, {}
                # Two chips of one device have one name: the first keeps what both tell.
                found[name][1].setdefault(where, value)
        yield gauge("node_hwmon_chip_names", "Names of the chips.", titles)
        yield gauge("node_hwmon_sensor_label", "What the sensor measures.", texts)
        for name, ((_, family, help, _), values) in found.items():
            yield family(name, help, values)

    def _readings(self) -> Iterator[tuple[Chip, Reading]]:
        """Of each chip that is there and answers in time."""
        chips = self._present()
        self._apart = {chip: self._apart[chip] for chip in chips if chip in self._apart}
        for apart in self._apart.values():
            apart.ask()
        readings = {chip: self._read(chip) for chip in chips if chip not in self._apart}
        for chip in chips:
            reading = readings[chip] if chip in readings else self._late(chip)
            if reading is not None:
                yield chip, reading

    def _read(self, chip: Chip) -> Reading | None:
        began = monotonic()
        try:
            return chip.read()
        except FileNotFoundError:
            return None
        finally:
            now = monotonic()
            if now - began > _SLOW or now > self._host.deadline:
                self._apart[chip] = Apart(chip.apart(Tree(self._sys.root, short_read_ends=True)).read)

    def _late(self, chip: Chip) -> Reading | None:
        try:
            return self._apart[chip].answer(self._host.deadline - _MARGIN)
        except FileNotFoundError:
            return None

    def _present(self) -> list[Chip]:
        try:
            devices = self._sys.devices("class/hwmon")
        except FileNotFoundError:
            raise NoData from None
        known, self._chips = self._chips, {}
        for device in devices:
            if os.path.isdir(self._sys.path(device.path)):
                key = device if self._sys.is_kernels else (device.name, identity(self._sys, device.path))
                try:
                    self._chips[key] = known.get(key) or Chip(self._sys, device, self._sensor_filter.ignored)
                except FileNotFoundError:
                    continue  # it vanished
        return [chip for chip in self._chips.values() if not self._chip_filter.ignored(chip.name)]
