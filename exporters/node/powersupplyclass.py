"""Batteries, mains adapters and other power supplies.

Source: sys/class/power_supply, see the kernel's Documentation/ABI/testing/sysfs-class-power.
Unit:   volts, amperes, watts and the like, from millionths; degrees Celsius, from tenths; percent; seconds.
Errors: no data without the folder. An attribute that the driver does not give is left out; one that is no number
        fails this collector.
"""

from collections.abc import Iterator

from motes.exporters.node._attributes import each, signed, text
from motes.exporters.node._power_supply import DECI, MICRO, PLAIN, TEXTS
from motes.exporters.node.host import Device, Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family, Value, gauge, labels
from motes.shared.options import Option
from motes.shared.re2 import REGEX, compile_re2

_IGNORED = "collector.powersupply.ignored-supplies"
OPTIONS = (Option(_IGNORED, REGEX, compile_re2("^$"), "Power supplies to leave out."),)

# Attribute -> its family without prefix, and what the kernel's number is divided by.
_NUMBERS = {
    attribute: (family, divisor)
    for table, divisor in ((PLAIN, 1), (MICRO, 1e6), (DECI, 10.0))
    for attribute, family in table.items()
}
# The labels of its info, and its numbers by attribute.
_Read = tuple[bytes, dict[str, int]]


def collect(host: Host) -> Iterator[Family]:
    columns: dict[str, dict[bytes, Value]] = {}
    info: dict[bytes, Value] = {}
    try:
        for device, (told, numbers) in each(host.sys, "class/power_supply", lambda device: _read(host, device)):
            if told:
                info[told] = 1
            one = labels(power_supply=device.name)
            for attribute, number in numbers.items():
                divisor = _NUMBERS[attribute][1]
                columns.setdefault(attribute, {})[one] = number if divisor == 1 else number / divisor
    except FileNotFoundError:
        raise NoData from None
    for attribute, column in columns.items():
        family = f"node_power_supply_{_NUMBERS[attribute][0]}"
        yield gauge(family, f"{attribute} of the power supply.".capitalize(), column)
    yield gauge("node_power_supply_info", "What it says of itself, in labels; the value is always 1.", info)


def _read(host: Host, device: Device) -> _Read:
    if host.flags[_IGNORED].search(device.name):
        return b"", {}
    numbers: dict[str, int] = {}
    told: dict[str, str | bytes] = {"power_supply": device.name}
    for name in host.sys.names(device.path):
        known = name in _NUMBERS or name in TEXTS
        value = device.get(name) if known else None
        if value is not None and name in _NUMBERS:
            numbers[name] = signed(value)
        elif value:
            told[name] = text(value)
    return labels(**dict(sorted(told.items()))), numbers
