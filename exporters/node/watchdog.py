"""Watchdog timers.

Source: sys/class/watchdog, see the kernel's Documentation/ABI/testing/sysfs-class-watchdog.
Unit:   seconds; flags and versions as the driver has them.
Errors: no data without the folder, or where something in it is not for us to read. An attribute that a driver lacks
        is left out; a number that is none fails this collector.
"""

from collections.abc import Iterator

from motes.exporters.node._attributes import each, signed, text
from motes.exporters.node.host import Device, Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family, Value, gauge, labels

# Attribute, family without its prefix, HELP.
_NUMBERS = (
    ("bootstatus", "bootstatus", "What the watchdog said at the boot, flags such as 32 for a reset by it."),
    ("fw_version", "fw_version", "Version of the watchdog's firmware."),
    ("nowayout", "nowayout", "Whether a watchdog that was started cannot be stopped."),
    ("timeleft", "timeleft_seconds", "Seconds left before the reset."),
    ("timeout", "timeout_seconds", "Seconds without a sign of life before the reset."),
    ("pretimeout", "pretimeout_seconds", "Seconds before the reset at which the kernel is warned."),
    ("access_cs0", "access_cs0", "Whether the next boot is to be from the first chip."),
)
_TEXTS = ("identity", "options", "pretimeout_governor", "state", "status")
_Read = tuple[bytes, list[int | None]]


def collect(host: Host) -> Iterator[Family]:
    columns: list[dict[bytes, Value]] = [{} for _ in _NUMBERS]
    info: dict[bytes, Value] = {}
    try:
        for device, (told, numbers) in each(host.sys, "class/watchdog", _read):
            info[told] = 1
            one = labels(name=device.name)
            for column, number in zip(columns, numbers, strict=True):
                if number is not None:
                    column[one] = number
    except (FileNotFoundError, PermissionError):
        raise NoData from None
    if not info:
        return
    for (_, name, help), column in zip(_NUMBERS, columns, strict=True):
        yield gauge(f"node_watchdog_{name}", help, column)
    yield gauge("node_watchdog_info", "What the watchdog says of itself, in labels; the value is always 1.", info)


def _read(device: Device) -> _Read:
    told = {name: text(device(name)) if device.has(name) else "" for name in _TEXTS} | {"name": device.name}
    numbers = [signed(device(name)) if device.has(name) else None for name, _, _ in _NUMBERS]
    return labels(**dict(sorted(told.items()))), numbers
