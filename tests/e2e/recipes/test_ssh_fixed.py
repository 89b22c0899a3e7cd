"""The road of ssh-fixed: a key is good for one port on the monitor's loopback, which nginx gives the host's name."""

import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path

import pytest

from tests.support.database import Database
from tests.support.namespaces import WITHIN, Host, Lan, until
from tests.support.program import Program
from tests.support.recipes import (
    RECIPES,
    SCRAPE,
    Answer,
    Scrapes,
    follow,
    install,
    motesd,
    name,
    victoria_metrics,
)
from tests.support.service_file import exec_start
from tests.support.ssh import USER, is_listening, make_host_key, make_key, make_user, start_sshd

UNIT = RECIPES / "ssh-fixed/host/etc/systemd/system/motes-tunnel.service"
TUNNELS = "/etc/motes/tunnels"
KEY = "/etc/motes/tunnel.key"
PLACE = "http://127.0.0.1:9101"
ROUTER, SHED, NOBODYS = 20001, 20002, 20003  # ports
SOCKET = "/run/motesd/socket"
AS_USER = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups", "--no-new-privs")
SSH = (
    *(*AS_USER, "ssh", "-F", "none", "-i", KEY, "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes"),
    *("-o", "UserKnownHostsFile=/etc/motes/tunnel.known_hosts"),
)
MONITOR = f"{USER}@monitor.example.org"


class Tunnel:
    """A host's; the unit starts it again where it has ended, and so does who waits for it."""

    def __init__(self, host: Host, port: int, log: Path) -> None:
        self._host = host
        self._port = port
        self._log = log
        self.start()

    def start(self) -> None:
        self.process = self._host.start(*AS_USER, *exec_start(UNIT.read_text()), log=self._log)

    def log(self) -> str:
        return self._log.read_text()

    def is_back(self, monitor: Host) -> bool:
        if self.process.poll() is not None:
            self.start()
        return is_listening(monitor, self._port)


class Road:
    """The monitor, and two hosts with tunnels: router, and shed, whose motesd has a unix socket and no port."""

    HEARD = ("router", "ssh-fixed")

    def __init__(self, lan: Lan, folder: Path) -> None:
        self.monitor, self.router, self.shed = lan.hosts
        self._folder = folder
        for host in lan.hosts:
            host.own("/etc", "/var/lib", "/var/log", "/usr/local")
            make_user(host)
        name({"monitor.example.org": "10.99.0.1"}, *lan.hosts)
        self._follow_the_steps()
        for host in (self.router, self.shed):
            motesd(host, folder / "motesd.log")
        self.start_sshd()
        self.monitor.start("nginx", "-g", "daemon off;", log=folder / "nginx.log")
        self.tunnels = [
            Tunnel(self.router, ROUTER, folder / "router.log"),
            Tunnel(self.shed, SHED, folder / "shed.log"),
        ]
        for tunnel in self.tunnels:
            until(partial(tunnel.is_back, self.monitor), "a tunnel", self.log)

    def log(self) -> str:
        return "".join(file.read_text() for file in sorted(self._folder.glob("*.log")))

    def denied(self) -> int:
        """How many ports sshd has denied."""
        return (self._folder / "sshd.log").read_text().count("but the request was denied")

    def start_sshd(self) -> None:
        self.sshd = start_sshd(self.monitor, self._folder / "sshd.log")

    def _follow_the_steps(self) -> None:
        """The recipe's; what a person copies from one host to the other is copied here."""
        monitor = self.monitor
        make_host_key(monitor)
        known = follow(monitor, "ssh-fixed", 'echo "monitor.example.org')
        socket = {
            "RemoteForward 127.0.0.1:20001 127.0.0.1:9100": "",
            "#RemoteForward 127.0.0.1:20001": "RemoteForward 127.0.0.1:20002",
        }
        router = _prepare(self.router, known, {})
        shed = _prepare(self.shed, known, socket)
        self.router.write("/etc/motes/motes.toml", "[node]\n")
        self.shed.write("/etc/motes/motes.toml", f'[web]\nlisten-address = ["unix:{SOCKET}"]\n[node]\n')
        self.shed.run("usermod", "-a", "-G", "_motes", USER)
        examples = {"30s": "1s", "ClientAliveInterval 3": "ClientAliveInterval 1", "PUBLIC-KEY-OF-ROUTER": router}
        install(monitor, "ssh-fixed/monitor", examples)
        monitor.write(TUNNELS, monitor.path(TUNNELS).read_text() + f"{SHED} shed {shed}\n")
        monitor.run("mkdir", "/run/sshd")
        follow(monitor, "ssh-fixed", "motes-tunnels")


def _prepare(host: Host, known: str, examples: dict[str, str]) -> str:
    """A host of the tunnel's; its public key is returned."""
    host.run("useradd", "--system", "--no-create-home", "_motes")
    install(host, "ssh-fixed/host", {"ServerAliveInterval 10": "ServerAliveInterval 3", **examples})
    follow(host, "ssh-fixed", "known_hosts", given=known)
    return follow(host, "ssh-fixed", "ssh-keygen").strip()


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    with Lan(3) as lan:
        yield Road(lan, tmp_path_factory.mktemp("road"))


@pytest.fixture
def seldom(road: Road, program: Program, scrapes: Scrapes) -> Iterator[Scrapes]:
    """Scrapes with quiet times between them, in which sshd sees to who is still there."""
    often = road.monitor.path(SCRAPE).read_text()
    road.monitor.write(SCRAPE, often.replace("1s", "3s\n    scrape_timeout: 1s"))
    program.process.send_signal(signal.SIGHUP)
    yield scrapes
    road.monitor.write(SCRAPE, often)
    program.process.send_signal(signal.SIGHUP)


def try_key(road: Road, *options: str, command: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """ssh(1), as somebody may call it who has got hold of router's key: the monitor lets him in."""
    asked = "GET /metrics HTTP/1.0\r\n\r\n"
    words = ("timeout", "10", *SSH, "-v", *options, MONITOR, *command)
    done = road.router.attempt(*words, given=asked)
    assert "Authenticated to monitor.example.org" in done.stderr
    return done


def test_metrics_arrive(road: Road, program: Program, tmp_path: Path) -> None:
    """In both databases, by the same file; the road is on what tells of scrapes alone."""
    with victoria_metrics(road.monitor, tmp_path / "log") as other:
        for database, host in product((Database(program), Database(other)), ("router", "shed")):
            Scrapes(database, host, "ssh-fixed").work()
            metric = f'node_load1{{job="motes", instance="{host}"}}'
            until(partial(database.values, metric), metric)
            assert database.values('node_load1{road!=""}') == []


def test_what_is_served(road: Road) -> None:
    """Each host below its name, with its page for people; and nothing of it to others."""
    served = {
        "/router/metrics": 200,
        "/shed/metrics": 200,
        "/router/": 200,
        "/router/status.json": 200,
        "/metrics": 404,
        "/": 404,
        "/another/metrics": 404,
    }
    assert {path: Answer(road.monitor, PLACE + path).status for path in served} == served
    for port in (9101, ROUTER, SHED):
        assert Answer(road.shed, f"http://monitor.example.org:{port}/router/metrics").status == 0


def test_the_key_is_its_users_alone(road: Road) -> None:
    assert road.router.path(KEY).stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("what", ["", "-tt", "-A", "-X", "id", "-s sftp"])
def test_a_session(road: Road, what: str) -> None:
    options = tuple(word for word in what.split() if word.startswith("-"))
    command = tuple(word for word in what.split() if not word.startswith("-"))
    done = try_key(road, *options, command=command)
    assert (done.returncode, done.stdout) == (255, "")
    assert "open failed" in done.stderr


@pytest.mark.parametrize(
    "where",
    [
        f"127.0.0.1:{NOBODYS}",
        f"127.0.0.1:{SHED}",
        f"0.0.0.0:{ROUTER}",
        f"*:{ROUTER}",
        f"[::1]:{ROUTER}",
        f"localhost:{ROUTER}",
        f"10.99.0.1:{ROUTER}",
        "127.0.0.1:0",
    ],
)
def test_another_port(road: Road, where: str) -> None:
    denied = road.denied()
    done = try_key(road, "-N", "-R", f"{where}:127.0.0.1:9100")
    assert done.returncode == 255
    assert "remote port forwarding failed" in done.stderr
    until(lambda: road.denied() == denied + 1, "it was denied, and not taken", road.log)


def test_a_unix_socket(road: Road) -> None:
    done = try_key(road, "-N", "-R", "/tmp/motes-tunnel.socket:127.0.0.1:9100")  # noqa: S108
    assert done.returncode == 255
    assert "remote port forwarding failed" in done.stderr


@pytest.mark.parametrize("where", [f"127.0.0.1:{SHED}", "127.0.0.1:9101", "127.0.0.1:22", "10.99.0.3:22"])
def test_a_connection_to_or_through_the_monitor(road: Road, where: str) -> None:
    done = try_key(road, "-W", where)
    assert (done.returncode, done.stdout) == (255, "")
    assert "administratively prohibited" in done.stderr


def test_ports_that_lead_to_the_monitor(road: Road, tmp_path: Path) -> None:
    """They are router's own, and lead nowhere: neither to a port, nor to a socket that is everybody's."""
    log = tmp_path / "log"
    socket = ("--unix-socket", "/run/open")
    road.monitor.start("socat", "UNIX-LISTEN:/run/open,fork,mode=777", "TCP:127.0.0.1:9101", log=log)
    until(lambda: Answer(road.monitor, f"{PLACE}/router/metrics", *socket).status == 200, "the socket", log.read_text)
    forwards = ("-L", "7001:127.0.0.1:9101", "-L", "7002:/run/open", "-D", "7003")
    road.router.start(*SSH, "-N", *forwards, MONITOR, log=log)
    until(lambda: all(is_listening(road.router, port) for port in (7001, 7002, 7003)), "they listen", log.read_text)
    for answer in (
        Answer(road.router, "http://127.0.0.1:7001/router/metrics"),
        Answer(road.router, "http://127.0.0.1:7002/router/metrics"),
        Answer(road.router, f"{PLACE}/router/metrics", "--noproxy", "", "--socks5", "127.0.0.1:7003"),
    ):
        assert (answer.status, answer.content) == (0, "")
    assert log.read_text().count(": open failed: ") == 3


def test_another_key(road: Road) -> None:
    another = make_key(road.router, "/run/another.key")
    assert another not in road.monitor.path(TUNNELS).read_text()
    road.router.run("chown", USER, "/run/another.key")
    words = [word.replace(KEY, "/run/another.key") for word in SSH]
    done = road.router.attempt(*words, "-N", MONITOR)
    assert "Permission denied" in done.stderr


def test_sshd_is_restarted(road: Road, scrapes: Scrapes) -> None:
    """Tunnels stay."""
    since = scrapes.newest()
    road.sshd.terminate()
    road.sshd.wait()
    scrapes.go_on()
    road.start_sshd()
    scrapes.go_on()
    assert scrapes.lost(since) == 0


def test_a_short_cut(road: Road, scrapes: Scrapes) -> None:
    """The connection outlives it."""
    tunnel = road.tunnels[0]
    since = scrapes.newest()
    road.router.ip("link set eth0 down")
    scrapes.fail(2, since)
    cut = scrapes.lost(since)
    road.router.ip("link set eth0 up")
    scrapes.work()
    print(f"{scrapes.lost(since)} scrapes lost, {cut} of them while the link was down")
    assert tunnel.process.poll() is None
    assert scrapes.lost(since) <= 2 * cut + 2


def test_a_long_cut(road: Road, seldom: Scrapes) -> None:
    """Both ends notice, and then the host is back within what it takes to try again."""
    tunnel = road.tunnels[0]
    since = seldom.newest()
    road.router.ip("link set eth0 down")
    until(lambda: not is_listening(road.monitor, ROUTER), "sshd frees the port", road.log)
    until(lambda: tunnel.process.poll() is not None, "ssh ends", road.log)
    seldom.fail(1, since)
    cut = seldom.lost(since)
    road.router.ip("link set eth0 up")
    until(lambda: tunnel.is_back(road.monitor), "the tunnel", road.log)
    seldom.work()
    print(f"{seldom.lost(since)} scrapes lost, {cut} of them while the link was down")
    assert seldom.lost(since) <= cut + 1


def test_another_address(road: Road, seldom: Scrapes) -> None:
    """The old connection is dead, and nobody has told the monitor: until sshd knows, the port is taken."""
    tunnel = road.tunnels[0]
    since = seldom.newest()
    road.router.ip("address delete 10.99.0.2/24 dev eth0", "address add 10.99.0.22/24 dev eth0")
    tunnel.process.kill()
    tunnel.process.wait()
    said = len(tunnel.log())
    tunnel.start()
    assert tunnel.process.wait(WITHIN) == 255
    assert "remote port forwarding failed" in tunnel.log()[said:]
    assert is_listening(road.monitor, ROUTER)
    seldom.fail(1, since)
    until(lambda: not is_listening(road.monitor, ROUTER), "sshd frees the port", road.log)
    until(lambda: tunnel.is_back(road.monitor), "the tunnel", road.log)
    seldom.work()
    print(f"{seldom.lost(since)} scrapes lost")


def test_a_host_that_is_taken_out(road: Road, program: Program, scrapes: Scrapes) -> None:
    """It loses its tunnel for good; the others' come back."""
    router, shed = road.tunnels
    lines = road.monitor.path(TUNNELS).read_text().splitlines(keepends=True)
    road.monitor.write(TUNNELS, "".join(line for line in lines if " shed " not in line))
    follow(road.monitor, "ssh-fixed", "motes-tunnels")
    road.monitor.run("nginx", "-s", "reload")
    # The host's processes alone: all that run here are seen.
    road.monitor.run("pkill", "-u", USER, "--ns", str(road.monitor.pid), "--nslist", "net")
    for tunnel in road.tunnels:
        tunnel.process.wait(WITHIN)
    until(lambda: router.is_back(road.monitor), "router's tunnel", road.log)
    scrapes.work()
    shed.start()
    assert shed.process.wait(WITHIN) == 255
    assert "Permission denied" in shed.log()
    until(lambda: Answer(road.monitor, f"{PLACE}/shed/metrics").status == 404, "nginx has no place for it")
    until(lambda: "shed" not in program.get("/api/v1/targets?state=active"), "shed is no target any more")
