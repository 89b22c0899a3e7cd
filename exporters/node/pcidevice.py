"""PCI devices: what they are, their links, power states and virtual functions.

Source: sys/bus/pci/devices, see the kernel's Documentation/ABI/testing/sysfs-bus-pci; pci.ids for names.
Unit:   transfers per second, from GT/s; lanes. -1 where a link's speed or width is not known.
Errors: no data without the folder, or where a device lacks what all have. What else a device lacks is 0, but its NUMA
        node and power state are left out. A number that is none, or a speed in another unit, fails this collector.
"""

from collections.abc import Iterator

from motes.exporters.node._attributes import each
from motes.exporters.node._pci_device import Identity, count, flag, get, speed, width
from motes.exporters.node._pci_ids import PciIds
from motes.exporters.node.host import Device, Host, Tree
from motes.shared.collector import NoData
from motes.shared.exposition import Family, Value, gauge
from motes.shared.options import BOOLEAN, PATH, Option

_IDS_FILE = "collector.pcidevice.idsfile"
_NAMES = "collector.pcidevice.names"
OPTIONS = (
    Option(_IDS_FILE, PATH, "", "File of names, pci.ids; by default where distributions put it."),
    Option(_NAMES, BOOLEAN, False, "Serve the names of vendor, device, subsystem and class, too."),
)

# Attribute, how it is read, family without its prefix, HELP.
_NUMBERS = (
    ("max_link_speed", speed, "max_link_transfers_per_second", "Most transfers per second that the link can do."),
    ("max_link_width", width, "max_link_width", "Most lanes that the link can have."),
    ("current_link_speed", speed, "current_link_transfers_per_second", "Transfers per second of the link."),
    ("current_link_width", width, "current_link_width", "Lanes of the link."),
    ("d3cold_allowed", flag, "d3cold_allowed", "Whether the device may be without power."),
    ("sriov_drivers_autoprobe", flag, "sriov_drivers_autoprobe", "Whether drivers may take new virtual functions."),
    ("sriov_numvfs", count, "sriov_numvfs", "Virtual functions that are on."),
    ("sriov_totalvfs", count, "sriov_totalvfs", "Virtual functions that the device can have."),
    ("sriov_vf_total_msix", count, "sriov_vf_total_msix", "MSI-X vectors for all virtual functions."),
)
_STATES = (b"D0", b"D1", b"D2", b"D3hot", b"D3cold", b"unknown", b"error")
# What it is, the numbers in their order, the NUMA node, the power state.
_Read = tuple[Identity, list[Value], Value, bytes]


class Collector:
    """Keeps what each device is while it is there, and the names that were looked up."""

    def __init__(self, host: Host) -> None:
        # A view of sys that holds no file open: there are hundreds of devices.
        self._sys = Tree(host.sys.root, short_read_ends=True)
        self._names = PciIds(host.flags[_IDS_FILE]) if host.flags[_NAMES] else None
        self._known: dict[Device, Identity] = {}

    def collect(self) -> Iterator[Family]:
        try:
            found = dict(each(self._sys, "bus/pci/devices", self._read))
        except FileNotFoundError:
            raise NoData from None
        self._known = {device: identity for device, (identity, _, _, _) in found.items()}
        read = list(found.values())
        self._tell([identity for identity, _, _, _ in read if not identity.info])
        help = "What the device is, in labels; the value is always 1."
        yield gauge("node_pcidevice_info", help, {identity.info: 1 for identity, _, _, _ in read})
        for column, (_, _, name, help) in enumerate(_NUMBERS):
            yield gauge(f"node_pcidevice_{name}", help, {one.at: numbers[column] for one, numbers, _, _ in read})
        nodes = {identity.at: node for identity, _, node, _ in read if node != -1}
        yield gauge("node_pcidevice_numa_node", "NUMA node of the device.", nodes)
        powers = {identity.at: power for identity, _, _, power in read if power}
        yield gauge("node_pcidevice_power_state", "Whether the device is in this power state.", _states(powers))

    def _read(self, device: Device) -> _Read:
        identity = self._known.get(device) or Identity(self._sys, device)
        numbers = [read(device, attribute) for attribute, read, _, _ in _NUMBERS]
        return identity, numbers, width(device, "numa_node"), get(device, "power_state")

    def _tell(self, new: list[Identity]) -> None:
        if self._names is not None:
            self._names.look_up([identity.ids for identity in new])
        for identity in new:
            identity.tell(self._names.of(identity.ids) if self._names is not None else {})


def _states(powers: dict[bytes, bytes]) -> dict[bytes, Value]:
    return {
        b'%b,state="%b"}' % (one.removesuffix(b"}"), state): int(state == power)
        for one, power in powers.items()
        for state in _STATES
    }
