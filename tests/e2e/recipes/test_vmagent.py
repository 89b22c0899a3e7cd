"""The road of vmagent: pushed over TLS with a password, and kept on disk while that is not possible."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.namespaces import Host, Lan, until
from tests.support.push import BUFFER, PASSWORD, WRITE, Centre, Sender
from tests.support.recipes import name

ALL = 'up{instance="cabin"}'
LOADAVG = 'node_load1{job="motes", instance="cabin"}'


class Road:
    """cabin, the monitor, and a neighbour of both."""

    def __init__(self, lan: Lan, folder: Path) -> None:
        self.cabin, self.monitor, self.neighbour = lan.hosts
        for host in lan.hosts:
            host.own("/etc", "/var/lib", "/var/log")
        name({"monitor.example.org": "10.99.0.2"}, *lan.hosts)
        self.centre = Centre(self.monitor, folder)
        self.sender = Sender(self.cabin, folder)
        self.centre.admit(self.sender.line)
        self.sender.trust(self.centre.certificate())
        self.neighbour.write("/etc/motes/monitor.pem", self.centre.certificate())
        self.password = self.cabin.path(PASSWORD).read_text().strip()
        self.sender.start()
        self.arrives()

    def arrives(self) -> None:
        """Wait until all that was scraped before now is in the database."""
        scrapes = self.sender.scrapes() + self.before
        until(
            lambda: self.centre.samples(ALL) >= scrapes, f"{scrapes} scrapes in the database", self.sender.vmagent.log
        )

    before = 0

    def ask(self, *flags: str, url: str = WRITE, host: Host | None = None) -> tuple[int, str]:
        """Status and content of what curl is given, as a neighbour."""
        quiet = ("--silent", "--noproxy", "*", "--max-time", "10", "--cacert", "/etc/motes/monitor.pem")
        done = (host or self.neighbour).attempt("curl", *quiet, "--write-out", "\n%{http_code}", *flags, url)
        content, _, status = done.stdout.rpartition("\n")
        return int(status), content


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    with Lan(3) as lan:
        yield Road(lan, tmp_path_factory.mktemp("road"))


def test_metrics_arrive(road: Road) -> None:
    """With the host's name; the road is on what tells of scrapes alone."""
    database = road.centre.database
    until(lambda: database.value(LOADAVG) is not None, "load", road.sender.vmagent.log)
    assert database.value('up{job="motes", instance="cabin", road="vmagent"}') == 1
    assert database.value('count({job="motes", road!="", __name__!~"up|scrape_.*"})') is None
    until(lambda: database.value('vmagent_remotewrite_packets_dropped_total{job="vmagent"}') == 0, "of itself")


def test_offline(road: Road) -> None:
    """Nothing is lost: what was scraped in the meantime arrives afterwards."""
    road.cabin.ip("link set eth0 down")
    offline = road.sender.scrapes()
    until(lambda: road.sender.scrapes() >= offline + 12, "scrapes while offline")
    until(lambda: road.sender.told("vmagent_remotewrite_pending_data_bytes") > 0, "a buffer", road.sender.vmagent.log)
    road.cabin.ip("link set eth0 up")
    road.arrives()
    print(gaps(road))


def gaps(road):
    found = [t for t, _ in road.centre.database.history('up{job="motes",instance="cabin"}[1h]')]
    return len(found), [round(b - a, 2) for a, b in zip(found, found[1:]) if b - a > 1.3]
