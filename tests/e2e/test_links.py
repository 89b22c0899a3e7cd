"""netclass asks netlink whether anything has changed, and must serve what sysfs says all the same after any change."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.namespaces import Host, until

ROOT = Path(__file__).parents[2]
URL = "http://127.0.0.1:9100/metrics?collect[]=netclass"
# What a scrape must serve after each command.
CHANGES = {
    "link set one mtu 1400": 'node_network_mtu_bytes{device="one"} 1400',
    "link set one txqueuelen 77": 'node_network_transmit_queue_length{device="one"} 77',
    "link set one address 02:00:00:00:00:07": 'address="02:00:00:00:00:07",adminstate="down",',
    "link set one alias cellar": 'ifalias="cellar"',
    "link set one group 9": 'node_network_net_dev_group{device="one"} 9',
    "link set one up": 'node_network_up{device="one"} 0',
    "link set two up": 'node_network_up{device="one"} 1',
    "link set two down": 'node_network_carrier{device="one"} 0',
    "link set one down": 'adminstate="down",broadcast="ff:ff:ff:ff:ff:ff",device="one"',
    "link set one name three": 'node_network_name_assign_type{device="three"}',
    "link add one type bridge": 'node_network_protocol_type{device="one"} 1',
    "link set three master one": 'node_network_iface_link{device="three"}',
}


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    try:
        # The name space's own; without, the program would see that sysfs and netlink tell of different devices.
        host.run("mount", "-t", "sysfs", "none", "/sys")
        host.ip("link add one type veth peer name two")
        yield host
    finally:
        host.close()


def scrape(host: Host) -> str:
    return host.run("curl", "-sg", URL)


def fresh(host: Host) -> str:
    """What a program says that has kept nothing."""
    command = (sys.executable, "-m", "motes.exporters.node.program", "--once", "--collector.disable-defaults")
    return host.run("env", f"PYTHONPATH={ROOT / '.src'}", *command, "--collector.netclass")


def families(page: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith("node_network_")]


def test_every_change_is_seen(host: Host, tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = (sys.executable, "-m", "motes.exporters.node.program", "--collector.disable-defaults")
    host.start(*command, "--collector.netclass", log=log, given=subprocess.DEVNULL, PYTHONPATH=str(ROOT / ".src"))
    until(lambda: host.attempt("curl", "-sf", URL.partition("?")[0]).returncode == 0, "an answer", log.read_text)
    assert families(scrape(host)) == families(scrape(host)) == families(fresh(host))
    for change, sample in CHANGES.items():
        host.ip(change)
        page = scrape(host)
        assert sample in page, change
        assert families(page) == families(fresh(host)), change
    host.ip("link del three")
    assert families(scrape(host)) == families(fresh(host))
    assert 'device="three"' not in scrape(host)
