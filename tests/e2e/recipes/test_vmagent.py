"""The road of vmagent: pushed over TLS with a password, and kept on disk while that is not possible."""

import contextlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.namespaces import Host, Lan, until
from tests.support.program import Program
from tests.support.push import BUFFER, CERTIFICATE, PASSWORD, WRITE, Centre, Sender
from tests.support.recipes import follow, name

OWN = [f'up{{job="{job}", instance="cabin", site=""}}' for job in ("motes", "vmagent")]
DROPPED = "vmagent_remotewrite_packets_dropped_total"
RETRIES = "vmagent_remotewrite_retries_count_total"
PENDING = "vmagent_remotewrite_pending_data_bytes"
# That are not on disk yet: five in memory, one until they are written, and one until that is noted down.
SECONDS = 7
LIAR = """
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: motes
    static_configs:
      - targets: ["127.0.0.1:8430"]
        labels: {instance: monitor, site: elsewhere}
"""


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
        for host in (self.cabin, self.neighbour):
            host.write(CERTIFICATE, self.centre.certificate())
        # What vmagents that have ended since have brought.
        self.before = 0
        self.sender.start()
        self.sender.goes_on(2)
        self.arrives()

    def arrives(self) -> None:
        """Wait until all that was scraped is in the database."""
        scrapes = self.sender.scrapes() + self.before
        until(
            lambda: self.centre.samples(instance="cabin", site="") >= scrapes,
            f"{scrapes} samples",
            self.sender.vmagent.log,
        )

    def is_cut(self) -> None:
        self.cabin.ip("link set eth0 down")

    def is_back(self) -> None:
        self.cabin.ip("link set eth0 up")

    def ask(self, *flags: str, url: str = WRITE) -> tuple[int, str]:
        """Status and content of what a neighbour is given."""
        quiet = ("--silent", "--noproxy", "*", "--max-time", "10", "--cacert", CERTIFICATE)
        done = self.neighbour.attempt("curl", *quiet, "--write-out", "\n%{http_code}", *flags, url)
        content, _, status = done.stdout.rpartition("\n")
        return int(status), content

    def until_then(self, moment: float) -> int:
        """How many samples there are of the time before."""
        history = [sample for series in OWN for sample in self.centre.database.history(f"{series}[1h]")]
        return sum(when <= moment for when, _ in history)


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    with Lan(3) as lan:
        yield Road(lan, tmp_path_factory.mktemp("road"))


def vmagent(host: Host, folder: Path, *flags: str) -> Program:
    """One that says that it is the monitor."""
    host.write("/etc/motes/liar.yml", LIAR)
    command = (
        *("vmagent", "-promscrape.config=/etc/motes/liar.yml", "-httpListenAddr=127.0.0.1:8430"),
        *(f"-remoteWrite.tmpDataPath={folder / 'buffer'}", *flags),
    )
    return Program(command, 8430, folder / "log", ready="/health", machine=host)


def test_metrics_arrive(road: Road) -> None:
    """With the host's name; the road is on what tells of scrapes alone."""
    database = road.centre.database
    assert database.value('up{job="motes", instance="cabin", road="vmagent"}') == 1
    assert database.value('count({job="motes", instance="cabin", __name__=~"node_.+"})') > 100  # type: ignore[operator]
    assert database.value('count({road!="", __name__!~"up|scrape_.*"})') is None
    assert database.value(f'{DROPPED}{{job="vmagent", instance="cabin"}}') == 0


def test_what_a_person_asks(road: Road) -> None:
    assert follow(road.sender.host, "vmagent", "curl --config") == "not taken: answered with 400\n"


def test_who_may_not_ask(road: Road) -> None:
    """The password is good for writing; beyond the one path there is nothing for anybody."""
    known = ("--user", f"cabin:{road.sender.password}")
    base = WRITE.removesuffix("/api/v1/write")
    answers = {
        "no password": (401, road.ask()),
        "a wrong one": (401, road.ask("--user", "cabin:wrong")),
        "another name": (401, road.ask("--user", f"monitor:{road.sender.password}")),
        "no name": (401, road.ask("--header", "Authorization: Bearer cabin")),
        "who writes and would read": (404, road.ask(*known, url=f"{base}/api/v1/query?query=up")),
        "the same, a way around": (404, road.ask(*known, "--path-as-is", url=f"{WRITE}/../query?query=up")),
        "the same, all of it": (404, road.ask(*known, url=f"{base}/api/v1/export?match[]=up")),
        "vmauth's own": (404, road.ask(*known, url=f"{base}/metrics")),
        "its processor": (404, road.ask(url=f"{base}/debug/pprof/profile")),
        "vmauth itself": (0, road.ask(url="http://monitor.example.org:8427/metrics")),
        "the database itself": (0, road.ask(url="http://monitor.example.org:8428/metrics")),
        "an old TLS": (0, road.ask("--tls-max", "1.1")),
    }
    assert {who: status for who, (_, (status, _)) in answers.items()} == {
        who: must for who, (must, _) in answers.items()
    }
    assert not [who for who, (_, (_, content)) in answers.items() if "up{" in content or "vm_" in content]


def test_who_may_not_write(road: Road, tmp_path: Path) -> None:
    """Nothing of theirs arrives, and they throw nothing away, for it may have been a mistake."""
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text(road.sender.password)
    wrong.write_text("wrong")
    follow(road.neighbour, "vmagent", "push.key")
    stranger = "/etc/nginx/motes/push.pem"
    plain = WRITE.replace("https", "http")
    who = [
        (WRITE, "cabin", wrong, CERTIFICATE),
        (plain, "cabin", right, CERTIFICATE),
        (WRITE, "cabin", right, stranger),
        (WRITE, None, None, CERTIFICATE),
    ]
    names = ("url", "basicAuth.username", "basicAuth.passwordFile", "tlsCAFile")
    flags = [f"-remoteWrite.{flag}={value}" for each in who for flag, value in zip(names, each, strict=True) if value]
    with vmagent(road.neighbour, tmp_path, *flags) as program:
        for number in range(1, len(who) + 1):
            url = f'{{url="{number}:secret-url"'

            def is_refused(url: str = url) -> bool:
                page = program.get("/metrics")
                assert f"{DROPPED}{url}}} 0\n" in page
                assert f'requests_total{url}, status_code="2XX"}} 0\n' in page
                return f"{RETRIES}{url}}} 0\n" not in page

            until(is_refused, f"{who[number - 1]} is refused", program.log)
    assert road.centre.samples(site="elsewhere") == 0


def test_another_name(road: Road, tmp_path: Path) -> None:
    """cabin's password is good for cabin's series, whatever is claimed."""
    password = tmp_path / "password"
    password.write_text(road.sender.password)
    with vmagent(
        road.neighbour,
        tmp_path,
        f"-remoteWrite.url={WRITE}?extra_label=instance=monitor",
        f"-remoteWrite.tlsCAFile={CERTIFICATE}",
        "-remoteWrite.basicAuth.username=cabin",
        f"-remoteWrite.basicAuth.passwordFile={password}",
    ) as program:
        until(lambda: road.centre.samples(site="elsewhere", instance="cabin") > 1, "what was sent", program.log)
    assert road.centre.samples(site="elsewhere", instance="monitor") == 0


def test_secrets_are_kept(road: Road) -> None:
    for host, file in ((road.cabin, PASSWORD), (road.monitor, "/etc/nginx/motes/push.key")):
        assert host.path(file).stat().st_mode & 0o077 == 0
    said = [road.sender.vmagent.log(), road.centre.vmauth.log(), road.centre.victoria_metrics.log()]
    said += [road.sender.vmagent.get(path) for path in ("/metrics", "/flags", "/config", "/api/v1/status/config")]
    said += [file.read_text() for file in road.monitor.path("/var/log/nginx").glob("*.log")]
    said += [
        road.cabin.run("ps", "-eww", "-o", "args"),
        road.monitor.path("/etc/nginx/motes/push.htpasswd").read_text(),
    ]
    assert not [text for text in said if road.sender.password in text]


def test_offline(road: Road) -> None:
    """Nothing is lost: what was scraped in the meantime arrives afterwards."""
    road.is_cut()
    road.sender.goes_on(6)
    until(lambda: road.sender.told(PENDING) > 0, "a buffer", road.sender.vmagent.log)
    road.is_back()
    road.arrives()


def test_a_wrong_password(road: Road) -> None:
    """It is tried again; when the password is corrected, nothing was lost."""
    retries = road.sender.told(RETRIES)
    road.sender.hand_over("wrong")
    until(lambda: road.sender.told(RETRIES) > retries, "refused", road.sender.vmagent.log)
    road.sender.hand_over(road.sender.password)
    road.arrives()
    assert road.sender.told(DROPPED) == 0


def test_a_host_that_vmauth_does_not_know(road: Road) -> None:
    """What vmauth answers with 400 is tried again, too."""
    retries = road.sender.told(RETRIES)
    file = road.monitor.path("/etc/motes/vmauth.yml")
    right = file.read_text()
    for text in (right.replace("bearer_token: cabin", "bearer_token: cabbin"), right):
        assert road.sender.told(DROPPED) == 0
        file.write_text(text)
        road.centre.vmauth.process.send_signal(signal.SIGHUP)
        if text != right:
            until(lambda: road.sender.told(RETRIES) > retries, "refused", road.sender.vmagent.log)
    road.arrives()
    assert road.sender.told(DROPPED) == 0


def test_the_database_ends(road: Road) -> None:
    """So that nginx and vmauth have nobody to pass it on to."""
    retries = road.sender.told(RETRIES)
    road.centre.victoria_metrics.process.terminate()
    road.centre.victoria_metrics.process.wait()
    until(lambda: road.sender.told(RETRIES) > retries, "not taken", road.sender.vmagent.log)
    road.centre.start_database()
    road.arrives()
    assert road.sender.told(DROPPED) == 0


def test_killed_while_offline(road: Road) -> None:
    """What was scraped in the last seconds is lost, and no more."""
    road.arrives()
    road.is_cut()
    road.sender.goes_on(20)
    scraped, moment = road.before + road.sender.scrapes(), time.time()
    road.sender.kill()
    road.is_back()
    road.sender.start()
    until(lambda: road.until_then(moment) >= scraped - 2 * SECONDS, "what was in the buffer", road.sender.vmagent.log)
    road.before = road.until_then(moment)
    road.arrives()


def test_the_disk_is_full(road: Road) -> None:
    """vmagent ends, again and again, until it can push; what is in the buffer is not lost."""
    road.arrives()
    road.sender.kill()
    before = road.until_then(time.time())
    road.cabin.run("mount", "-t", "tmpfs", "-o", "size=120k", "none", BUFFER)
    road.is_cut()
    road.sender.start()
    scraped = 0
    while road.sender.vmagent.process.poll() is None:
        with contextlib.suppress(AssertionError):
            scraped = road.sender.scrapes()
    moment = time.time()
    assert "no space left on device" in road.sender.vmagent.log()
    road.is_back()
    road.sender.start()
    until(
        lambda: road.until_then(moment) >= before + scraped - 2 * SECONDS,
        "what was in the buffer",
        road.sender.vmagent.log,
    )
    assert road.sender.vmagent.process.poll() is None
