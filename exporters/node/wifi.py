"""Wireless network devices, and the stations that each hears.

Source: nl80211 over generic netlink, see _nl80211.py; it tells of this process's own name space.
Unit:   hertz, bits per second, bytes, packets, dBm, seconds.
Errors: no data for a kernel without nl80211, or where it may not be asked.
"""

from collections.abc import Iterator

from motes.exporters.node import _rows
from motes.exporters.node._nl80211 import Nl80211
from motes.exporters.node._wifi import Interface, from_folder
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, gauge, labels
from motes.shared.options import PATH, Option

_FIXTURES = "collector.wifi.fixtures"
OPTIONS = (Option(_FIXTURES, PATH, "", "A folder whose files tell of devices, in the place of the kernel."),)

_STATION = "node_wifi_station_"
_COLUMNS = (
    ("counter", _STATION + "connected_seconds_total", "How long the station has been connected."),
    ("gauge", _STATION + "inactive_seconds", "Since when nothing was heard of the station."),
    ("gauge", _STATION + "receive_bits_per_second", "Rate at which is received from the station."),
    ("gauge", _STATION + "transmit_bits_per_second", "Rate at which is sent to the station."),
    ("counter", _STATION + "receive_bytes_total", "Bytes received from the station."),
    ("counter", _STATION + "transmit_bytes_total", "Bytes sent to the station."),
    ("gauge", _STATION + "signal_dbm", "Strength of the station's signal."),
    ("counter", _STATION + "transmit_retries_total", "Packets to the station that were sent once more."),
    ("counter", _STATION + "transmit_failed_total", "Packets to the station that could not be sent."),
    ("counter", _STATION + "beacon_loss_total", "Times that the station's beacon was missed."),
    ("counter", _STATION + "transmitted_packets_total", "Packets sent to the station."),
    ("counter", _STATION + "received_packets_total", "Packets received from the station."),
)
_HERTZ = 1_000_000


class Collector:
    """Keeps a netlink socket."""

    def __init__(self, host: Host) -> None:
        self._fixtures: str = host.flags[_FIXTURES]
        self._nl80211 = Nl80211()

    def collect(self) -> Iterator[Family]:
        found = list(from_folder(self._fixtures) if self._fixtures else self._nl80211.interfaces())
        frequencies = {labels(device=one.name): one.frequency * _HERTZ for one in found}
        yield gauge("node_wifi_interface_frequency_hertz", "Frequency that the device is tuned to.", frequencies)
        info = dict.fromkeys(_info(found), 1)
        yield gauge(_STATION + "info", "The network that the device is in; the value is always 1.", info)
        stations = {
            labels(device=one.name, mac_address=address.hex(":")): values
            for one in found
            for address, values in one.stations
        }
        yield _rows.fill(_COLUMNS, list(stations.items()))


def _info(found: list[Interface]) -> Iterator[bytes]:
    for one in found:
        if one.bss is not None:
            address, ssid, mode = one.bss
            yield labels(bssid=address.hex(":"), device=one.name, mode=mode, ssid=ssid)
