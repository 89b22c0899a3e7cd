"""ethtool: a real driver asked, and one that changes its mind between two questions."""

from collections.abc import Callable, Iterator
from ctypes import c_uint32, memset
from struct import unpack

import pytest
from motes.exporters import node
from motes.exporters.node import _ethtool, ethtool
from motes.exporters.node._ethtool import Ethtool, named
from motes.exporters.node.host import Budget, Host
from motes.shared.exposition import text

from tests.support import namespaces
from tests.support.played import Ethtool as Played
from tests.support.program import NODE, ROOT


@pytest.fixture
def network() -> Iterator[namespaces.Host]:
    """eth0 and eth1, which are each other's peer, and a sysfs that shows them."""
    made = namespaces.Host()
    try:
        made.ip("link add eth0 type veth peer name eth1")
        made.run("mount", "-t", "sysfs", "none", "/sys")
        yield made
    finally:
        made.close()


def test_a_real_driver(network: namespaces.Host) -> None:
    told = ("env", f"PYTHONPATH={ROOT / '.src'}", *NODE, "--once", "--collector.disable-defaults")
    found = network.run(*told, "--collector.ethtool").splitlines()
    peer = network.run("cat", "/sys/class/net/eth1/ifindex").strip()
    assert f'node_ethtool_peer_ifindex{{device="eth0"}} {peer}' in found
    info = 'bus_info="",device="eth1",driver="veth",expansion_rom_version="",firmware_version="",version="1.0"'
    assert f"node_ethtool_info{{{info}}} 1" in found
    assert 'node_network_autonegotiate{device="eth0"} 0' in found
    assert 'node_scrape_collector_success{collector="ethtool"} 1' in found


@pytest.mark.parametrize("ask", [Ethtool.names, Ethtool.statistics])
def test_there_is_nothing_of_a_driver_that_has_more_by_now(
    ask: Callable[[Ethtool, bytes, int], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older kernels write as many as there are, however many were asked for."""

    def more(_: object, command: int, request: bytes) -> None:
        device, address = unpack("16sP16x", request)
        assert (command, device.rstrip(b"\0")) == (0x8946, b"eth0")
        counts = {0x1B: 2, 0x1D: 1}  # ETHTOOL_GSTRINGS, ETHTOOL_GSTATS: which of its numbers the count is
        head = (c_uint32 * 3).from_address(address)
        head[counts[head[0]]] = 900
        memset(address + 12, 1, 900 * 32)

    monkeypatch.setattr(_ethtool, "ioctl", more)
    assert not ask(Ethtool(), b"eth0", 2)


def test_names_end_at_the_first_zero_or_at_their_length() -> None:
    assert named(b"rx\0tx".ljust(32, b"\0") + b"x" * 32) == [b"rx", b"x" * 32]


def test_a_driver_that_goes_takes_its_samples_along(monkeypatch: pytest.MonkeyPatch) -> None:
    devices = {
        name: {"settings": [0, 0, 1], "driver": ["veth", "", "", "", ""], "statistics": [["drops", at]]}
        for at, name in enumerate(("eth0", "eth1"))
    }
    monkeypatch.setattr(ethtool, "Ethtool", lambda: Played(devices))
    options = [*node.ROOTS, *ethtool.OPTIONS]
    collector = ethtool.Collector(Host({option.name: option.default for option in options}, Budget()))
    monkeypatch.setattr(collector, "_devices", lambda: [name.encode() for name in devices])

    def shown() -> list[str]:
        lines = text(collector.collect()).decode().splitlines()
        return [line for line in lines if line.startswith(("node_ethtool_drops", "node_network_autonegotiate{"))]

    both = ['node_network_autonegotiate{device="eth0"} 1', 'node_network_autonegotiate{device="eth1"} 1']
    assert shown() == [*both, 'node_ethtool_drops{device="eth0"} 0', 'node_ethtool_drops{device="eth1"} 1']
    devices["eth1"] = {"settings": 19, "driver": 19}
    assert shown() == [both[0], 'node_ethtool_drops{device="eth0"} 0']
    devices["eth0"]["statistics"] = [["errors", 7], ["drops", 8]]
    assert shown() == [both[0], 'node_ethtool_drops{device="eth0"} 8']
