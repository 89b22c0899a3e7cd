"""Wireless devices over generic netlink, from a kernel that is played: its numbers are those of linux/nl80211.h."""

import errno
from collections.abc import Mapping, Sequence
from struct import pack, unpack_from

import pytest
from motes.exporters.node import wifi
from motes.exporters.node._nl80211 import Nl80211, ssid, station_values
from motes.exporters.node.host import Budget, Host
from motes.shared import netlink
from motes.shared.collector import NoData
from motes.shared.exposition import text

FAMILY, GET_INTERFACE, GET_STATION, GET_SCAN = 28, 5, 17, 32
AP, LAPTOP = bytes.fromhex("001122334455"), bytes.fromhex("0a0b0c0d0e0f")


def number(value: int) -> bytes:
    return pack("=I", value)


def attributes(told: Mapping[int, bytes]) -> bytes:
    return b"".join(netlink.attribute(kind, value) for kind, value in told.items())


def message(kind: int, body: bytes) -> bytes:
    return pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body


DONE = message(netlink.NLMSG_DONE, bytes(4))
FAMILIES = [{1: pack("=H", 16), 2: b"nlctrl\0"}, {1: pack("=H", FAMILY), 2: b"nl80211\0"}]


class Kernel:
    """Answers by the family and the command of a request, and by the device where that is asked about one."""

    def __init__(self, answers: Mapping[tuple[int, ...], Sequence[Mapping[int, bytes]] | int]) -> None:
        self.answers = {(16, 3): FAMILIES, **answers}
        self.asked: list[tuple[int, ...]] = []

    def send(self, request: bytes) -> None:
        _, family, flags = unpack_from("=IHH", request)
        assert flags == 0x301
        device = unpack_from("=I", request, 24) if len(request) > 20 else ()
        self.asked.append((family, request[16], *device))

    def recv(self, _: int) -> bytes:
        answer = self.answers[self.asked[-1]]
        if isinstance(answer, int):
            return message(netlink.NLMSG_ERROR, pack("=i", -answer) + bytes(16))
        return b"".join(message(FAMILY, bytes(4) + attributes(one)) for one in answer) + DONE

    def close(self) -> None:
        pass


def collector(monkeypatch: pytest.MonkeyPatch, kernel: Kernel) -> wifi.Collector:
    monkeypatch.setattr("socket.socket", lambda *_: kernel)
    roots = {"path.procfs": "/proc", "path.sysfs": "/sys", "path.rootfs": "/", "path.udev.data": "/run"}
    return wifi.Collector(Host({**roots, "collector.wifi.fixtures": ""}, Budget()))


def samples(made: wifi.Collector) -> list[str]:
    return [line for line in text(made.collect()).decode().splitlines() if not line.startswith("#")]


STATION = {
    1: number(404),
    2: number(705032704),
    3: number(17),
    7: bytes([256 - 52]),
    8: attributes({1: pack("=H", 0xFFFF), 5: number(1640)}),
    9: number(12),
    10: number(13),
    11: number(10),
    12: number(2),
    14: attributes({1: pack("=H", 1280)}),
    16: number(30),
    18: number(1),
    23: pack("=Q", 5_000_000_000),
}


def test_a_client_and_an_access_point(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = [
        {47: attributes({1: LAPTOP, 6: b"\0\5other"})},
        {47: attributes({1: AP, 6: b"\1\1\x82\0\5attic\3\1\6", 9: number(1)})},
    ]
    kernel = Kernel(
        {
            (FAMILY, GET_INTERFACE): [
                {3: number(3), 4: b"wlan0\0", 6: LAPTOP, 38: number(2412)},
                {6: LAPTOP, 0x99: bytes(8)},
                {3: number(4), 4: b"wlan1\0"},
            ],
            (FAMILY, GET_SCAN, 3): heard,
            (FAMILY, GET_STATION, 3): [{3: number(3), 6: AP, 21: attributes(STATION)}, {3: number(3), 6: LAPTOP}],
            (FAMILY, GET_SCAN, 4): errno.EOPNOTSUPP,
            (FAMILY, GET_STATION, 4): [],
        }
    )
    made = collector(monkeypatch, kernel)
    one = 'device="wlan0",mac_address="00:11:22:33:44:55"'
    expected = [
        'node_wifi_interface_frequency_hertz{device="wlan0"} 2412000000',
        'node_wifi_interface_frequency_hertz{device="wlan1"} 0',
        'node_wifi_station_info{bssid="00:11:22:33:44:55",device="wlan0",mode="client",ssid="attic"} 1',
        f"node_wifi_station_connected_seconds_total{{{one}}} 30",
        f"node_wifi_station_inactive_seconds{{{one}}} 0.404",
        f"node_wifi_station_receive_bits_per_second{{{one}}} 128000000",
        f"node_wifi_station_transmit_bits_per_second{{{one}}} 164000000",
        f"node_wifi_station_receive_bytes_total{{{one}}} 5000000000",
        f"node_wifi_station_transmit_bytes_total{{{one}}} 17",
        f"node_wifi_station_signal_dbm{{{one}}} -52",
        f"node_wifi_station_transmit_retries_total{{{one}}} 10",
        f"node_wifi_station_transmit_failed_total{{{one}}} 2",
        f"node_wifi_station_beacon_loss_total{{{one}}} 1",
        f"node_wifi_station_transmitted_packets_total{{{one}}} 13",
        f"node_wifi_station_received_packets_total{{{one}}} 12",
    ]
    assert samples(made) == expected
    assert samples(made) == expected
    assert kernel.asked.count((16, 3)) == 1


@pytest.mark.parametrize(("status", "mode"), [(0, "client"), (1, "client"), (2, "ad-hoc"), (3, "unknown")])
def test_mode(status: int, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(
        {
            (FAMILY, GET_INTERFACE): [{3: number(3), 4: b"wlan0\0"}],
            (FAMILY, GET_SCAN, 3): [{47: attributes({9: number(status)})}],
            (FAMILY, GET_STATION, 3): errno.ENETDOWN,
        }
    )
    assert samples(collector(monkeypatch, kernel))[1:] == [
        f'node_wifi_station_info{{bssid="",device="wlan0",mode="{mode}",ssid=""}} 1'
    ]


def test_a_kernel_without_wireless(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoData):
        samples(collector(monkeypatch, Kernel({(16, 3): FAMILIES[:1]})))


@pytest.mark.parametrize(("number", "error"), [(errno.EPERM, NoData), (errno.EIO, OSError)])
def test_a_kernel_that_refuses(number: int, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(error):
        samples(collector(monkeypatch, Kernel({(FAMILY, GET_INTERFACE): number})))


def test_a_module_that_was_unloaded_has_another_number_when_it_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel({(FAMILY, GET_INTERFACE): []})
    made = collector(monkeypatch, kernel)
    assert samples(made) == []
    kernel.answers[FAMILY, GET_INTERFACE] = errno.ENOENT
    with pytest.raises(NoData):
        samples(made)
    kernel.answers[16, 3] = [{1: pack("=H", 31), 2: b"nl80211\0"}]
    kernel.answers[31, GET_INTERFACE] = []
    assert samples(made) == []


def test_what_a_driver_does_not_tell_is_zero() -> None:
    assert station_values({}) == [0] * 12


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        (b"", ""),
        (b"\0", ""),
        (b"\0\0", ""),
        (b"\1\2ab\0\3caf", "caf"),
        (b"\0\5caf\xc3\xa9", "café"),
        (b"\0\4a\xff\xfeb", "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b"),
        (b"\0\x20cut", "cut"),
    ],
)
def test_ssid(elements: bytes, expected: str) -> None:
    assert ssid(elements) == expected


def test_the_kernel_here_has_it_or_not() -> None:
    try:
        found = list(Nl80211().interfaces())
    except NoData:
        return
    assert all(one.name for one in found)
