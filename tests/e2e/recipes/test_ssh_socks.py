"""The road of ssh-socks: the key is good for one port at the monitor, and that port for one at the notebook."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ssh
from tests.support.database import Database
from tests.support.namespaces import Host, Lan, until
from tests.support.program import Program
from tests.support.recipes import SCRAPE, Scrapes, install, motesd, name, settle, victoria_metrics

PORT = 21001
TUNNEL = "/etc/motes/tunnel.conf"
SSHD = "/etc/ssh/sshd_config.d/motes-tunnel.conf"
MONITOR = f"{ssh.USER}@monitor.example.org"
BATCH = ("ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes", "-i", "/etc/motes/tunnel.key")
WITH_KEY = (*ssh.AS_USER, *BATCH, "-o", "UserKnownHostsFile=/etc/motes/tunnel.known_hosts")
METRICS = "http://127.0.0.1:9100/metrics"
METRIC = 'node_load1{job="motes", instance="notebook"}'
UP = 'up{job="motes", instance="notebook", road="ssh-socks"}'


class Road:
    """The monitor, the notebook, and a neighbour of both."""

    HEARD = ("notebook", "ssh-socks")

    def __init__(self, lan: Lan, folder: Path) -> None:
        self.monitor, self.notebook, self.neighbour = lan.hosts
        self.folder = folder
        for host in lan.hosts:
            host.own("/etc", "/var/lib")
        name({"monitor.example.org": "10.99.0.1"}, *lan.hosts)
        ssh.hold_tunnel(self.notebook, self.monitor, {"30s": "1s"})
        self.sshd = ssh.start_sshd(self.monitor, folder / "sshd.log")
        self.notebook.run("useradd", "--system", "--no-create-home", "_motes")
        self.notebook.write("/etc/motes/motes.toml", "[node]\n")
        motesd(self.notebook, folder / "motesd.log")
        self.tunnel = ssh.start_tunnel(self.notebook, self.folder / "tunnel.log")
        until(lambda: self.ask() == 200, "metrics through the tunnel", self.log)

    def log(self) -> str:
        return (self.folder / "tunnel.log").read_text()

    def keep(self) -> None:
        """As the unit does: start it again where it has ended."""
        if self.tunnel.poll() is not None:
            self.tunnel = ssh.start_tunnel(self.notebook, self.folder / "tunnel.log")

    def ask(self, url: str = METRICS) -> int:
        return int(self.curl("--output", "/dev/null", "--write-out", "%{http_code}", url))

    def curl(self, *words: str) -> str:
        """What the monitor is given through its port."""
        proxy = ("--proxy", f"socks5h://127.0.0.1:{PORT}")
        return self.monitor.attempt("curl", "--silent", "--max-time", "5", *proxy, *words).stdout

    def try_key(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """ssh(1), as somebody may call it who has got hold of the notebook's key: the monitor lets him in."""
        done = self.notebook.attempt("timeout", "5", *WITH_KEY, "-v", *words, given=given)
        assert "Authenticated to monitor.example.org" in done.stderr
        return done


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    with Lan(3) as lan:
        yield Road(lan, tmp_path_factory.mktemp("road"))


def test_metrics_arrive(road: Road, program: Program, scrapes: Scrapes) -> None:
    """In Prometheus, in VictoriaMetrics, and from vmagent, by one file; the road is on what tells of scrapes alone."""
    with victoria_metrics(road.monitor, road.folder / "victoria-metrics.log") as other, vmagent(road, other.url):
        settle(other, 1000, "promscrape", "promremotewrite")
        for database, by in ((Database(program), ""), (Database(other), ""), (Database(other), "vmagent")):
            for what in (
                'up{job="motes", instance="notebook", road="ssh-socks", by="%s"} == 1',
                METRIC[:-1] + ', by="%s"}',
            ):
                until(lambda database=database, asked=what % by: database.values(asked), what % by)  # type: ignore[misc]
            assert database.values('node_load1{road!=""}') == []


def vmagent(road: Road, to: str) -> Program:
    """One that scrapes, too, and writes to a database."""
    command = (
        *("vmagent", f"-promscrape.config={SCRAPE}", "-remoteWrite.tmpDataPath=/run/data/vmagent"),
        *(f"-remoteWrite.url={to}/api/v1/write", "-remoteWrite.label=by=vmagent"),
        *("-remoteWrite.flushInterval=200ms", "-httpListenAddr=127.0.0.1:8429"),
    )
    return Program(command, 8429, road.folder / "vmagent.log", ready="/health", machine=road.monitor)


def test_the_key_is_its_users_alone(road: Road) -> None:
    key = road.notebook.path("/etc/motes/tunnel.key").stat()
    assert (key.st_uid, key.st_mode & 0o777) == (0, 0o640)
    assert str(key.st_gid) == road.notebook.run("id", "-g", ssh.USER).strip()


@pytest.mark.parametrize(
    "tries",
    [
        (MONITOR,),
        ("-tt", MONITOR),
        (MONITOR, "true"),
        ("-s", MONITOR, "sftp"),
        ("-N", "-R", "127.0.0.1:21002:127.0.0.1:9100", MONITOR),
        ("-N", "-R", "127.0.0.1:21002", MONITOR),
        ("-N", "-R", "0.0.0.0:21001", MONITOR),
        ("-N", "-R", "0", MONITOR),
        ("-N", "-R", "/run/motes-tunnel.sock:127.0.0.1:9100", MONITOR),
    ],
    ids=" ".join,
)
def test_the_key_is_good_for_nothing_else(road: Road, tries: tuple[str, ...]) -> None:
    done = road.try_key(*tries)
    assert done.returncode == 255, f"{done.stdout}{done.stderr}"
    assert done.stdout == ""


@pytest.mark.parametrize("port", [22, 9090, PORT])
def test_the_monitors_own_loopback_is_not_reached(road: Road, program: Program, port: int) -> None:
    done = road.try_key("-W", f"127.0.0.1:{port}", MONITOR, given="GET / HTTP/1.0\r\n\r\n")
    assert (done.returncode, done.stdout) == (255, "")
    assert "administratively prohibited" in done.stderr


def test_the_monitors_unix_sockets_are_not_reached(road: Road, tmp_path: Path) -> None:
    log = tmp_path / "log"
    road.monitor.start("socat", "UNIX-LISTEN:/run/theirs,fork,mode=777", "SYSTEM:echo theirs", log=log)
    until(lambda: road.monitor.path("/run/theirs").exists(), "a socket of the monitor's")
    process = road.notebook.start(*WITH_KEY, "-N", "-L", "7777:/run/theirs", MONITOR, log=log)
    until(lambda: ssh.is_listening(road.notebook, 7777), "it listens", log.read_text)
    assert road.notebook.attempt("socat", "-u", "TCP:127.0.0.1:7777", "STDOUT").stdout == ""
    until(lambda: "open failed" in log.read_text(), "it is refused", log.read_text)
    process.kill()


def test_the_notebook_is_reached_at_one_port(road: Road, tmp_path: Path) -> None:
    """Though it has another, with what nobody should see."""
    (tmp_path / "index.html").write_text("hush")
    serve = ("python3", "-m", "http.server", "8080", "--directory", str(tmp_path))
    road.notebook.start(*serve, log=tmp_path / "log")
    until(lambda: ssh.is_listening(road.notebook, 8080), "another port")
    assert road.notebook.attempt("curl", "--silent", "http://127.0.0.1:8080/").stdout == "hush"
    others = ("127.0.0.1:8080", "localhost:9100", "localhost:8080", "10.99.0.2:8080", "[::1]:9100", "10.99.0.3:22")
    assert {address: road.curl(f"http://{address}/") for address in others} == dict.fromkeys(others, "")
    assert "node_load1 " in road.curl(METRICS)


def test_neighbours_are_kept_out(road: Road) -> None:
    """Of the tunnel's end at the monitor, of motesd, and of the monitor, with a key that it does not know."""
    assert road.neighbour.get(f"http://10.99.0.1:{PORT}/metrics") == 0
    assert road.neighbour.get("http://10.99.0.2:9100/metrics") == 0
    ssh.make_key(road.neighbour, "/etc/motes/tunnel.key")
    whoever = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null")
    done = road.neighbour.attempt(*BATCH, *whoever, "-N", "-R", f"127.0.0.1:{PORT}", MONITOR)
    assert done.returncode == 255
    assert "Permission denied (publickey)" in done.stderr


def test_another_monitor_is_not_believed(road: Road, tmp_path: Path) -> None:
    """Not even one that takes every key."""
    ssh.make_host_key(road.neighbour)
    ssh.make_user(road.neighbour)
    install(road.neighbour, "ssh-socks/monitor")
    road.neighbour.write(ssh.KEYS, road.notebook.path("/etc/motes/tunnel.key.pub").read_text())
    ssh.start_sshd(road.neighbour, tmp_path / "log")
    there = ("-o", "HostName=10.99.0.3", "-o", "HostKeyAlias=monitor.example.org")
    done = road.notebook.attempt(*ssh.AS_USER, "ssh", "-F", TUNNEL, *there, "-NT", "monitor")
    assert done.returncode == 255
    assert "Host key verification failed" in done.stderr


def test_a_short_cut(road: Road, scrapes: Scrapes) -> None:
    """The connection outlives it."""
    since = scrapes.newest()
    road.notebook.ip("link set eth0 down")
    scrapes.fail(2, since)
    cut = scrapes.lost(since)
    road.notebook.ip("link set eth0 up")
    scrapes.work()
    lost = scrapes.lost(since)
    print(f"{lost} scrapes lost, {cut} of them while the link was down")
    assert road.tunnel.poll() is None
    assert lost <= 2 * cut + 2


def test_another_network(road: Road, program: Program, scrapes: Scrapes) -> None:
    """The notebook has another address: its old connection is dead, and the monitor does not know yet."""
    hurry(road, program)
    until(lambda: road.ask() == 200, "metrics through the tunnel", road.log)
    scrapes.work()
    since = scrapes.newest()
    road.notebook.ip(
        *("link set eth0 down", "address delete 10.99.0.2/24 dev eth0"),
        *("address add 10.99.0.22/24 dev eth0", "link set eth0 up"),
    )
    until(lambda: road.tunnel.poll() is not None, "it takes the monitor for gone", road.log)
    assert ssh.is_listening(road.monitor, PORT), "or it would be no more than a cut"
    scrapes.fail(1, since)

    def works() -> bool:
        road.keep()
        return Database(program).value(UP) == 1

    until(works, "scrapes through another tunnel", road.log)
    print(f"{scrapes.lost(since)} scrapes lost")
    assert "remote port forwarding failed for listen port" in road.log()


def hurry(road: Road, program: Program) -> None:
    """Have both ends wait for less, the host's for the least; and the scrapes for more, for sshd asks between them."""
    change(road.notebook, TUNNEL, "ServerAliveInterval 10", "ServerAliveInterval 1")
    change(road.monitor, SSHD, "ClientAliveInterval 3", "ClientAliveInterval 1")
    change(road.monitor, SSHD, "ClientAliveCountMax 2", "ClientAliveCountMax 4")
    change(road.monitor, SCRAPE, "1s", "3s")
    program.process.send_signal(signal.SIGHUP)
    for process in (road.sshd, road.tunnel):
        process.terminate()
        process.wait()
    road.sshd = ssh.start_sshd(road.monitor, road.folder / "sshd.log")
    road.keep()


def change(host: Host, file: str, said: str, says: str) -> None:
    text = host.path(file).read_text()
    assert said in text
    host.write(file, text.replace(said, says))
