"""Sensors of the hardware: temperatures, voltages, fans, power and the like.

Source: sys/class/hwmon, see the kernel's hwmon/sysfs-interface. Attributes stand in the chip's folder, those of older
        drivers in the one of its device.
Unit:   volts, amperes, degrees Celsius, watts, joules, seconds, revolutions a minute; flags and pwm as the kernel's.
Errors: an attribute that cannot be read or is no number is left out, and so is a chip that vanishes. Without the folder
        there is no data.
"""

import os
from collections.abc import Iterator

from motes.exporters.node._hwmon_chip import Chip, Found
from motes.exporters.node.device_filter import DeviceFilter
from motes.exporters.node.host import Device, Host
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


class Collector:
    """Keeps each chip's name, and its sensors as long as it lists the same attributes."""

    def __init__(self, host: Host) -> None:
        flags = host.flags
        self._sys = host.sys
        self._chip_filter = DeviceFilter(flags[_CHIP[0]], flags[_CHIP[1]])
        self._sensor_filter = DeviceFilter(flags[_SENSOR[0]], flags[_SENSOR[1]])
        self._chips: dict[Device, Chip] = {}

    def collect(self) -> Iterator[Family]:
        found: Found = {}
        titles: dict[bytes, Value] = {}
        texts: dict[bytes, Value] = {}
        for chip in self._present():
            try:
                sensors = chip.sensors()
            except FileNotFoundError:
                continue
            if chip.title:
                titles[chip.title] = 1
            for sensor in sensors:
                sensor.read(self._sys, found, texts)
        yield gauge("node_hwmon_chip_names", "Names of the chips.", titles)
        yield gauge("node_hwmon_sensor_label", "What the sensor measures.", texts)
        for name, ((_, family, help, _), samples) in found.items():
            yield family(name, help, samples)

    def _present(self) -> list[Chip]:
        try:
            devices = self._sys.devices("class/hwmon")
        except FileNotFoundError:
            raise NoData from None
        known, self._chips = self._chips, {}
        for device in devices:
            if os.path.isdir(self._sys.path(device.path)):
                chip = known.get(device) or Chip(self._sys, device.path, self._sensor_filter.ignored)
                self._chips[device] = chip
        return [chip for chip in self._chips.values() if not self._chip_filter.ignored(chip.name)]
