"""The road through a gateway that wants a service token in headers, and sends others to a login page."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import trixie
from tests.support.database import Database
from tests.support.namespaces import Lan, until
from tests.support.program import Program
from tests.support.push import Centre, Sender
from tests.support.recipes import RECIPES, commands, follow, install, name, prometheus
from tests.support.service_file import exec_start
from tests.support.ssh import is_listening

CLIENT = "cabin.access"
SECRET = "4f1d0a77c0ffee"  # noqa: S105
URL = "https://gateway.example.org/api/v1/write"
TOKEN = "/etc/motes/gateway/token.conf"  # noqa: S105
PASSWORD = "/etc/prometheus/motes/gateway.password"  # noqa: S105
CONFIGURATION = "/etc/prometheus/prometheus.yml"
SCRAPED = 'up{job="motes", instance="cabin", road="access-gateway"}'
SENT = "prometheus_remote_storage_samples_total"
FAILED = "prometheus_remote_storage_samples_failed_total"
RETRIES = "vmagent_remotewrite_retries_count_total"
DROPPED = "vmagent_remotewrite_packets_dropped_total"
TAKEN = 'vmagent_remotewrite_requests_total{url="1:secret-url", status_code="2XX"}'
# Who is unknown to it is sent to a page for people, and who knows half of a token is forbidden.
GATEWAY = f"""
map "$http_cf_access_client_id $http_cf_access_client_secret" $refused {{
    default 302;
    "~^{CLIENT} " 403;
    "{CLIENT} {SECRET}" 0;
}}
server {{
    listen 443 ssl;
    ssl_certificate /etc/nginx/motes/push.pem;
    ssl_certificate_key /etc/nginx/motes/push.key;
    client_max_body_size 32m;
    location /login {{
        return 200 "<html>Log in</html>";
    }}
    location / {{
        if ($refused = 302) {{
            return 302 /login;
        }}
        if ($refused = 403) {{
            return 403;
        }}
        proxy_pass https://10.99.0.2:8443;
    }}
}}
"""


class Road:
    """cabin, the monitor, and the gateway before that."""

    def __init__(self, lan: Lan, folder: Path) -> None:
        self.cabin, self.monitor, self.gateway = lan.hosts
        self.folder = folder
        for host in lan.hosts:
            host.own("/etc", "/var/lib", "/var/log")
        name({"gateway.example.org": "10.99.0.3"}, *lan.hosts)
        self.centre = Centre(self.monitor, folder)
        self._open_gateway()
        self.sender = Sender(self.cabin, folder)
        install(self.monitor, "access-gateway/monitor", {"> 600": "> 5", "1d:1m": "5m:1s"})
        quick = {"max_backoff: 30s": "max_backoff: 1s\n      batch_send_deadline: 500ms", "30s": "1s"}
        install(self.cabin, "access-gateway/host", {**quick, "> 300": "> 3", "for: 5m": "for: 0s"})
        self.centre.admit(follow(self.cabin, "access-gateway", "openssl passwd"))
        self.sender.password = self.cabin.path(PASSWORD).read_text().strip()
        self._say_token(CLIENT, SECRET)
        self.cabin.run("mkdir", "/run/motes-gateway")
        unit = self.cabin.path("/etc/systemd/system/motes-gateway.service").read_text()
        self._sidecar = self.cabin.start(*exec_start(unit), log=folder / "sidecar.log")
        until(lambda: is_listening(self.cabin, 9201), "a sidecar", self.said)

    def said(self) -> str:
        return (self.folder / "sidecar.log").read_text()

    def change_token(self, client: str = CLIENT, secret: str = SECRET) -> None:
        self._say_token(client, secret)
        self._sidecar.send_signal(signal.SIGHUP)

    def ask(self, *headers: str) -> tuple[int, str]:
        """Status and content of what is answered to who has the password, and these headers."""
        flags = [word for header in headers for word in ("--header", header)]
        user = ("--user", f"cabin:{self.sender.password}")
        quiet = ("--silent", "--noproxy", "*", "--max-time", "10", "--write-out", "\n%{http_code}")
        content, _, status = self.cabin.attempt("curl", *quiet, *user, *flags, URL).stdout.rpartition("\n")
        return int(status), content

    def times(self) -> list[float]:
        """Of the samples that have arrived."""
        return [when for when, _ in self.centre.database.history(f"{SCRAPED}[1h]")]

    def arrives(self, program: Program) -> None:
        """Wait until all that this Prometheus has scraped is at the centre, too."""
        scraped = scrapes(program)
        assert scraped > 0
        until(lambda: self.arrived() >= scraped, f"{scraped} samples", lambda: program.log() + self.said())

    def arrived(self) -> int:
        return self.centre.samples(job="motes", road="access-gateway")

    def _say_token(self, client: str, secret: str) -> None:
        follow(self.cabin, "access-gateway", "token.conf", given=f"{client}\n{secret}\n")

    def _open_gateway(self) -> None:
        script = commands("vmagent", "push.key").replace("monitor.example.org", "gateway.example.org")
        self.gateway.run("sh", "-eu", "-c", script)
        self.gateway.write("/etc/nginx/conf.d/gateway.conf", GATEWAY)
        self.gateway.run("nginx")
        known = self.cabin.path("/etc/ssl/certs/ca-certificates.crt")
        known.write_text(known.read_text() + self.gateway.path("/etc/nginx/motes/push.pem").read_text())


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    with Lan(3) as lan:
        yield Road(lan, tmp_path_factory.mktemp("road"))


@pytest.fixture(scope="module")
def pushing(road: Road) -> Iterator[Program]:
    """Debian's Prometheus on cabin, with the recipe's configuration."""
    with prometheus(road.cabin, road.folder / "prometheus.log", CONFIGURATION) as program:
        until(lambda: scrapes(program), "scrapes", program.log)
        yield program


def scrapes(program: Program) -> int:
    return int(Database(program).value('count_over_time(up{job="motes"}[1h])') or 0)


def with_headers(road: Road, program: str, **tokens: tuple[str, str]) -> Program:
    """A Prometheus that sends headers itself, as the README has it; for each token all that it scrapes."""
    own, _, _ = road.cabin.path(CONFIGURATION).read_text().partition("remote_write:")
    _, _, rest = (RECIPES / "access-gateway/README.md").read_text().partition("```yaml\nremote_write:\n")
    text = f"{own}remote_write:\n"
    for how, (client, secret) in tokens.items():
        text += rest.partition("```")[0].replace("CLIENT-ID", client).replace("CLIENT-SECRET", secret)
        text += f"    name: {how}\n    write_relabel_configs: [{{target_label: how, replacement: {how}}}]\n"
    folder = f"/run/with-headers-{Path(program).name}-{len(tokens)}"
    road.cabin.write(f"{folder}/prometheus.yml", text)
    command = (
        *(program, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"),
        "--web.listen-address=127.0.0.1:9090",
    )
    return Program(command, 9090, road.folder / "with-headers.log", ready="/-/ready", machine=road.cabin)


def push_with_headers(road: Road, client: str, secret: str, how: str) -> None:
    flags = {
        "url": URL,
        "basicAuth_username": "cabin",
        "headers": f"CF-Access-Client-Id:{client}^^CF-Access-Client-Secret:{secret}",
        "label": f"how={how}",
    }
    road.cabin.write("/etc/motes/vmagent.env", "".join(f"remoteWrite_{flag}={flags[flag]}\n" for flag in flags))
    road.sender.start()


def vmalert(road: Road) -> Program:
    """The monitor's rules, on what its database has."""
    command = (
        *("vmalert", "-rule=/etc/prometheus/motes/senders.yml", "-evaluationInterval=1s"),
        *(
            "-datasource.url=http://127.0.0.1:8428",
            "-notifier.url=http://127.0.0.1:9",
            "-httpListenAddr=127.0.0.1:8880",
        ),
    )
    return Program(command, 8880, road.folder / "vmalert.log", ready="/health", machine=road.monitor)


def goes_on(program: Program) -> None:
    there = scrapes(program)
    until(lambda: scrapes(program) >= there + 5, "scrapes more", program.log)


def told(program: Program, metric: str, remote: str = "") -> float:
    """What Prometheus says of its pushes to the only one there is, or to one that has this name."""
    lines = program.get("/metrics").splitlines()
    (found,) = (line for line in lines if line.startswith(f"{metric}{{") and f'remote_name="{remote}' in line)
    return float(found.rpartition(" ")[2])


def firing(program: Program) -> set[str]:
    """The names of the alerts that fire."""
    alerts = json.loads(program.get("/api/v1/alerts"))["data"]["alerts"]
    return {alert["labels"]["alertname"] for alert in alerts or [] if alert["state"] == "firing"}


def test_prometheus(road: Road, pushing: Program) -> None:
    """Its samples arrive, with the host's name; the road is on what tells of scrapes alone."""
    road.arrives(pushing)
    database = road.centre.database
    until(lambda: database.value('node_load1{job="motes", instance="cabin"}') is not None, "load", pushing.log)
    assert database.value('up{job="motes", instance="cabin", road="access-gateway"}') == 1
    assert database.value('count({road!="", __name__!~"up|scrape_.*"})') is None


def test_who_is_turned_away(road: Road) -> None:
    client = f"CF-Access-Client-Id: {CLIENT}"
    assert [
        road.ask()[0],
        road.ask(client)[0],
        road.ask(client, "CF-Access-Client-Secret: wrong")[0],
        road.ask("CF-Access-Client-Id: other.access", f"CF-Access-Client-Secret: {SECRET}")[0],
    ] == [302, 403, 403, 302]
    # Whoever is let through needs the password, too.
    assert road.ask(client, f"CF-Access-Client-Secret: {SECRET}") == (503, "not taken: answered with 400\n")
    assert road.cabin.run("sh", "-c", commands("access-gateway", "curl").splitlines()[-1]) == (
        "not taken: the gateway answered with 401\n"
    )


def test_a_wrong_token(road: Road, pushing: Program) -> None:
    """Prometheus keeps what it has, and says that it is late; when the token is right again, nothing was lost."""
    road.change_token("other.access", "wrong")
    until(lambda: firing(pushing) == {"MotesPushLate"}, "an alert", pushing.log)
    assert "not taken: the gateway answered with 302" in pushing.log()
    road.change_token()
    road.arrives(pushing)
    assert told(pushing, FAILED) == 0
    until(lambda: not firing(pushing), "no alert", pushing.log)


def test_secrets_are_kept(road: Road, pushing: Program) -> None:
    assert road.cabin.path(TOKEN).stat().st_mode & 0o777 == 0o600
    assert road.cabin.path(PASSWORD).stat().st_mode & 0o007 == 0
    said = [pushing.get(path) for path in ("/api/v1/status/config", "/api/v1/status/flags", "/metrics")]
    said += [pushing.log(), road.said(), road.cabin.run("ps", "-eww", "-o", "args")]
    assert not [text for text in said if SECRET in text or road.sender.password in text]


def test_the_link_is_cut(road: Road, pushing: Program) -> None:
    """Nothing is lost, as long as Prometheus runs."""
    road.cabin.ip("link set eth0 down")
    goes_on(pushing)
    road.cabin.ip("link set eth0 up")
    road.arrives(pushing)
    assert told(pushing, FAILED) == 0


def test_prometheus_is_killed_meanwhile(road: Road, pushing: Program) -> None:
    """What it had not pushed is lost, for it goes on with what it scrapes from then on."""
    road.arrives(pushing)
    road.cabin.ip("link set eth0 down")
    arrived = road.arrived()
    goes_on(pushing)
    scraped, moment = scrapes(pushing), time.time()
    pushing.process.kill()
    pushing.process.wait()
    road.cabin.ip("link set eth0 up")
    with prometheus(road.cabin, road.folder / "prometheus.log", CONFIGURATION) as again:
        until(lambda: road.times()[-1] > moment, "newer samples", again.log)
    before = sum(when <= moment for when in road.times())
    assert arrived <= before <= scraped - 4


def test_debians_prometheus_with_headers(road: Road) -> None:
    """Version 2.42 sends none, and takes a login page for success; the centre alone knows that nothing comes."""
    with with_headers(road, "prometheus", debian=(CLIENT, SECRET)) as program:
        until(lambda: told(program, SENT, "debian") > 1000, "samples for nobody", program.log)
        assert told(program, FAILED, "debian") == 0
        with vmalert(road) as rules:
            until(lambda: firing(rules) == {"MotesPushStopped"}, "an alert", rules.log)
    assert road.centre.samples(how="debian") == 0


def test_newer_prometheus_with_headers(road: Road) -> None:
    """It sends them. What is forbidden is lost and counted, and what is redirected lost and not even that."""
    tokens = {"right": (CLIENT, SECRET), "forbidden": (CLIENT, "wrong"), "redirected": ("other.access", SECRET)}
    with with_headers(road, str(trixie.prometheus()), **tokens) as program:
        until(lambda: road.centre.samples(how="right"), "samples", program.log)
        until(lambda: told(program, FAILED, "forbidden") > 0, "samples that are counted", program.log)
        until(lambda: told(program, SENT, "redirected") > 1000, "samples for nobody", program.log)
        assert told(program, FAILED, "redirected") == told(program, FAILED, "right") == 0
        assert road.centre.samples(how="forbidden") == road.centre.samples(how="redirected") == 0
        assert SECRET in program.get("/api/v1/status/config")


def test_vmagent(road: Road) -> None:
    """Through the sidecar it loses nothing, either."""
    follow(road.cabin, "access-gateway", "vmagent.env")
    road.sender.start()
    road.sender.goes_on(2)
    road.change_token(CLIENT, "wrong")
    until(lambda: road.sender.told(RETRIES) > 0, "refused", road.sender.vmagent.log)
    assert "not taken: the gateway answered with 403" in road.sender.vmagent.log()
    road.change_token()
    scraped = road.sender.scrapes()
    until(lambda: road.centre.samples(road="vmagent") >= scraped, "all samples", road.sender.vmagent.log)
    assert road.sender.told(DROPPED) == 0
    said = [road.sender.vmagent.get(path) for path in ("/metrics", "/flags", "/config")]
    assert not [text for text in [*said, road.sender.vmagent.log(), road.said()] if SECRET in text]
    road.sender.kill()


def test_vmagent_with_headers(road: Road) -> None:
    """It sends them, tells them to whoever asks, and takes a login page for success."""
    for client, how in ((CLIENT, "right"), ("other.access", "redirected")):
        push_with_headers(road, client, SECRET, how)
        until(lambda: road.sender.told(TAKEN) > 2, "pushes", road.sender.vmagent.log)
        if how == "right":
            until(lambda: road.centre.samples(job="vmagent", how="right"), "samples", road.sender.vmagent.log)
        assert SECRET in road.sender.vmagent.get("/flags")
        assert SECRET in road.sender.vmagent.log()
        assert road.sender.told(DROPPED) == road.sender.told(RETRIES) == 0
        road.sender.kill()
    push_with_headers(road, CLIENT, "wrong", "forbidden")
    until(lambda: road.sender.told(RETRIES) > 0, "what is forbidden is tried again", road.sender.vmagent.log)
    assert road.sender.told(TAKEN) == road.sender.told(DROPPED) == 0
    assert road.centre.samples(how="redirected") == road.centre.samples(how="forbidden") == 0
