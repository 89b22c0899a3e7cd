"""A PCI device: where it is and what it is, which stays so while it is there, and what changes.

Source: sys/bus/pci/devices/*, see the kernel's Documentation/ABI/testing/sysfs-bus-pci.
Errors: OSError for a device that lacks what all have, ValueError for a place or a number that is none.
"""

import errno
import os

from motes.exporters.node._attributes import decimal, signed
from motes.exporters.node._pci_ids import Ids
from motes.exporters.node.host import Device, Tree
from motes.shared.exposition import Value, labels

# Attribute, label, digits.
_IDS = (
    ("class", "class_id", 6),
    ("vendor", "vendor_id", 4),
    ("device", "device_id", 4),
    ("subsystem_vendor", "subsystem_vendor_id", 4),
    ("subsystem_device", "subsystem_device_id", 4),
    ("revision", "revision", 2),
)
# For a device that hangs below no other, but below the bus's root.
_NOWHERE = {"parent_bus": "*", "parent_device": "*", "parent_function": "*", "parent_segment": "*"}


class Identity:
    """`at` are the labels that say where the device is, `ids` the numbers it can be looked up by in pci.ids."""

    __slots__ = ("_told", "at", "ids", "info")

    def __init__(self, sys: Tree, device: Device) -> None:
        above, own = os.readlink(sys.path(device.path)).split("/")[-2:]
        place = _place(own)
        numbers = {label: f"{int(device(attribute), 0):0{digits}x}" for attribute, label, digits in _IDS}
        self.at = labels(**place)
        self.ids: Ids = tuple(numbers.values())[:5]
        self._told = place | (_NOWHERE if above.startswith("pci") else _place(above, "parent_"))
        self._told |= {label: f"0x{number}" for label, number in numbers.items()}
        self.info = b""

    def tell(self, names: dict[str, str]) -> None:
        """Makes the labels of its info."""
        self.info = labels(**dict(sorted((self._told | names).items())))


def _place(name: str, prefix: str = "") -> dict[str, str]:
    """Of 0000:3b:00.1; a segment can have more than four digits."""
    segment, bus, rest = name.split(":")
    device, function = rest.split(".")
    return {
        f"{prefix}bus": f"{int(bus, 16):02x}",
        f"{prefix}device": f"{int(device, 16):02x}",
        f"{prefix}function": f"{int(function, 16):x}",
        f"{prefix}segment": f"{int(segment, 16):04x}",
    }


def get(device: Device, attribute: str) -> bytes:
    """An attribute, or nothing where there is none or the kernel does not know."""
    if not device.has(attribute):
        return b""
    try:
        value = device(attribute)
    except OSError as error:
        # Older kernels have the link's attributes on other buses than PCI Express, too, with EINVAL in them.
        if error.errno not in (errno.ENOENT, errno.EINVAL):
            raise
        return b""
    return b"" if value.startswith(b"Unknown") else value


def speed(device: Device, attribute: str) -> Value:
    """Transfers per second, of `8.0 GT/s PCIe`."""
    value = get(device, attribute)
    if not value:
        return -1
    number, _, unit = value.partition(b" ")
    if unit != b"GT/s PCIe":
        raise ValueError(f"{attribute}: {value!r} is not in GT/s PCIe")
    return float(number) * 1e9


def width(device: Device, attribute: str) -> Value:
    return signed(get(device, attribute) or b"-1")


def flag(device: Device, attribute: str) -> Value:
    return int(signed(get(device, attribute) or b"0") != 0)


def count(device: Device, attribute: str) -> Value:
    return decimal(get(device, attribute) or b"0")
