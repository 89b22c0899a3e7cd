"""The recipe `many-hosts`: two scrapers and two databases, and 200 hosts from an inventory of `motes fleet`."""

import json
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from math import inf
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.support import crowd, service_file
from tests.support.crowd import HOSTS, INTERVAL
from tests.support.database import Database
from tests.support.namespaces import WITHIN, Host, Lan, until
from tests.support.program import Program
from tests.support.recipes import RECIPES, SCRAPE, Answer, follow, install, name, prometheus, settle

NAMES = {"monitor.example.org": "10.99.0.1", "monitor2.example.org": "10.99.0.2"}
# Seconds of samples that VictoriaMetrics may have in memory alone, and loses when it is killed; as the recipe says.
UNWRITTEN = 8
SERVICE = "victoria-metrics.service"
DROP_IN = f"{SERVICE}.d/motes.many-hosts.conf"
# What the recipe has a person change, where a web server has the targets.
BY_HTTP = {
    "file_sd_configs:": "http_sd_configs:",
    "files: [/etc/prometheus/motes/targets.json]": "url: http://127.0.0.1/targets.json",
}
# As Debian's /etc/default has it, and as a test wants its answers: at once.
ARGS = (
    "-storageDataPath=/var/lib/victoria-metrics -search.latencyOffset=0s -search.disableCache"
    " -memory.allowedBytes=128MiB"
)


class Front:
    """nginx of a machine, which asks whichever database is there."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def get(self, path: str) -> str:
        return self._host.run("curl", "--silent", "--fail", "--max-time", "10", f"http://127.0.0.1:8430{path}")


def start_scraper(host: Host, log: Path, **flags: str) -> Program:
    """vmagent as its unit has it, and with other flags than those of its file where there are some."""
    given = {"CREDENTIALS_DIRECTORY": "/run/credentials", "STATE_DIRECTORY": "/var/lib/motes-scraper"}
    unit = host.path("/etc/systemd/system/motes-scraper.service").read_text()
    flags = service_file.variables(host.path("/etc/motes/scraper.env")) | flags
    return Program(service_file.exec_start(unit, variables=given), 8429, log, ready="/health", machine=host, **flags)


class Machine:
    """One of the two at the centre: a scraper, a database, and nginx before it."""

    def __init__(self, host: Host, called: str, number: int, folder: Path) -> None:
        self.host = host
        self._folder = folder
        folder.mkdir()
        host.own("/etc", "/var/lib", "/var/log")
        host.ip("route add 10.77.0.0/16 via 10.99.0.3")
        name(NAMES, host)
        example = {"memberNum=0": f"memberNum={number}", "minScrapeInterval=30s": f"minScrapeInterval={INTERVAL}s"}
        install(host, "many-hosts/monitor", example)
        follow(host, "many-hosts", "openssl req", f"{called}\n")
        self.asked = Database(Front(host))

    def configure(self, certificates: str, password: str, fleet: Path) -> None:
        """With what both have in common."""
        self.host.write("/etc/motes/databases.pem", certificates)
        self.host.write("/etc/motes/database.password", password, 0o600)
        follow(self.host, "many-hosts", "database.htpasswd")
        for file in fleet.iterdir():
            self.host.write(f"/etc/prometheus/motes/{file.name}", file.read_text())

    def start_database(self) -> None:
        unit = self.host.path(f"/etc/systemd/system/{DROP_IN}").read_text().replace("ExecStart=\n", "")
        command = service_file.exec_start(unit, variables={"ARGS": ARGS})
        self.database = Program(command, 8428, self._folder / "database.log", ready="/health", machine=self.host)

    def start_front(self) -> None:
        log = self._folder / "nginx.log"
        self.host.start("nginx", "-g", "daemon off;", log=log)
        until(lambda: self.host.get("http://127.0.0.1:8430/"), "nginx", log.read_text)

    def start_scraper(self) -> None:
        self.host.write("/run/credentials/password", self.host.path("/etc/motes/database.password").read_text())
        self.scraper = start_scraper(self.host, self._folder / "scraper.log")

    def has_begun(self) -> None:
        """Wait for all hosts, after three scrapes of each."""
        settle(self.database, 3 * 87 * len(HOSTS), "promremotewrite")
        until(lambda: self.asked.value("sum(up)") == len(HOSTS), "all hosts", self.scraper.log)

    def goes_on(self, intervals: int) -> None:
        """Wait for so many more scrapes; whenever it is asked meanwhile, all hosts are there."""
        last = self._newest() + intervals * INTERVAL

        def reached() -> bool:
            assert self.asked.value("sum(up)") == len(HOSTS)
            return self._newest() > last

        until(reached, f"{intervals} more scrapes")

    def history(self, since: float) -> dict[str, list[float]]:
        """The times of all samples that its own database has, by series."""
        query = urlencode({"match[]": '{job="motes"}', "start": since})
        rows = map(json.loads, self.database.get(f"/api/v1/export?{query}").splitlines())
        return {json.dumps(row["metric"], sort_keys=True): [at / 1000 for at in row["timestamps"]] for row in rows}

    def has_all(self, since: float) -> bool:
        """Whether its own database has no hole after a time."""
        history = self.history(since)
        return (
            len(history) > 80 * len(HOSTS)
            and max(gaps({name: [since, *history[name]] for name in history})) <= 2 * INTERVAL
        )

    def end(self, program: Program, how: signal.Signals) -> None:
        program.process.send_signal(how)
        program.process.wait()

    def _newest(self) -> float:
        return self.asked.value("max(timestamp(up))") or 0


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Machine]]:
    """The two machines, once all hosts are scraped by both."""
    folder = tmp_path_factory.mktemp("centre")
    with Lan(3) as lan:
        *hosts, many = lan.hosts
        machines = [
            Machine(host, called, at, folder / called)
            for at, (host, called) in enumerate(zip(hosts, NAMES, strict=True))
        ]
        follow(hosts[0], "many-hosts", "openssl rand")
        password = hosts[0].path("/etc/motes/database.password").read_text()
        certificates = "".join(host.path("/etc/nginx/motes/database.pem").read_text() for host in hosts)
        fleet = crowd.write_fleet(folder)
        crowd.start(many, folder)
        for machine in machines:
            machine.configure(certificates, password, fleet)
            machine.start_database()
            machine.start_front()
        for machine in machines:
            machine.start_scraper()
        for machine in machines:
            machine.has_begun()
        yield machines


def gaps(history: Mapping[str, Sequence[float]]) -> list[float]:
    """The longest of each series; without end where there are not two samples."""
    return [max((after - at for at, after in pairwise(times)), default=inf) for times in history.values()]


def test_each_sample_is_counted_once(centre: list[Machine]) -> None:
    first, _second = centre
    first.goes_on(4)
    for machine in centre:
        assert machine.scraper.get("/api/v1/targets?state=active").count('"health":"up"') == len(HOSTS)
        counts = machine.asked.values(f"count_over_time(node_load1[{3 * INTERVAL}s])")
        assert len(counts) == len(HOSTS)
        # With those of both scrapers it would be six.
        assert {2, 3, 4} >= set(counts)


def test_who_has_no_password_reads_and_writes_nothing(centre: list[Machine]) -> None:
    _first, second = centre
    question = "https://monitor.example.org:8444/api/v1/query?query=up"
    known = ("--cacert", "/etc/motes/databases.pem")
    password = second.host.path("/etc/motes/database.password").read_text().strip()
    right = Answer(second.host, question, *known, "--user", f"motes:{password}")
    assert (right.status, "h001" in right.content) == (200, True)
    for flags in [(), ("--user", "motes:wrong"), ("--user", "other:" + password)]:
        for url in (question, "https://monitor.example.org:8444/api/v1/write"):
            answer = Answer(second.host, url, *known, *flags)
            assert (answer.status, "h001" in answer.content) == (401, False)
    for path in ("/metrics", "/api/v1/admin/tsdb/delete_series", "/snapshot/create", "/internal/force_flush", "/flags"):
        url = "https://monitor.example.org:8444" + path
        assert Answer(second.host, url, *known, "--user", f"motes:{password}").status == 404
    assert Answer(second.host, question).status == 0
    assert Answer(second.host, question.replace("https:", "http:")).status == 400
    for port in (8428, 8429, 8430):
        assert second.host.get(f"http://monitor.example.org:{port}/metrics") == 0
    assert second.host.get("http://127.0.0.1:8430/api/v1/write") == 404


def test_no_series_has_a_hole(centre: list[Machine]) -> None:
    """One scraper is killed, then one database; both come back; then the other scraper is stopped."""
    first, second = centre
    began = time.time()
    first.end(first.scraper, signal.SIGKILL)
    first.goes_on(3)
    killed = time.time()
    first.end(first.database, signal.SIGKILL)
    first.goes_on(3)
    first.start_database()
    first.start_scraper()
    # It is given what it has missed, but not once more what it had been given and not written yet.
    until(lambda: first.has_all(killed), "all that was buffered", second.scraper.log)
    second.end(second.scraper, signal.SIGTERM)
    second.goes_on(3)
    survivor, returned = second.history(began), first.history(began)
    assert len(survivor) > 80 * len(HOSTS)
    assert returned.keys() == survivor.keys()
    print(max(gaps(survivor)), max(gaps(returned)))
    assert max(gaps(survivor)) <= 2 * INTERVAL
    assert max(gaps(returned)) <= 2 * INTERVAL + UNWRITTEN


@pytest.mark.parametrize("recipes", [("centre", "many-hosts"), ("many-hosts", "centre"), ("many-hosts",)], ids=" ".join)
def test_its_drop_in_counts(recipes: Sequence[str], tmp_path: Path) -> None:
    """Be that of the recipe centre there or not, before or after."""
    for recipe in recipes:
        shutil.copytree(RECIPES / recipe / "monitor", tmp_path, dirs_exist_ok=True)
    shutil.copy(f"/lib/systemd/system/{SERVICE}", tmp_path / "etc/systemd/system")
    show = ("systemd-analyze", f"--root={tmp_path}", "cat-config", f"systemd/system/{SERVICE}")
    done = subprocess.run(show, capture_output=True, text=True, check=True, timeout=WITHIN)
    of_debian, *_, in_the_end = service_file.entries(done.stdout, "ExecStart")
    own = (RECIPES / "many-hosts/monitor/etc/systemd/system" / DROP_IN).read_text()
    assert in_the_end == service_file.entries(own, "ExecStart")[-1] != of_debian


@pytest.mark.parametrize(("members", "replicas"), [(2, 1), (3, 2)])
def test_scrapers_share_the_hosts(tmp_path: Path, members: int, replicas: int) -> None:
    fleet = crowd.write_fleet(tmp_path)
    found: Counter[str] = Counter()
    for number in range(members):
        with alone() as host:
            install(host, "many-hosts/monitor")
            for file in fleet.iterdir():
                host.write(f"/etc/prometheus/motes/{file.name}", file.read_text())
            share = {"membersCount": members, "replicationFactor": replicas, "memberNum": number}
            # It has nobody to write to.
            flags = {"remoteWrite_tlsCAFile": ""}
            flags |= {f"promscrape_cluster_{flag}": str(value) for flag, value in share.items()}
            with start_scraper(host, tmp_path / "log", **flags) as scraper:
                mine = targets(scraper)
        # About as many: whose a host is depends on its address and labels.
        assert 0.8 < len(mine) / (len(HOSTS) * replicas / members) < 1.2
        found.update(mine)
    assert found == dict.fromkeys(HOSTS, replicas)


def test_a_web_server_hands_out_the_targets(tmp_path: Path) -> None:
    """To vmagent, and to Prometheus."""
    with alone() as host:
        for file in crowd.write_fleet(tmp_path).iterdir():
            host.write(f"/etc/prometheus/motes/{file.name}", file.read_text())
        host.write("/etc/nginx/conf.d/targets.conf", "server { listen 127.0.0.1:80; root /etc/prometheus/motes; }\n")
        host.run("nginx")
        handed_out = host.path(SCRAPE).read_text()
        for said, says in BY_HTTP.items():
            assert said in handed_out
            handed_out = handed_out.replace(said, says)
        host.write(SCRAPE, handed_out)
        vmagent = ("vmagent", f"-promscrape.config={SCRAPE}", f"-remoteWrite.tmpDataPath={tmp_path}/queue")
        nowhere = ("-remoteWrite.url=http://127.0.0.1:9/", "-httpListenAddr=127.0.0.1:8429")
        with (
            Program((*vmagent, *nowhere), 8429, tmp_path / "vmagent.log", ready="/health", machine=host) as one,
            prometheus(host, tmp_path / "prometheus.log") as other,
        ):
            assert sorted(targets(one)) == sorted(targets(other)) == sorted(HOSTS)


def targets(scraper: Program) -> list[str]:
    """The hosts that it scrapes, once it has read of them."""

    def active() -> list[str]:
        found = json.loads(scraper.get("/api/v1/targets?state=active"))["data"]["activeTargets"]
        return [target["labels"]["instance"] for target in found]

    until(active, "hosts to scrape", scraper.log)
    return active()


@contextmanager
def alone() -> Iterator[Host]:
    host = Host()
    try:
        host.own("/etc", "/var/lib", "/var/log")
        yield host
    finally:
        host.close()
