"""Tunnels: who is whose peer, with which addresses, whatever is missing yet."""

from pathlib import Path

import pytest
from motes.shared.fleet.command import read, trees

from tests.shared.fleet.test_inventory import ATTIC, KEYS, MONITOR
from tests.support.namespaces import Host

CELLAR = ATTIC.replace("attic", "cellar").replace(".2", ".3").replace("::2", "::3").replace(KEYS[1], KEYS[2])


def files(folder: Path, inventory: str) -> dict[str, str]:
    (folder / "fleet.toml").write_text(inventory)
    return {path: file.content.decode() for path, file in trees(read(folder / "fleet.toml")).items()}


def tunnel(folder: Path, name: str, inventory: str) -> str:
    return files(folder, inventory)[f"{name}/etc/wireguard/wg0.conf"]


def test_each_peer_has_its_own_addresses_alone(tmp_path: Path) -> None:
    monitor = tunnel(tmp_path, "monitor", MONITOR + ATTIC + CELLAR)
    assert [line for line in monitor.splitlines() if line.startswith("AllowedIPs")] == [
        "AllowedIPs = 10.77.0.2/32, fd77:6d6f:7465::2/128",
        "AllowedIPs = 10.77.0.3/32, fd77:6d6f:7465::3/128",
    ]


def test_hosts_know_nobody_but_the_monitor(tmp_path: Path) -> None:
    attic = tunnel(tmp_path, "attic", MONITOR + ATTIC + CELLAR)
    assert attic.count("[Peer]") == 1
    assert "AllowedIPs = 10.77.0.1/32, fd77:6d6f:7465::1/128" in attic
    assert KEYS[0] in attic
    assert KEYS[2] not in attic


def test_another_host_changes_nothing_of_a_hosts(tmp_path: Path) -> None:
    before, after = files(tmp_path, MONITOR + ATTIC), files(tmp_path, MONITOR + ATTIC + CELLAR)
    changed = {path for path in before if before[path] != after[path]}
    assert changed == {"monitor/etc/wireguard/wg0.conf", *(f"monitor/etc/prometheus/motes/{name}" for name in _HOSTS)}


_HOSTS = ("hosts.yml", "targets.json")


def test_a_host_without_a_key_is_no_peer_yet(tmp_path: Path) -> None:
    inventory = MONITOR + ATTIC + CELLAR.replace("public-key", "#")
    assert "# cellar" not in tunnel(tmp_path, "monitor", inventory)
    assert "Endpoint = monitor.example.org:51820" in tunnel(tmp_path, "cellar", inventory)


def test_nor_is_a_monitor_without_one(tmp_path: Path) -> None:
    inventory = MONITOR.replace("public-key", "#") + ATTIC
    assert "[Peer]" not in tunnel(tmp_path, "attic", inventory)
    assert "peers" not in tunnel(tmp_path, "attic", inventory)
    assert "# attic" in tunnel(tmp_path, "monitor", inventory)


def test_a_host_that_the_monitor_dials(tmp_path: Path) -> None:
    inventory = MONITOR.replace("endpoint", "#") + ATTIC + 'endpoint = "[2001:db8::2]:51821"'
    assert "Endpoint = [2001:db8::2]:51821" in tunnel(tmp_path, "monitor", inventory)
    assert "ListenPort" not in tunnel(tmp_path, "monitor", inventory)
    assert "ListenPort = 51821" in tunnel(tmp_path, "attic", inventory)
    assert "Endpoint" not in tunnel(tmp_path, "attic", inventory)


@pytest.mark.parametrize("without", ['"10.77.0.2", ', ', "fd77:6d6f:7465::2"', "nothing"])
@pytest.mark.parametrize("name", ["attic", "monitor"])
def test_nft_takes_the_rules(tmp_path: Path, name: str, without: str) -> None:
    rules = files(tmp_path, MONITOR + ATTIC.replace(without, ""))[f"{name}/etc/nftables.d/motes.nft"]
    host = Host()
    try:
        host.run("nft", "-c", "-f", "-", given=rules)
    finally:
        host.close()
