"""Properties of network devices.

Source: sys/class/net/DEVICE/*, see the kernel's Documentation/ABI/testing/sysfs-class-net. The flag
        `collector.netclass.netlink` is taken and changes no series: sysfs tells the same and more.
Unit:   bytes per second for the speed, which the kernel has in Mbit/s (-1: unknown).
Errors: no data without class/net; an attribute that is absent, refused (a device that is down has no speed)
        or no number is left out.
"""

from collections.abc import Iterator, Mapping, Sequence

from motes.exporters.node._links import Links
from motes.exporters.node.host import Device, Host
from motes.exporters.node.rtnetlink import STATS64, Routes
from motes.shared.collector import NoData
from motes.shared.exposition import Family, Value, counter, gauge, labels
from motes.shared.options import BOOLEAN, Option
from motes.shared.re2 import REGEX, compile_re2

_IGNORED = "collector.netclass.ignored-devices"
_INVALID_SPEED = "collector.netclass.ignore-invalid-speed"
_NETLINK = "collector.netclass.netlink"
_WITH_STATS = "collector.netclass_rtnl.with-stats"
OPTIONS = (
    Option(_IGNORED, REGEX, compile_re2("^$"), "Network devices to leave out."),
    Option(_INVALID_SPEED, BOOLEAN, False, "Leave out speeds below zero."),
    Option(_NETLINK, BOOLEAN, False, "Ask netlink; sysfs is read all the same."),
    Option(_WITH_STATS, BOOLEAN, False, "With netlink, serve the statistics too, in the place of netdev."),
)

# Attribute -> family, without its prefix.
_NUMBERS = {
    "addr_assign_type": "address_assign_type",
    "carrier": "carrier",
    "carrier_changes": "carrier_changes_total",
    "carrier_up_count": "carrier_up_changes_total",
    "carrier_down_count": "carrier_down_changes_total",
    "dev_id": "device_id",
    "dormant": "dormant",
    "flags": "flags",
    "ifindex": "iface_id",
    "iflink": "iface_link",
    "link_mode": "iface_link_mode",
    "mtu": "mtu_bytes",
    "name_assign_type": "name_assign_type",
    "netdev_group": "net_dev_group",
    "speed": "speed_bytes",
    "tx_queue_len": "transmit_queue_length",
    "type": "protocol_type",
}
_TEXTS = ("address", "broadcast", "duplex", "ifalias", "operstate")
_ATTRIBUTES = (*_NUMBERS, *_TEXTS)
_IFF_UP = 1

# None for those that there is nothing to read of.
_Attributes = Mapping[str, bytes | None]


class Collector:
    """Keeps the families that the last attributes made, for they rarely change; and a netlink socket, where the
    statistics are asked for.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._ignored = host.flags[_IGNORED]
        self._routes = Routes(host)
        flags = host.flags
        self._with_stats = flags[_NETLINK] and flags[_WITH_STATS] and host.proc.root == "/proc"
        self._links = Links(host)
        self._made: list[Family] = []

    def collect(self) -> Iterator[Family]:
        if not self._made or not self._links.unchanged():
            read = [(device, device.several(_ATTRIBUTES)) for device in self._devices()]
            self._links.note(read)
            self._made = list(self._families(read))
        yield from self._made
        if self._with_stats:
            yield from self._statistics()

    def _devices(self) -> list[Device]:
        try:
            devices = self._host.sys.devices("class/net")
        except (FileNotFoundError, PermissionError) as error:
            raise NoData from error
        return devices

    def _families(self, read: Sequence[tuple[Device, _Attributes]]) -> Iterator[Family]:
        up: dict[bytes, Value] = {}
        info: dict[bytes, Value] = {}
        columns: dict[str, dict[bytes, Value]] = {attribute: {} for attribute in _NUMBERS}
        for device, attributes in read:
            operstate = attributes["operstate"]
            if self._ignored.search(device.name) or (not operstate and not self._host.sys.exists(device.path)):
                continue  # not wanted; or gone, perhaps half way through
            one = labels(device=device.name)
            up[one] = int(operstate == b"up")
            info[_info(device.name, attributes)] = 1
            for attribute, column in columns.items():
                if (number := _number(attributes[attribute])) is not None:
                    column[one] = number
        yield gauge("node_network_up", "1 while the device's operational state is up, else 0.", up)
        yield gauge("node_network_info", "Properties that are no numbers, in labels; the value is always 1.", info)
        yield from self._numbers(columns)

    def _numbers(self, columns: dict[str, dict[bytes, Value]]) -> Iterator[Family]:
        invalid_too = not self._host.flags[_INVALID_SPEED]
        mbits = {one: int(number) for one, number in columns["speed"].items()}
        # 1000 * 1000 / 8; the kernel's -1 goes out as -125000, as node_exporter has it.
        columns["speed"] = {one: speed * 125000 for one, speed in mbits.items() if invalid_too or speed >= 0}
        for attribute, family in _NUMBERS.items():
            kind = counter if family.endswith("_total") else gauge
            yield kind(f"node_network_{family}", f"Network device property {family}.", columns[attribute])

    def _statistics(self) -> Iterator[Family]:
        rows = [(name.decode("utf-8", "surrogateescape"), numbers) for name, numbers in self._routes.statistics()]
        rows = [(name, numbers) for name, numbers in rows if not self._ignored.search(name)]
        ones = [labels(device=name) for name, _ in rows]
        for statistic, column in zip(STATS64, zip(*[numbers for _, numbers in rows], strict=True), strict=False):
            # Gauges, as node_exporter has it.
            told = f"Network device property {statistic}_total."
            yield gauge(f"node_network_{statistic}_total", told, dict(zip(ones, column, strict=True)))


def _number(value: bytes | None) -> Value | None:
    """Decimal or, behind 0x, hexadecimal digits, of a number that fits into 64 bits with its sign."""
    if value is None:
        return None
    if value.isdigit() and len(value) < 19:
        return value
    try:
        number = int(value, 0)
    except ValueError:
        return None
    return number if -(2**63) <= number < 2**63 else None


def _info(name: str, attributes: _Attributes) -> bytes:
    flags = _number(attributes["flags"])
    return labels(
        address=attributes["address"] or b"",
        adminstate=b"unknown" if flags is None else b"up" if int(flags) & _IFF_UP else b"down",
        broadcast=attributes["broadcast"] or b"",
        device=name,
        duplex=attributes["duplex"] or b"",
        ifalias=attributes["ifalias"] or b"",
        operstate=attributes["operstate"] or b"",
    )
