"""Routes, queueing disciplines and TCP sockets as the kernel tells of them, in a network that the test makes."""

import errno
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from struct import pack

import pytest
from motes.exporters import node
from motes.exporters.node import network_route, qdisc, tcpstat
from motes.exporters.node.host import Budget, Host
from motes.exporters.node.rtnetlink import Routes
from motes.shared import netlink
from motes.shared.exposition import Family, text

from tests.support import namespaces
from tests.support.namespaces import until
from tests.support.program import NODE, ROOT


class Kernel:
    """A socket that answers each request with the next of the datagrams it was made with."""

    def __init__(self, *datagrams: bytes) -> None:
        self.datagrams = list(datagrams)

    def send(self, request: bytes) -> None:
        pass

    def recv(self, _: int) -> bytes:
        return self.datagrams.pop(0)

    def close(self) -> None:
        pass


def message(kind: int, body: bytes) -> bytes:
    return pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body + bytes(-len(body) % 4)


DONE = message(netlink.NLMSG_DONE, bytes(4))


def host(**flags: object) -> Host:
    options = [*node.ROOTS, *qdisc.OPTIONS]
    return Host({option.name: option.default for option in options} | flags, Budget())


def samples(families: Iterator[Family]) -> dict[str, str]:
    return dict(line.rsplit(" ", 1) for line in text(families).decode().splitlines() if not line.startswith("#"))


@pytest.fixture
def network() -> Iterator[namespaces.Host]:
    """eth0 and eth1, which are each other's peer."""
    made = namespaces.Host()
    try:
        made.ip(
            "link add eth0 address 02:00:00:00:00:01 type veth peer name eth1",
            "link set eth0 addrgenmode none",
            "link set eth1 addrgenmode none",
            "address add 10.1.0.3/24 dev eth0",
            "link set eth0 up",
            "link set eth1 up",
        )
        yield made
    finally:
        made.close()


def shown(network: namespaces.Host, collector: str) -> dict[str, str]:
    path = f"PYTHONPATH={ROOT / '.src'}"
    page = network.run("env", path, *NODE, "--once", "--collector.disable-defaults", f"--collector.{collector}")
    lines = [line.rsplit(" ", 1) for line in page.splitlines()]
    return {name: value for name, value in lines if name.startswith(("node_network_r", "node_qdisc", "node_tcp"))}


def route(dest: str, device: str, *, gw: str = "", priority: int = 0, proto: str = "boot", **more: str) -> str:
    source, weight = more.get("src", ""), more.get("weight", "")
    told = f'dest="{dest}",device="{device}",gw="{gw}",priority="{priority}",proto="{proto}"'
    return f'node_network_route_info{{{told},src="{source}",weight="{weight}"}}'


def test_routes_of_all_tables_with_each_of_their_ways(network: namespaces.Host) -> None:
    network.ip(
        "route add default via 10.1.0.9 metric 100",
        "route add 10.2.0.0/16 nexthop via 10.1.0.7 weight 3 nexthop dev eth1 weight 1",
        "route add 10.3.0.0/16 dev eth0 table 77 proto bird src 10.1.0.3",
        "route add 10.4.0.0/16 dev eth0 proto 99",
        "route add unreachable 10.5.0.0/16",
        "address add fd00::1/64 dev eth0 nodad",
        "route add fd01::/48 via fd00::5 metric 5 proto static",
        "route add fd02::/48 nexthop via fd00::6 nexthop via fd00::7 weight 9",
    )
    expected = [
        route("10.1.0.0/24", "eth0", proto="kernel", src="10.1.0.3"),
        route("default", "eth0", gw="10.1.0.9", priority=100),
        route("10.2.0.0/16", "eth0", gw="10.1.0.7", weight="3"),
        route("10.2.0.0/16", "eth1", weight="1"),
        route("10.3.0.0/16", "eth0", proto="bird", src="10.1.0.3"),
        route("10.4.0.0/16", "eth0", proto="unknown"),
        route("fd00::/64", "eth0", priority=256, proto="kernel"),
        route("fd01::/48", "eth0", gw="fd00::5", priority=5, proto="static"),
        route("fd02::/48", "eth0", gw="fd00::6", priority=1024, weight="1"),
        route("fd02::/48", "eth0", gw="fd00::7", priority=1024, weight="9"),
    ]
    counts = {'node_network_routes{device="eth0"}': "9", 'node_network_routes{device="eth1"}': "1"}
    assert shown(network, "network_route") == dict.fromkeys(expected, "1") | counts


_SLOW = ("tbf", "rate", "8bit", "burst", "3kb", "limit", "4kb")
_SEND = """
import socket
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
    wire.bind(("eth0", 0x0800))
    for _ in range(9):
        try:
            wire.send(bytes(14) + b"x" * 986)
        except OSError:
            pass  # dropped
"""


def test_disciplines_at_the_root_with_what_they_sent_and_hold(network: namespaces.Host) -> None:
    network.run("tc", "qdisc", "add", "dev", "eth0", "root", *_SLOW)
    network.run("tc", "qdisc", "add", "dev", "eth1", "clsact")
    network.run("python3", "-c", _SEND)
    told = json.loads(network.run("tc", "-s", "-json", "qdisc", "show", "dev", "eth0"))[0]
    found = shown(network, "qdisc")
    assert {name.partition("{")[2] for name in found} == {
        'device="eth0",kind="tbf"}',
        'device="eth1",kind="noqueue"}',
        'device="lo",kind="noqueue"}',
    }
    kept = ("bytes", "packets", "drops", "requeues", "overlimits", "qlen", "backlog")
    names = ("bytes_total", "packets_total", "drops_total", "requeues_total", "overlimits_total")
    served = [f'node_qdisc_{name}{{device="eth0",kind="tbf"}}' for name in (*names, "current_queue_length", "backlog")]
    assert [found[name] for name in served] == [str(told[name]) for name in kept]
    assert (int(told["drops"]), int(told["qlen"]), int(told["backlog"])) > (0, 0, 0)


_CONNECT = """
import socket, sys
listening = [socket.create_server(("127.0.0.1", 7)), socket.create_server(("::1", 7), family=socket.AF_INET6)]
ends = [socket.create_connection(server.getsockname()[:2]) for server in listening]
taken = listening[0].accept()[0]
ends[0].send(bytes(1000))
while taken.recv(2000, socket.MSG_PEEK) != bytes(1000):
    pass
open(sys.argv[1], "w").close()
sys.stdin.read()
"""


def test_sockets_of_both_families_and_what_they_hold(network: namespaces.Host, tmp_path: Path) -> None:
    ready, log = tmp_path / "ready", tmp_path / "log"
    end, keep = os.pipe()
    network.start("python3", "-c", _CONNECT, str(ready), log=log, given=end)
    try:
        until(ready.exists, "the sockets are there", log.read_text)
        found = shown(network, "tcpstat")
    finally:
        os.close(end)
        os.close(keep)
    states = {name.partition('state="')[2].rstrip('"}'): int(value) for name, value in found.items()}
    # One connection waits to be taken; for a listening socket the send queue is the backlog that it allows.
    longest = int(network.run("cat", "/proc/sys/net/core/somaxconn"))
    backlogs = states.pop("tx_queued_bytes")
    assert states == {"established": 4, "listen": 2, "rx_queued_bytes": 1001}
    assert 2 <= backlogs <= 2 * longest


@pytest.mark.parametrize("module", [network_route, tcpstat])
def test_the_files_where_netlink_is_refused(module: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    collector = module.Collector(host())  # type: ignore[attr-defined]
    with socket.create_server(("127.0.0.1", 0)):
        monkeypatch.setattr("socket.socket", refuse)
        found = samples(collector.collect())
    assert module is network_route or int(found['node_tcp_connection_states{state="listen"}']) > 0


def link(index: int, name: bytes) -> bytes:
    return message(16, pack("=BxHiII", 0, 1, index, 0, 0) + netlink.attribute(3, name + b"\0"))


def discipline(index: int, parent: int, *stats: bytes) -> bytes:
    basic = netlink.attribute(1, pack("=QI4x", 700, 2**32 - 1))
    queue = netlink.attribute(3, pack("=5I", 1, 2, 3, 4, 5))
    told = netlink.attribute(1, b"fq\0") + netlink.attribute(7 | 0x8000, basic + queue + b"".join(stats))
    return message(36, pack("=BxxxiIII", 0, index, 0, parent, 0) + told)


def test_packets_beyond_32_bits_and_devices_that_are_newer_than_the_names(monkeypatch: pytest.MonkeyPatch) -> None:
    more = netlink.attribute(8, pack("=Q", 2**40))
    told = discipline(2, 0xFFFFFFFF, more) + discipline(2, 0x10000) + discipline(9, 0xFFFFFFFF)
    kernel = Kernel(link(2, b"eth0") + DONE, told + DONE)
    monkeypatch.setattr("socket.socket", lambda *_: kernel)
    found = samples(qdisc.Collector(host()).collect())
    assert list(found.values()) == ["700", str(2**40), "3", "4", "5", "1", "2"]
    assert all(name.endswith('{device="eth0",kind="fq"}') for name in found)


def test_a_hop_that_is_cut_short_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    cut = pack("=8BI", socket.AF_INET, 16, 0, 0, 254, 3, 0, 1, 0) + netlink.attribute(9, pack("=HBBi", 4, 0, 0, 2))
    kernel = Kernel(link(2, b"eth0") + DONE, message(24, cut) + DONE)
    monkeypatch.setattr("socket.socket", lambda *_: kernel)
    with pytest.raises(ValueError, match="next hop of 4 bytes"):
        samples(network_route.Collector(host()).collect())


def test_names_of_devices() -> None:
    assert Routes().names() == {index: name.encode() for index, name in socket.if_nameindex()}


def test_a_route_follows_its_device_to_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    told = pack("=8BI", socket.AF_INET, 8, 0, 0, 254, 3, 0, 1, 0)
    told += netlink.attribute(1, b"\x0a\0\0\0") + netlink.attribute(4, pack("=I", 2))
    routes = message(24, told) + message(24, told[:7] + b"\7" + told[8:]) + DONE
    answers = [link(2, b"eth0") + DONE, routes, link(2, b"eth0") + DONE, routes, link(2, b"wan") + DONE, routes]
    kernel = Kernel(*answers)
    monkeypatch.setattr("socket.socket", lambda *_: kernel)
    collector = network_route.Collector(host())
    for name in ("eth0", "eth0", "wan"):
        expected = {route("10.0.0.0/8", name): "1", f'node_network_routes{{device="{name}"}}': "1"}
        assert samples(collector.collect()) == expected
