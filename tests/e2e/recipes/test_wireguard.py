"""The road of WireGuard, brought up by wg-quick: to the monitor, and to nobody else.

Where the kernel has no WireGuard, wg-quick takes wireguard-go.
"""

import re
import shlex
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.database import Database
from tests.support.namespaces import Host, Lan, until
from tests.support.program import NODE, ROOT, Program
from tests.support.recipes import SCRAPE, Answer, Scrapes, follow, install, motesd, name
from tests.support.service_file import entries

EXAMPLE_OF_THE_MONITOR = "bW9uaXRvci5leGFtcGxlLm9yZydzIHB1YmxpYyBrZXk="
EXAMPLE_OF_ATTIC = "dGhlIHB1YmxpYyBrZXkgb2YgdGhlIGhvc3QgYXR0aWM="
TUNNEL = "/etc/wireguard/wg0.conf"
FIREWALL = "/etc/nftables.d/motes.nft"
MOTESD = "http://10.77.0.2:9100/metrics"
OVER_IPV6 = "http://[fd77:6d6f:7465::2]:9100/metrics"
# Two that let everybody in: one goes by the tunnel's addresses, the other one by its device.
BY_ADDRESS = ("http://10.77.0.2:9101/metrics", "http://[fd77:6d6f:7465::2]:9101/metrics")
BY_DEVICE = ("http://10.77.0.2:9102/metrics", "http://[fd77:6d6f:7465::2]:9102/metrics")
METRIC = 'node_load1{job="motes", instance="attic"}'
# What rules of the firewall say of packets that are dropped: to the port, and out of the tunnel.
ELSE, REST = "tcp dport 9100", 'iifname "wg0"'
DROP_IN = "/etc/systemd/system/wg-quick@wg0.service.d/motes.conf"


class Road:
    """attic, the monitor, attic's neighbour, and another host that has a tunnel to the monitor."""

    HEARD = ("attic", "wireguard")

    def __init__(self, lan: Lan, folder: Path) -> None:
        self.attic, self.monitor, self.neighbour, self.other = lan.hosts
        self.folder = folder
        for host in lan.hosts:
            host.own("/etc", "/var/lib")
        self.attic.run("useradd", "--system", "--no-create-home", "_motes")
        name({"monitor.example.org": "10.99.0.2"}, self.attic, self.other)
        self._follow_the_steps()
        for host in (self.monitor, self.attic):
            host.run("wg-quick", "up", "wg0")
        self.start_motesd()
        self._start_others_of_attic()
        self.attic.ip("address add fd99::1/64 dev eth0 nodad")
        over_attic = ("route add 10.77.0.2/32 via 10.99.0.1", "route add fd77:6d6f:7465::2/128 via fd99::1")
        self.neighbour.ip("address add fd99::3/64 dev eth0 nodad", *over_attic)
        self.lets_in(self.monitor, MOTESD)
        self.lets_in(self.attic, BY_ADDRESS[0])

    def start_motesd(self) -> None:
        self.motesd = motesd(self.attic, self.folder / "motesd.log")

    def lets_in(self, host: Host, url: str) -> None:
        until(lambda: host.get(url) == 200, f"an answer from {url}", (self.folder / "motesd.log").read_text)

    def restart(self, host: Host) -> None:
        host.run("wg-quick", "down", "wg0")
        host.run("wg-quick", "up", "wg0")

    def add_other(self) -> None:
        """As the recipe adds one host more to those of the monitor."""
        tunnel = self.monitor.path(TUNNEL)
        if self._others_key not in tunnel.read_text():
            addresses = "10.77.0.3/32, fd77:6d6f:7465::3/128"
            more = f"\n# other\n[Peer]\nPublicKey = {self._others_key}\nAllowedIPs = {addresses}\n"
            self.monitor.write(TUNNEL, tunnel.read_text() + more, 0o600)
            reload = entries(self.monitor.path(DROP_IN).read_text(), "ExecReload")[-1].replace("%i", "wg0")
            self.monitor.run(*shlex.split(reload))
            self.other.run("wg-quick", "up", "wg0")

    def _start_others_of_attic(self) -> None:
        addresses = ("10.77.0.2:9101", "[fd77:6d6f:7465::2]:9101", "dev:wg0:9102")
        flags = (*(f"--web.listen-address={each}" for each in addresses), "--collector.disable-defaults")
        log = self.folder / "node.log"
        self.attic.start(*NODE, *flags, "--collector.loadavg", log=log, PYTHONPATH=str(ROOT / ".src"))

    def _follow_the_steps(self) -> None:
        """The recipe's; what a person copies from one host to the other is copied here."""
        hosts = (self.attic, self.monitor, self.other)
        attic, monitor, self._others_key = (follow(host, "wireguard", "wg genkey").strip() for host in hosts)
        install(self.attic, "wireguard/host", {EXAMPLE_OF_THE_MONITOR: monitor})
        install(self.monitor, "wireguard/monitor", {EXAMPLE_OF_ATTIC: attic, "30s": "1s"})
        others = {"10.77.0.2": "10.77.0.3", "7465::2": "7465::3"}
        install(self.other, "wireguard/host", {EXAMPLE_OF_THE_MONITOR: monitor, **others})


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    with Lan(4) as lan:
        yield Road(lan, tmp_path_factory.mktemp("road"))


def given(host: Host, url: str, *flags: str) -> int:
    """How many bytes of an answer somebody gets; 0 where there is none."""
    answer = Answer(host, url, "--globoff", "--max-time", "1", *flags)
    return answer.status and len(answer.content)


def met(host: Host, rule: str, verdict: str = "drop", chain: str = "input") -> int:
    """How many packets a rule of the firewall's has met, told by its condition."""
    rules = host.run("nft", "list", "chain", "inet", "motes", chain)
    (found,) = re.findall(rf"\t{re.escape(rule)} counter packets (\d+) bytes \d+ {verdict}\n", rules)
    return int(found)


@contextmanager
def peers(attic: Host, other: Host) -> Iterator[None]:
    """Have the two connected without the monitor."""
    theirs = [(host, key(host), host.run("wg", "show", "wg0", "listen-port").strip()) for host in (attic, other)]
    for (host, _, _), (_, public, port), number in zip(theirs, reversed(theirs), (3, 2), strict=True):
        endpoint = ("allowed-ips", f"10.77.0.{number}/32", "endpoint", f"10.99.0.{4 if number == 3 else 1}:{port}")
        host.run("wg", "set", "wg0", "peer", public, *endpoint)
        host.ip(f"route replace 10.77.0.{number}/32 dev wg0")
    yield
    attic.run("wg", "set", "wg0", "peer", key(other), "remove")


def key(host: Host) -> str:
    return host.run("wg", "show", "wg0", "public-key").strip()


@contextmanager
def without_firewall(*hosts: Host) -> Iterator[None]:
    for host in hosts:
        host.run("nft", "delete", "table", "inet", "motes")
    yield
    for host in hosts:
        host.run("nft", "-f", FIREWALL)


def test_metrics_arrive(program: Program, scrapes: Scrapes) -> None:
    database = Database(program)
    until(lambda: database.values(METRIC), METRIC)
    assert database.values('node_load1{road!=""}') == []
    assert database.values('scrape_samples_scraped{instance="attic", road="wireguard"}')


def test_metrics_arrive_over_ipv6(road: Road, program: Program, scrapes: Scrapes) -> None:
    """The series go on: they are called after the host, and not after its address."""
    since = scrapes.newest()
    over_ipv4 = road.monitor.path(SCRAPE).read_text()
    assert '"10.77.0.2:9100"' in over_ipv4
    road.monitor.write(SCRAPE, over_ipv4.replace("10.77.0.2:9100", "[fd77:6d6f:7465::2]:9100"))
    rule = 'iifname "wg0" ip6 saddr fd77:6d6f:7465::1 tcp dport 9100'
    before = met(road.attic, rule, "accept")
    try:
        program.process.send_signal(signal.SIGHUP)
        until(lambda: met(road.attic, rule, "accept") > before, "a scrape over IPv6")
        scrapes.succeed(2, scrapes.newest())
        assert scrapes.lost(since) == 0
    finally:
        road.monitor.write(SCRAPE, over_ipv4)
        program.process.send_signal(signal.SIGHUP)


def test_private_keys_are_kept(road: Road) -> None:
    for host in (road.attic, road.monitor):
        key = host.path("/etc/wireguard/wg0.key")
        assert key.stat().st_mode & 0o777 == 0o600
        assert host.attempt("grep", "-rlF", key.read_text().strip(), "/etc").stdout == "/etc/wireguard/wg0.key\n"


@pytest.mark.parametrize(
    ("address", "url", "by_address", "by_device"),
    [
        ("ip daddr 10.77.0.2", MOTESD, BY_ADDRESS[0], BY_DEVICE[0]),
        ("ip6 daddr fd77:6d6f:7465::2", OVER_IPV6, BY_ADDRESS[1], BY_DEVICE[1]),
    ],
)
def test_neighbour_is_kept_out(road: Road, address: str, url: str, by_address: str, by_device: str) -> None:
    """By the firewall; and without it from all but a program that goes by the address."""
    rule = f'iifname != "wg0" {address}'
    for each in (url, by_address):
        before = met(road.attic, rule)
        assert given(road.neighbour, each) == 0
        assert met(road.attic, rule) > before
    with without_firewall(road.attic):
        assert given(road.neighbour, by_address) > 0
        assert given(road.neighbour, by_device) == 0
        assert given(road.neighbour, url) == 0
        assert given(road.monitor, by_device) > 0
    road.lets_in(road.monitor, url)


def test_nobody_listens_for_the_neighbours(road: Road) -> None:
    before = met(road.attic, ELSE)
    assert given(road.neighbour, "http://10.99.0.1:9100/metrics") == 0
    assert met(road.attic, ELSE) > before
    with without_firewall(road.attic):
        assert given(road.neighbour, "http://10.99.0.1:9100/metrics") == 0


def test_monitor_gets_to_this_port_and_no_further(road: Road) -> None:
    attic = road.monitor.run("wg", "show", "wg0", "peers").split()[0]
    beyond = "10.77.0.2/32,fd77:6d6f:7465::2/128,10.99.0.3/32"
    road.attic.run("sysctl", "-q", "net.ipv4.ip_forward=1")
    road.monitor.run("wg", "set", "wg0", "peer", attic, "allowed-ips", beyond)
    road.monitor.ip("route add 10.99.0.3/32 dev wg0")
    for url, chain in ((BY_ADDRESS[0], "input"), ("http://10.99.0.3/", "forward")):
        before = met(road.attic, REST, chain=chain)
        assert given(road.monitor, url) == 0
        assert met(road.attic, REST, chain=chain) > before
    road.monitor.ip("route delete 10.99.0.3/32 dev wg0")


def test_one_host_more_interrupts_no_other(road: Road, scrapes: Scrapes) -> None:
    handshake = road.monitor.run("wg", "show", "wg0", "latest-handshakes")
    assert lost(scrapes, road.add_other) == 0
    assert set(handshake.splitlines()) < set(road.monitor.run("wg", "show", "wg0", "latest-handshakes").splitlines())


def test_other_host_is_not_forwarded(road: Road) -> None:
    """Neither by the monitor's firewall nor, without that, by attic's WireGuard."""
    road.add_other()
    road.monitor.run("sysctl", "-q", "net.ipv4.ip_forward=1")
    monitor = road.other.run("wg", "show", "wg0", "peers").strip()
    road.other.run("wg", "set", "wg0", "peer", monitor, "allowed-ips", "10.77.0.0/24")
    road.other.ip("route replace 10.77.0.0/24 dev wg0")
    before = met(road.monitor, REST, chain="forward")
    assert given(road.other, MOTESD) == 0
    assert met(road.monitor, REST, chain="forward") > before
    with without_firewall(road.monitor):
        before = met(road.attic, ELSE)
        assert given(road.other, MOTESD) == 0
        assert met(road.attic, ELSE) == before
        road.attic.run("wg", "set", "wg0", "peer", monitor, "allowed-ips", "10.77.0.0/24")
        assert given(road.other, MOTESD) == 0
        assert met(road.attic, ELSE) > before
    road.restart(road.attic)


def test_other_peer_is_kept_out(road: Road) -> None:
    """One of attic's own, be it by the firewall or by `allow` alone; nor does the monitor's address help it."""
    with peers(road.attic, road.other):
        before = met(road.attic, ELSE)
        assert given(road.other, MOTESD) == 0
        assert met(road.attic, ELSE) > before
        with without_firewall(road.attic):
            assert given(road.other, BY_ADDRESS[0]) > 0
            assert given(road.other, MOTESD) == 0
            road.other.ip("address add 10.77.0.1/32 dev wg0")
            assert given(road.other, BY_ADDRESS[0], "--interface", "10.77.0.1") == 0
    road.lets_in(road.monitor, MOTESD)


def lost(scrapes: Scrapes, happens: Callable[[], object]) -> int:
    """How many scrapes something costs, until they succeed again."""
    since = scrapes.newest()
    happens()
    scrapes.succeed(2, scrapes.newest())
    return scrapes.lost(since)


def test_restart_of_the_tunnel(road: Road, scrapes: Scrapes) -> None:
    assert lost(scrapes, lambda: road.restart(road.attic)) <= 1


def test_restart_of_the_monitors_tunnel(road: Road, scrapes: Scrapes) -> None:
    """It remembers where attic was, and need not wait for it."""
    assert lost(scrapes, lambda: road.restart(road.monitor)) <= 1


def test_interface_is_deleted_and_made_anew(road: Road, scrapes: Scrapes) -> None:
    since = scrapes.newest()
    road.attic.ip("link delete wg0")
    scrapes.fail(2, since)
    road.attic.run("wg-quick", "up", "wg0")
    scrapes.succeed(2, scrapes.newest())
    assert scrapes.lost(since) <= 4


def test_restart_of_motesd(road: Road, scrapes: Scrapes) -> None:
    def restart() -> None:
        road.motesd.terminate()
        assert road.motesd.wait() == 0
        road.start_motesd()

    assert lost(scrapes, restart) <= 4


def test_link_is_cut(road: Road, scrapes: Scrapes) -> None:
    since = scrapes.newest()
    road.attic.ip("link set eth0 down")
    scrapes.fail(5, since)
    road.attic.ip("link set eth0 up")
    back = scrapes.lost(since)
    scrapes.succeed(2, scrapes.newest())
    assert scrapes.lost(since) - back <= 3


def test_firewall_outlives_that_of_debian(road: Road) -> None:
    """Whose service flushes all that there is."""
    unit = road.attic.path("/etc/systemd/system/nftables.service.d/motes.conf").read_text()
    for when in ("ExecStartPost", "ExecReload"):
        road.attic.run("nft", "flush", "ruleset")
        (command,) = entries(unit, when)
        road.attic.run(*shlex.split(command))
        assert met(road.attic, REST) == 0


@pytest.mark.parametrize(("side", "actions"), [("attic", "stop; start"), ("monitor", "stop; start; reload")])
def test_service_of_openrc(road: Road, scrapes: Scrapes, side: str, actions: str) -> None:
    script = f"ebegin() {{ :; }}; eend() {{ return $1; }}; . /etc/init.d/motes-wg0; {actions}"
    assert lost(scrapes, lambda: getattr(road, side).run("sh", "-euc", script)) <= 1
