"""Traffic of network devices.

Source: rtnetlink's RTM_GETLINK, as node_exporter does; proc/net/dev where netlink is refused, is switched off, or
        would tell of another name space than the files (--path.procfs). The file lacks receive_nohandler.
Unit:   packets, bytes, events, since the device was made.
Errors: a line of the file that is short or garbled fails this collector.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain

from motes.exporters.node._addresses import address_info
from motes.exporters.node.device_filter import DeviceFilter
from motes.exporters.node.host import Host
from motes.exporters.node.rtnetlink import STATS64, Routes
from motes.shared.exposition import Family, Value, labels
from motes.shared.frame import Frame
from motes.shared.options import BOOLEAN, Option
from motes.shared.re2 import REGEX

_PREFIX = "collector.netdev."
_INCLUDE, _EXCLUDE = _PREFIX + "device-include", _PREFIX + "device-exclude"
OPTIONS = (
    Option(_INCLUDE, REGEX, None, "Network devices to serve.", aliases=(_PREFIX + "device-whitelist",)),
    Option(_EXCLUDE, REGEX, None, "Network devices to leave out.", aliases=(_PREFIX + "device-blacklist",)),
    Option(_PREFIX + "address-info", BOOLEAN, False, "Serve the addresses of every network device."),
    Option(_PREFIX + "enable-detailed-metrics", BOOLEAN, False, "Serve finer statistics, under other names."),
    Option(_PREFIX + "netlink", BOOLEAN, True, "Ask netlink for the statistics instead of reading net/dev."),
    Option(_PREFIX + "label-ifalias", BOOLEAN, False, "Add the device's alias as the label ifalias."),
)

_FILE = (
    *("receive_bytes", "receive_packets", "receive_errors", "receive_dropped", "receive_fifo", "receive_frame"),
    *("receive_compressed", "receive_multicast", "transmit_bytes", "transmit_packets", "transmit_errors"),
    *("transmit_dropped", "transmit_fifo", "transmit_colls", "transmit_carrier", "transmit_compressed"),
)
# What the names of the file stand for: sums, see dev_seq_printf_stats() in the kernel's net/core/net-procfs.c.
_SUMS = (
    ("receive_dropped", ("receive_missed_errors",)),
    ("receive_frame_errors", ("receive_length_errors", "receive_over_errors", "receive_crc_errors")),
    ("transmit_carrier_errors", ("transmit_aborted_errors", "transmit_heartbeat_errors", "transmit_window_errors")),
)
_PLAIN = {
    "receive_errors": "receive_errs",
    "receive_dropped": "receive_drop",
    "receive_fifo_errors": "receive_fifo",
    "receive_frame_errors": "receive_frame",
    "multicast": "receive_multicast",
    "transmit_errors": "transmit_errs",
    "transmit_dropped": "transmit_drop",
    "transmit_fifo_errors": "transmit_fifo",
    "collisions": "transmit_colls",
    "transmit_carrier_errors": "transmit_carrier",
}
_Row = tuple[bytes, Sequence[Value]]


class Collector:
    """Keeps a netlink socket."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._routes = Routes(host)
        self._filter = DeviceFilter(host.flags[_INCLUDE], host.flags[_EXCLUDE], (_INCLUDE, _EXCLUDE))
        self._netlink = host.flags[_PREFIX + "netlink"] and host.proc.root == "/proc"

    def collect(self) -> Iterator[Family]:
        names, rows = self._read()
        # As a dictionary: netlink tells of a device twice when another is made between two of its answers.
        kept = dict(rows).items()
        rows = [row for row in kept if not self._filter.ignored(row[0].decode("utf-8", "surrogateescape"))]
        columns: dict[str, Sequence[Value]] = dict(
            zip(names, zip(*[numbers for _, numbers in rows], strict=True), strict=False)
        )
        if not self._host.flags[_PREFIX + "enable-detailed-metrics"]:
            columns = _plain(columns)
        frame = _frame(tuple(columns), self._labels([name for name, _ in rows]))
        yield frame.fill(chain.from_iterable(columns.values()))
        if self._host.flags[_PREFIX + "address-info"]:
            yield address_info(self._routes)

    def _read(self) -> tuple[Sequence[str], list[_Row]]:
        if self._netlink:
            try:
                return STATS64, list(self._routes.statistics())
            except OSError:
                pass  # a sandbox: the file tells nearly the same
        return _FILE, list(parse(self._host.net("dev")))

    def _labels(self, names: list[bytes]) -> tuple[bytes, ...]:
        if not self._host.flags[_PREFIX + "label-ifalias"]:
            return _devices(tuple(names))
        listed = {device.name.encode(): device for device in self._host.sys.devices("class/net")}
        aliases = [listed[name].get("ifalias") if name in listed else None for name in names]
        return tuple(labels(device=name, ifalias=alias or b"") for name, alias in zip(names, aliases, strict=True))


def parse(content: bytes) -> Iterator[_Row]:
    """The lines of net/dev below its two headings."""
    for line in content.splitlines()[2:]:
        name, _, numbers = line.rpartition(b":")
        fields = numbers.split()[: len(_FILE)]
        name = name.strip()
        if not name or len(fields) < len(_FILE) or not b"".join(fields).isdigit():
            raise ValueError(f"net/dev: {line!r} is not a device with {len(_FILE)} numbers")
        yield name, fields


def _plain(columns: Mapping[str, Sequence[Value]]) -> dict[str, Sequence[Value]]:
    """The columns under net/dev's names, whichever their source."""
    known = dict(columns)
    for total, parts in _SUMS:
        if parts[0] in known:
            summands = zip(known[total], *[known.pop(part) for part in parts], strict=True)
            known[total] = [sum(map(int, numbers)) for numbers in summands]
    return {_PLAIN.get(name, name): column for name, column in known.items()}


@lru_cache(maxsize=2)
def _frame(statistics: tuple[str, ...], label_sets: tuple[bytes, ...]) -> Frame:
    """Made anew only when devices come or go."""
    return Frame(
        ("counter", f"node_network_{statistic}_total", f"Network device statistic {statistic}.", label_sets)
        for statistic in statistics
    )


@lru_cache(maxsize=2)
def _devices(names: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(labels(device=name) for name in names)
