"""Queueing disciplines of network devices, of each device the one at the root.

Source: rtnetlink's RTM_GETQDISC; linux/pkt_sched.h, linux/gen_stats.h. Netlink tells of this process's own name
        space, whatever `path.procfs`, for no file tells. With `collector.qdisc.fixtures`, results.json in that folder.
Unit:   bytes and packets, since the discipline was set; bytes and packets that wait.
Errors: OSError where netlink is refused.
"""

from collections.abc import Iterator, Mapping
from struct import Struct

from motes.exporters.node import _rows
from motes.exporters.node.device_filter import DeviceFilter
from motes.exporters.node.host import Host
from motes.exporters.node.rtnetlink import Routes
from motes.shared import netlink
from motes.shared.exposition import Family, Value, labels
from motes.shared.options import PATH, Option
from motes.shared.re2 import REGEX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PREFIX, _OLD = "collector.qdisc.", "collector.qdisk."
_FIXTURES = _PREFIX + "fixtures"
_INCLUDE, _EXCLUDE = _PREFIX + "device-include", _PREFIX + "device-exclude"
OPTIONS = (
    Option(_FIXTURES, PATH, "", "A folder whose results.json tells of disciplines, in the place of the kernel."),
    Option(_INCLUDE, REGEX, None, "Network devices to serve.", aliases=(_OLD + "device-include",)),
    Option(_EXCLUDE, REGEX, None, "Network devices to leave out.", aliases=(_OLD + "device-exclude",)),
)

_COLUMNS = (
    ("counter", "node_qdisc_bytes_total", "Bytes sent."),
    ("counter", "node_qdisc_packets_total", "Packets sent."),
    ("counter", "node_qdisc_drops_total", "Packets dropped."),
    ("counter", "node_qdisc_requeues_total", "Packets taken out that could not be sent, and put back."),
    ("counter", "node_qdisc_overlimits_total", "Packets that were over the limit."),
    ("gauge", "node_qdisc_current_queue_length", "Packets that wait to be sent."),
    ("gauge", "node_qdisc_backlog", "Bytes that wait to be sent."),
)
_IN_JSON = ("Bytes", "Packets", "Drops", "Requeues", "Overlimits", "Qlen", "Backlog")

_RTM_GETQDISC = 38
_TCMSG = Struct("=BxxxiIII")  # family, device's index, handle, parent, info
_AT_ROOT = 0xFFFFFFFF
_TCA_KIND, _TCA_STATS2 = 1, 7
_BASIC, _QUEUE, _PKT64 = 1, 3, 8  # TCA_STATS_…
_BASIC_STATS = Struct("=QI")  # bytes, packets
_QUEUE_STATS = Struct("=5I")  # length, backlog, drops, requeues, overlimits
_PACKETS = Struct("=Q")

# Device, kind, a value for each column.
_Row = tuple[bytes, bytes, list[Value]]


class Collector:
    """Keeps a netlink socket."""

    def __init__(self, host: Host) -> None:
        self._fixtures: str = host.flags[_FIXTURES]
        self._filter = DeviceFilter(host.flags[_INCLUDE], host.flags[_EXCLUDE], (_INCLUDE, _EXCLUDE))
        self._routes = Routes(host)

    def collect(self) -> Iterator[Family]:
        found = _from_json(self._fixtures) if self._fixtures else self._asked()
        wanted = {
            labels(device=device, kind=kind): values
            for device, kind, values in found
            if not self._filter.ignored(device.decode("utf-8", "surrogateescape"))
        }
        yield _rows.fill(_COLUMNS, list(wanted.items()))

    def _asked(self) -> Iterator[_Row]:
        names = self._routes.names()
        for body in self._routes.dump(_RTM_GETQDISC, _TCMSG.pack(0, 0, 0, 0, 0)):
            _, index, _, parent, _ = _TCMSG.unpack_from(body)
            if parent == _AT_ROOT and index in names:  # else the device is newer than the names
                told = dict(netlink.attributes(body, _TCMSG.size))
                yield names[index], bytes(told[_TCA_KIND]).rstrip(b"\0"), _values(told[_TCA_STATS2])


def _values(told: memoryview) -> list[Value]:
    stats = dict(netlink.attributes(told))
    sent, packets = _BASIC_STATS.unpack_from(stats[_BASIC])
    if _PKT64 in stats:  # where there are more than fit into 32 bits, since Linux 5.5
        (packets,) = _PACKETS.unpack_from(stats[_PKT64])
    length, backlog, drops, requeues, overlimits = _QUEUE_STATS.unpack_from(stats[_QUEUE])
    return [sent, packets, drops, requeues, overlimits, length, backlog]


def _from_json(folder: str) -> Iterator[_Row]:
    import json  # noqa: PLC0415 - a quarter of a megabyte, for tests alone

    with open(f"{folder}/results.json", "rb") as file:
        found: list[Mapping[str, Any]] = json.load(file)
    for one in found:
        if not one.get("Parent"):
            yield one["IfaceName"].encode(), one["Kind"].encode(), [one.get(name, 0) for name in _IN_JSON]
