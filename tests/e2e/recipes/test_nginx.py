"""The road of nginx: TLS, an address, and a password or a certificate."""

import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.database import Database
from tests.support.namespaces import Host, Lan, until
from tests.support.program import Program
from tests.support.recipes import SCRAPE, Answer, Scrapes, follow, install, motesd, name, prometheus, victoria_metrics
from tests.support.ssh import is_listening

CREDENTIAL = "/etc/prometheus/motes/garden.password"
CERTIFICATE = "/etc/prometheus/motes/garden.pem"
NGINX = "/etc/nginx/conf.d/motes.conf"
METRICS = "https://garden.example.org:9443/metrics"
METRIC = 'node_load1{job="motes", instance="garden"}'


class Road:
    """garden, the monitor, and a neighbour of both."""

    def __init__(self, lan: Lan, folder: Path) -> None:
        self.garden, self.monitor, self.neighbour = lan.hosts
        self.folder = folder
        for host in lan.hosts:
            host.own("/etc", "/var/lib", "/var/log")
        name({"garden.example.org": "10.99.0.1"}, *lan.hosts)
        self._follow_the_steps()
        self.motesd = motesd(self.garden, folder / "motesd.log")
        self.garden.start("nginx", "-g", "daemon off;", log=folder / "nginx.log")
        self.password = self.monitor.path(CREDENTIAL).read_text().strip()
        until(lambda: self.ask().status == 200, "metrics through nginx", (folder / "nginx.log").read_text)

    def ask(self, *flags: str, host: Host | None = None, url: str = METRICS) -> Answer:
        """As the monitor asks, with its password."""
        known = ("--cacert", CERTIFICATE, "--user", f"monitor:{self.password}")
        return Answer(host or self.monitor, url, *known, *flags)

    def _follow_the_steps(self) -> None:
        """The recipe's; what a person copies from one host to the other is copied here."""
        self.garden.run("useradd", "--system", "--no-create-home", "_motes")
        install(self.garden, "nginx/host", {"192.0.2.1": "10.99.0.2", "15s": "2s"})
        follow(self.garden, "nginx", "garden.key")
        follow(self.garden, "nginx", "usermod")
        install(self.monitor, "nginx/monitor", {"30s": "1s"})
        hashed = follow(self.monitor, "nginx", "openssl passwd")
        follow(self.garden, "nginx", "htpasswd", given=hashed)
        for host in (self.monitor, self.neighbour):
            host.write(CERTIFICATE, self.garden.path("/etc/nginx/motes/garden.pem").read_text())


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    with Lan(3) as lan:
        yield Road(lan, tmp_path_factory.mktemp("road"))


@pytest.fixture(scope="module")
def programs(road: Road) -> Iterator[list[Program]]:
    """Prometheus and VictoriaMetrics, which scrape every second by the same file."""
    with (
        prometheus(road.monitor, road.folder / "prometheus.log") as one,
        victoria_metrics(road.monitor, road.folder / "victoria-metrics.log") as other,
    ):
        yield [one, other]


@pytest.fixture
def scrapes(programs: list[Program]) -> Scrapes:
    """Those of Prometheus, which are all well."""
    found = Scrapes(Database(programs[0]), "garden", "nginx")
    found.work()
    return found


def test_metrics_arrive(programs: list[Program]) -> None:
    """The road is on what tells of scrapes alone."""
    for database in map(Database, programs):
        Scrapes(database, "garden", "nginx").work()
        until(partial(database.values, METRIC), METRIC)
        assert database.values('node_load1{road!=""}') == []


def test_secrets_are_kept(road: Road) -> None:
    hashes = "/etc/nginx/motes/htpasswd"
    secrets = [(road.monitor, CREDENTIAL), (road.garden, "/etc/nginx/motes/garden.key"), (road.garden, hashes)]
    assert not [file for host, file in secrets if host.path(file).stat().st_mode & 0o007]
    assert road.password not in road.garden.path(hashes).read_text()


def test_who_is_kept_out(road: Road) -> None:
    answers = {
        "no password": (401, Answer(road.monitor, METRICS, "--cacert", CERTIFICATE)),
        "a wrong one": (401, road.ask("--user", "monitor:wrong")),
        "another user": (401, road.ask("--user", f"root:{road.password}")),
        "another address": (403, road.ask(host=road.neighbour)),
        "one that it says it has": (403, road.ask("--header", "X-Forwarded-For: 10.99.0.2", host=road.neighbour)),
        "plain HTTP": (400, road.ask(url=METRICS.replace("https", "http"))),
        "an old TLS": (0, road.ask("--tls-max", "1.1")),
        "another path": (404, road.ask(url=f"{METRICS}/node")),
        "the page for people": (404, road.ask(url=METRICS.removesuffix("metrics"))),
        "a way around": (404, road.ask("--path-as-is", url=f"{METRICS}/../status.json")),
        "a port of motesd's": (0, Answer(road.monitor, "http://garden.example.org:9100/metrics")),
    }
    assert {who: answer.status for who, (_, answer) in answers.items()} == {
        who: status for who, (status, _) in answers.items()
    }
    assert not [who for who, (_, answer) in answers.items() if answer.has_metrics()]
    assert road.ask().has_metrics()


def test_who_is_not_garden(road: Road, tmp_path: Path) -> None:
    """The password is given to whoever has garden's key, and to nobody else."""
    log = tmp_path / "log"
    follow(road.neighbour, "nginx", "garden.key")
    theirs = "cert=/etc/nginx/motes/garden.pem,key=/etc/nginx/motes/garden.key,verify=0"
    road.neighbour.start("socat", "-u", f"OPENSSL-LISTEN:9443,fork,{theirs}", "STDOUT", log=log)
    until(lambda: is_listening(road.neighbour, 9443), "the impostor listens", log.read_text)
    assert road.ask("--connect-to", "::10.99.0.3:").status == 0
    assert road.ask("--connect-to", "::10.99.0.3:", "--insecure", "--max-time", "1").status == 0
    # From the second, which believes everything.
    until(lambda: "Authorization" in log.read_text(), "what is asked is seen", log.read_text)
    assert log.read_text().count("Authorization") == 1


def test_a_link_that_is_cut(road: Road, scrapes: Scrapes) -> None:
    """Lost is what falls into that time, and one scrape at most."""
    since = scrapes.newest()
    road.garden.ip("link set eth0 down")
    scrapes.fail(3, since)
    road.garden.ip("link set eth0 up")
    cut = scrapes.lost(since)
    scrapes.work()
    print(f"{scrapes.lost(since)} scrapes lost, {cut} of them while the link was down")
    assert scrapes.lost(since) <= cut + 1


def test_motesd_is_gone(road: Road, scrapes: Scrapes) -> None:
    since = scrapes.newest()
    road.motesd.terminate()
    road.motesd.wait()
    scrapes.fail(2, since)
    answer = road.ask()
    assert (answer.status, answer.has_metrics()) == (502, False)
    road.motesd = motesd(road.garden, road.folder / "motesd.log")
    scrapes.work()


def test_motesd_hangs(road: Road, scrapes: Scrapes) -> None:
    """nginx gives up, and serves others meanwhile."""
    since = scrapes.newest()
    road.motesd.send_signal(signal.SIGSTOP)
    try:
        scrapes.fail(2, since)
        assert road.ask().status == 504
        assert road.ask(url=f"{METRICS}/node").status == 404
    finally:
        road.motesd.send_signal(signal.SIGCONT)
    scrapes.work()


def test_what_motesd_is_told(road: Road, scrapes: Scrapes, tmp_path: Path) -> None:
    """The scraper's timeout, and not its password."""
    log = tmp_path / "log"
    road.motesd.terminate()
    road.motesd.wait()
    listening = road.garden.start("socat", "-u", "UNIX-LISTEN:/run/motesd/socket,mode=777", "STDOUT", log=log)
    until(lambda: b"\r\n\r\n" in log.read_bytes(), "a scrape", log.read_text)
    listening.kill()
    listening.wait()
    road.garden.run("rm", "/run/motesd/socket")
    road.motesd = motesd(road.garden, road.folder / "motesd.log")
    told = log.read_text()
    assert "X-Prometheus-Scrape-Timeout-Seconds: 1" in told
    assert "Authorization" not in told
    scrapes.work()


def test_nginx_is_reloaded(road: Road, scrapes: Scrapes) -> None:
    """No scrape is lost."""
    since = scrapes.newest()
    for _ in range(4):
        road.garden.run("nginx", "-s", "reload")
        scrapes.go_on()
    assert scrapes.lost(since) == 0


def test_the_page_for_people(road: Road) -> None:
    """Who wants it takes three lines out of the comments, and it is for those who may have the metrics."""
    comments = "    #location = / {\n    #    proxy_pass http://motesd;\n    #}\n"
    said = road.garden.path(NGINX).read_text()
    assert comments in said
    road.garden.write(NGINX, said.replace(comments, comments.replace("#", "")))
    road.garden.run("nginx", "-s", "reload")
    page = METRICS.removesuffix("metrics")
    # Of nginx's processes, some may still be those from before.
    until(lambda: "<title>" in road.ask(url=page).content, "the page", lambda: road.ask(url=page).content)
    until(lambda: Answer(road.monitor, page, "--cacert", CERTIFICATE).status == 401, "no page without a password")
    until(lambda: road.ask(url=page, host=road.neighbour).status == 403, "no page for a neighbour")


def test_a_certificate_in_place_of_a_password(road: Road, programs: list[Program], scrapes: Scrapes) -> None:
    """Who has none, or another, is kept out, whatever password he has."""
    follow(road.monitor, "nginx", "monitor.key")
    certificate = "/etc/prometheus/motes/monitor.pem"
    road.garden.write("/etc/nginx/motes/monitor.pem", road.monitor.path(certificate).read_text())
    exchange(road.garden, NGINX, "auth_basic", "ssl_client_certificate", "ssl_verify_client")
    exchange(road.monitor, SCRAPE, "basic_auth", "username", "password_file", "cert_file", "key_file")
    since = scrapes.newest()
    road.garden.run("nginx", "-s", "reload")
    scrapes.fail(1, since)
    programs[0].process.send_signal(signal.SIGHUP)
    scrapes.work()
    follow(road.neighbour, "nginx", "monitor.key")
    another = ("/run/another.pem", "/run/another.key")
    for file in another:
        road.monitor.write(file, road.neighbour.path(f"/etc/prometheus/motes/monitor{file[-4:]}").read_text())
    for answer in (road.ask(), road.ask("--cert", another[0], "--key", another[1])):
        assert (answer.status, answer.has_metrics()) == (400, False)


def exchange(host: Host, file: str, *settings: str) -> None:
    """Make comments of a file's lines with these settings, and settings of the comments."""
    lines = host.path(file).read_text().splitlines()
    for number, line in enumerate(lines):
        setting = line.strip().removeprefix("#")
        if setting.startswith(settings):
            lines[number] = line.replace("#", "") if "#" in line else f"#{line}"
    host.write(file, "".join(f"{line}\n" for line in lines))
