"""Wireless network devices, asked of the kernel over generic netlink.

Source: linux/nl80211.h and linux/genetlink.h; the SSID in its element, IEEE 802.11 9.4.2.2.
Unit:   as wifi.py has it; the kernel tells MHz, ms, and rates in 100 kbit/s.
Errors: NoData for a kernel without nl80211; OSError as the kernel gives it. What a device does not have (it is gone, is
        down, or its driver keeps nothing of the kind) is left out.
"""

import errno
from collections.abc import Iterator
from struct import Struct
from sys import byteorder

from motes.exporters.node._netlink import Netlink
from motes.exporters.node._wifi import Bss, Interface, Station
from motes.shared import netlink
from motes.shared.collector import NoData
from motes.shared.exposition import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_NETLINK_GENERIC = 16
_HEAD = Struct("=BBxx")  # struct genlmsghdr: command, version
_GENL_ID_CTRL, _CTRL_CMD_GETFAMILY = 0x10, 3
_CTRL_ID, _CTRL_NAME = 1, 2

_GET_INTERFACE, _GET_STATION, _GET_SCAN = 5, 17, 32  # NL80211_CMD_…
_IFINDEX, _IFNAME, _MAC, _STA_INFO, _FREQUENCY, _BSS = 3, 4, 6, 21, 38, 47  # NL80211_ATTR_…
_BSSID, _ELEMENTS, _STATUS = 1, 6, 9  # NL80211_BSS_…
_MODES = ("client", "client", "ad-hoc")  # by NL80211_BSS_STATUS_…
# NL80211_STA_INFO_…
_INACTIVE, _RX_BYTES, _TX_BYTES, _SIGNAL, _TX_RATE, _RX_PACKETS, _TX_PACKETS = 1, 2, 3, 7, 8, 9, 10
_TX_RETRIES, _TX_FAILED, _RX_RATE, _CONNECTED, _BEACON_LOSS, _RX_BYTES64, _TX_BYTES64 = 11, 12, 14, 16, 18, 23, 24
_RATE, _RATE32 = 1, 5  # NL80211_RATE_INFO_…
_RATE_UNIT = 100_000
_SSID_ELEMENT = 0

_NOTHING = frozenset((errno.EOPNOTSUPP, errno.ENODEV, errno.ENETDOWN))


class Nl80211:
    """Keeps a netlink socket, and the number that the kernel has given nl80211."""

    def __init__(self) -> None:
        self._netlink = Netlink(_NETLINK_GENERIC)
        self._family = 0

    def interfaces(self) -> Iterator[Interface]:
        try:
            found = self._ask(_GET_INTERFACE)
        except PermissionError as error:
            raise NoData from error
        for told in found:
            if _IFNAME in told:  # a P2P device has none
                device = netlink.attribute(_IFINDEX, bytes(told[_IFINDEX]))
                name = bytes(told[_IFNAME]).rstrip(b"\0")
                yield Interface(name, _number(told, _FREQUENCY), self._bss(device), self._stations(device))

    def _bss(self, device: bytes) -> Bss | None:
        for told in self._ask_device(_GET_SCAN, device):
            bss = dict(netlink.attributes(told[_BSS])) if _BSS in told else {}
            if _STATUS in bss:  # of all that were heard, the one that the device has to do with
                status = _number(bss, _STATUS)
                mode = _MODES[status] if status < len(_MODES) else "unknown"
                return bytes(bss.get(_BSSID, b"")), ssid(bytes(bss.get(_ELEMENTS, b""))), mode
        return None

    def _stations(self, device: bytes) -> list[Station]:
        found = [told for told in self._ask_device(_GET_STATION, device) if _STA_INFO in told]
        return [
            (bytes(told.get(_MAC, b"")), station_values(dict(netlink.attributes(told[_STA_INFO])))) for told in found
        ]

    def _ask_device(self, command: int, device: bytes) -> "list[dict[int, memoryview]]":
        try:
            return self._ask(command, device)
        except OSError as error:
            if error.errno not in _NOTHING:
                raise
            return []

    def _ask(self, command: int, attributes: bytes = b"") -> "list[dict[int, memoryview]]":
        if not self._family:
            self._family = self._find_family()
        try:
            answer = self._netlink.dump(self._family, _HEAD.pack(command, 0) + attributes)
        except FileNotFoundError as error:  # the module was unloaded, and has another number when it comes again
            self._family = 0
            raise NoData from error
        return [dict(netlink.attributes(body, _HEAD.size)) for body in answer]

    def _find_family(self) -> int:
        for body in self._netlink.dump(_GENL_ID_CTRL, _HEAD.pack(_CTRL_CMD_GETFAMILY, 1)):
            told = dict(netlink.attributes(body, _HEAD.size))
            if bytes(told[_CTRL_NAME]) == b"nl80211\0":
                return _number(told, _CTRL_ID)
        raise NoData


def station_values(told: "Mapping[int, memoryview]") -> list[Value]:
    """In the order of the columns of wifi.py; what the driver does not tell is 0, as node_exporter has it."""
    signal = _number(told, _SIGNAL)
    return [
        _number(told, _CONNECTED),
        _number(told, _INACTIVE) / 1000,
        _rate(told, _RX_RATE),
        _rate(told, _TX_RATE),
        _number(told, _RX_BYTES64 if _RX_BYTES64 in told else _RX_BYTES),
        _number(told, _TX_BYTES64 if _TX_BYTES64 in told else _TX_BYTES),
        signal - 256 if signal > 127 else signal,  # dBm, in one byte
        _number(told, _TX_RETRIES),
        _number(told, _TX_FAILED),
        _number(told, _BEACON_LOSS),
        _number(told, _TX_PACKETS),
        _number(told, _RX_PACKETS),
    ]


def ssid(elements: bytes) -> str:
    """The network's name; what is not UTF-8 in it is U+FFFD, byte by byte."""
    at = 0
    while at + 2 <= len(elements):
        end = at + 2 + elements[at + 1]
        if elements[at] == _SSID_ELEMENT:
            name = elements[at + 2 : end].decode("utf-8", "surrogateescape")
            return "".join(["\N{REPLACEMENT CHARACTER}" if "\udc80" <= one <= "\udcff" else one for one in name])
        at = end
    return ""


def _rate(told: "Mapping[int, memoryview]", kind: int) -> int:
    if kind not in told:
        return 0
    rate = dict(netlink.attributes(told[kind]))
    return _RATE_UNIT * _number(rate, _RATE32 if _RATE32 in rate else _RATE)


def _number(told: "Mapping[int, memoryview]", kind: int) -> int:
    """Of whatever size, in the machine's order of bytes."""
    return int.from_bytes(told[kind], byteorder) if kind in told else 0
