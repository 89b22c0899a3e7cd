"""What the drivers of network devices tell over ethtool: what the port can do, the driver's version, its statistics.

Source: sys/class/net for the devices; the kernel's SIOCETHTOOL for the rest, in this process's own name space.
Unit:   bytes per second for speeds; each driver's own for its statistics.
Errors: no data without class/net. What a driver does not tell is left out; so are statistics of one device that have
        the same name but for characters that a metric cannot have.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from motes.exporters.node._ethtool import Driver, Ethtool, Settings, named
from motes.exporters.node._ethtool_modes import port_families
from motes.exporters.node.device_filter import DeviceFilter
from motes.exporters.node.host import Host
from motes.shared.collector import Failed, NoData
from motes.shared.exposition import Family, gauge, labels
from motes.shared.frame import Frame
from motes.shared.options import Option
from motes.shared.re2 import REGEX, compile_re2

_PREFIX = "collector.ethtool."
_INCLUDE, _EXCLUDE = _PREFIX + "device-include", _PREFIX + "device-exclude"
_METRICS = _PREFIX + "metrics-include"
OPTIONS = (
    Option(_INCLUDE, REGEX, None, "Network devices to serve."),
    Option(_EXCLUDE, REGEX, None, "Network devices to leave out."),
    Option(_METRICS, REGEX, compile_re2(".*"), "Statistics to serve, by the driver's name with _ for odd characters."),
)

_ODD = re.compile(r"_*[^0-9A-Za-z_]+_*")
_RECEIVED, _TRANSMITTED = re.compile(r"(^|_)rx(_|\Z)"), re.compile(r"(^|_)tx(_|\Z)")
# Those that node_exporter has another name for than from its rule.
_TOTALS = frozenset(("rx_bytes", "rx_dropped", "rx_errors", "rx_packets", "tx_bytes", "tx_errors", "tx_packets"))
_INFO = "node_ethtool_info"

# Each device with what it told, if it did.
_Ports = Sequence[tuple[bytes, Settings | None, Driver | None]]
# Each device with the names of its statistics, of 32 bytes each.
_Names = Sequence[tuple[bytes, bytes]]


class Collector:
    """Keeps a socket; what the drivers told of themselves, made to families; and a layout of their statistics."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._filter = DeviceFilter(host.flags[_INCLUDE], host.flags[_EXCLUDE])
        self._ethtool = Ethtool()
        self._ports: _Ports = []
        self._described: list[Family] = []
        self._layout = _Layout([], host.flags[_METRICS])

    def collect(self) -> Iterator[Family]:
        ports, names, values = self._ask(self._devices())
        if ports != self._ports:
            self._ports, self._described = ports, list(_describe(ports))
        yield from self._described
        if names != self._layout.names:
            self._layout = _Layout(names, self._host.flags[_METRICS])
        yield self._layout.fill(values)

    def _devices(self) -> list[bytes]:
        try:
            names = [device.name for device in self._host.sys.devices("class/net")]
        except (FileNotFoundError, PermissionError) as error:
            raise NoData from error
        if not names:
            raise Failed("class/net: there are no network devices")
        return [name.encode("utf-8", "surrogateescape") for name in names if not self._filter.ignored(name)]

    def _ask(self, devices: Iterable[bytes]) -> tuple[_Ports, _Names, list[tuple[int, ...]]]:
        ports, names, values = [], [], []
        for device in devices:
            settings = driver = None
            # What a driver refuses costs that alone: EOPNOTSUPP, ENODEV for a device that is gone, and its own errors.
            try:
                settings = self._ethtool.settings(device)
            except OSError:
                pass
            try:
                driver, count = self._ethtool.driver(device)
                told = self._ethtool.names(device, count), self._ethtool.statistics(device, count)
            except OSError:
                told = b"", ()
            ports.append((device, settings, driver))
            names.append((device, told[0] if told[1] else b""))
            values.append(told[1])
        return ports, names, values


class _Layout:
    """Where each statistic of each device stands on the page."""

    __slots__ = ("_frame", "_places", "names")

    def __init__(self, names: _Names, wanted: "re.Pattern[str]") -> None:
        self.names = names
        samples: dict[str, dict[bytes, tuple[int, int]]] = {}
        help: dict[str, str] = {}
        for at, (device, told) in enumerate(names):
            label_set = labels(device=device)
            for family, statistic, place in _families(told, wanted):
                help.setdefault(family, f"The driver's statistic {statistic}.")
                samples.setdefault(family, {})[label_set] = (at, place)
        order = sorted(samples)
        self._frame = Frame([("untyped", name, help[name], tuple(samples[name])) for name in order])
        self._places = [place for name in order for place in samples[name].values()]

    def fill(self, values: Sequence[tuple[int, ...]]) -> Family:
        return self._frame.fill([values[device][at] for device, at in self._places])


def _families(names: bytes, wanted: "re.Pattern[str]") -> Iterator[tuple[str, str, int]]:
    """The family, the statistic's name and its place, of those that are wanted."""
    found: dict[str, list[tuple[str, int]]] = {}
    places = {name: place for place, name in enumerate(named(names)) if name}
    for name, place in places.items():
        statistic = _ODD.sub("_", name.decode("utf-8", "replace"))
        if wanted.search(statistic):
            found.setdefault(_family(statistic), []).append((statistic, place))
    for family, statistics in found.items():
        statistic, place = statistics[0]
        total = family + "_total" if statistic in _TOTALS else family
        if len(statistics) == 1 and (total == family or total not in found) and family != _INFO:
            yield total, statistic, place


def _family(statistic: str) -> str:
    name = _RECEIVED.sub(r"\1received\2", statistic.lower().lstrip("_"))
    return "node_ethtool_" + _TRANSMITTED.sub(r"\1transmitted\2", name)


def _describe(ports: _Ports) -> Iterator[Family]:
    yield from port_families([(device, settings) for device, settings, _ in ports if settings is not None])
    info = [_info(device, driver) for device, _, driver in ports if driver is not None]
    yield gauge(_INFO, "The device's driver, in labels; the value is always 1.", dict.fromkeys(info, 1))


def _info(device: bytes, driver: Driver) -> bytes:
    name, version, firmware, bus, rom = driver
    return labels(
        bus_info=bus,
        device=device,
        driver=name,
        expansion_rom_version=rom,
        firmware_version=firmware,
        version=version,
    )
