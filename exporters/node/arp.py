"""Entries of the ARP table, by network device.

Source: rtnetlink's RTM_GETNEIGH; net/arp, see proc_net(5), without the flag `collector.arp.netlink`, where netlink is
        refused, and below another `path.procfs` (netlink tells of this process's own name space).
Unit:   entries, those of addresses that need no ARP (NUD_NOARP) left out, as the file does.
Errors: a missing file, or a line of it that has not six columns, fails this collector.
"""

import os
from collections.abc import Iterator

from motes.exporters.node.device_filter import DeviceFilter
from motes.exporters.node.host import Host
from motes.exporters.node.rtnetlink import Routes
from motes.shared.exposition import Family, gauge, labels
from motes.shared.options import BOOLEAN, Option
from motes.shared.re2 import REGEX

_INCLUDE, _EXCLUDE = "collector.arp.device-include", "collector.arp.device-exclude"
_NETLINK = "collector.arp.netlink"
OPTIONS = (
    Option(_INCLUDE, REGEX, None, "The only network devices to count for, an expression."),
    Option(_EXCLUDE, REGEX, None, "Of these, network devices to leave out, an expression."),
    Option(_NETLINK, BOOLEAN, True, "Ask netlink for the table instead of reading net/arp."),
)

_NUD_NOARP = 0x40  # linux/neighbour.h
_COLUMNS = 6
# Of the heading, in words.
_HEADING = 9


class Collector:
    """Keeps a netlink socket."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._routes = Routes(host)
        self._filter = DeviceFilter(host.flags[_INCLUDE], host.flags[_EXCLUDE])
        self._netlink = host.flags[_NETLINK] and host.proc.root == "/proc"

    def collect(self) -> Iterator[Family]:
        entries: dict[str, int] = {}
        for device in self._devices():
            entries[device] = entries.get(device, 0) + 1
        wanted = {labels(device=name): count for name, count in entries.items() if not self._filter.ignored(name)}
        yield gauge("node_arp_entries", "Entries of the ARP table, by device.", wanted)

    def _devices(self) -> list[str]:
        """The device of each entry."""
        if self._netlink:
            try:
                indices = [index for index, state in self._routes.neighbours() if not state & _NUD_NOARP]
                return self._named(indices) if indices else []
            except OSError:
                pass  # a sandbox: the file tells the same
        return list(_parse(self._host.net("arp")))

    def _named(self, indices: list[int]) -> list[str]:
        names = {index: os.fsdecode(name) for index, name in self._routes.names().items()}
        # One that is not among them is gone by now.
        return [names[index] for index in indices if index in names]


def _parse(content: bytes) -> Iterator[str]:
    for line in content.splitlines():
        columns = line.split()
        if len(columns) == _COLUMNS:
            yield os.fsdecode(columns[-1])
        elif len(columns) not in (0, _HEADING):
            raise ValueError(f"net/arp: {line!r} has not {_COLUMNS} columns")
