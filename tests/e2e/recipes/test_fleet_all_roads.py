"""A host of each road but WireGuard, from one inventory: it is heard by what `install` has put into its place alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.all_roads import NAMES, Fleet
from tests.support.database import Database
from tests.support.namespaces import Host, Lan, until
from tests.support.program import Program
from tests.support.recipes import motesd, name, prometheus, victoria_metrics
from tests.support.service_file import exec_start, variables
from tests.support.ssh import AS_USER, start_sshd

SCRAPED = {"notebook": "ssh-socks", "router": "ssh-fixed", "garden": "nginx"}
UNITS = "/etc/systemd/system"
FOLDERS = {"STATE_DIRECTORY": "/run/buffer", "CREDENTIALS_DIRECTORY": "/run/credentials"}


class Running:
    """The daemons of all, and both databases."""

    def __init__(self, fleet: Fleet, folder: Path) -> None:
        self._folder = folder
        self._hosts = fleet.hosts
        monitor = fleet.hosts["monitor"]
        # It takes five seconds until it asks anybody.
        self.prometheus = prometheus(monitor, self._log("prometheus"), "/etc/prometheus/motes/prometheus.yml")
        start_sshd(monitor, self._log("sshd"), 2222)
        for called in NAMES[1:]:
            motesd(fleet.hosts[called], self._log(called))
        for called in ("notebook", "router"):
            fleet.hosts[called].start(*AS_USER, *command(fleet.hosts[called], "motes-tunnel"), log=self._log("tunnels"))
        self._push()
        for called in ("monitor", "garden"):
            fleet.hosts[called].run("nginx")

    def log(self) -> str:
        return "".join(file.read_text() for file in sorted(self._folder.glob("*.log")))

    def _push(self) -> None:
        """From cabin, as root, to whom systemd hands a copy of the password."""
        monitor, cabin = self._hosts["monitor"], self._hosts["cabin"]
        self.victoria_metrics = victoria_metrics(monitor, self._log("victoria-metrics"))
        monitor.start(*command(monitor, "motes-vmauth"), log=self._log("vmauth"))
        cabin.write("/run/credentials/password", cabin.path("/etc/motes/vmagent.password").read_text(), 0o600)
        told = variables(cabin.path("/etc/motes/vmagent.env"))
        Program(command(cabin, "motes-vmagent"), 8429, self._log("vmagent"), ready="/health", machine=cabin, **told)

    def _log(self, called: str) -> Path:
        return self._folder / f"{called}.log"


def command(host: Host, service: str) -> list[str]:
    return exec_start(host.path(f"{UNITS}/{service}.service").read_text(), variables=FOLDERS)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Lan(len(NAMES)) as lan:
        addresses = {"monitor.example.org": "10.99.0.1", "garden.example.org": "10.99.0.4"}
        fleet = Fleet(dict(zip(NAMES, lan.hosts, strict=True)), tmp_path_factory.mktemp("fleet"))
        name(addresses, *lan.hosts)
        fleet.set_up()
        yield Running(fleet, tmp_path_factory.mktemp("running"))


def heard(database: Database) -> list[tuple[str, str]]:
    """Who is, and by which road; all of their own series are there, too, which know of no road."""
    loads = {one["instance"] for one in database.labels('node_load1{job="motes", road=""}')}
    scraped = database.labels('up{job="motes"} == 1')
    return sorted((one["instance"], one["road"]) for one in scraped if one["instance"] in loads)


def test_prometheus_hears_whom_it_scrapes(running: Running) -> None:
    database = Database(running.prometheus)
    until(lambda: heard(database) == sorted(SCRAPED.items()), "all that it scrapes", running.log)
    assert len(database.values("up")) == len(SCRAPED)
    assert database.values('node_load1{road!=""}') == []


def test_victoria_metrics_hears_who_pushes(running: Running) -> None:
    """And by the same jobs the others."""
    database = Database(running.victoria_metrics)
    until(lambda: heard(database) == sorted([*SCRAPED.items(), ("cabin", "vmagent")]), "all", running.log)
    assert database.labels('node_load1{site!=""}') == [
        {"__name__": "node_load1", "job": "motes", "instance": "cabin", "site": 'woods: "deep"'}
    ]
