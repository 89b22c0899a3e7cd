"""The centre: a host takes another road, and its series go on, in Prometheus and in VictoriaMetrics, by one file."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.support import ssh
from tests.support.database import Database
from tests.support.namespaces import WITHIN, Host, Lan, WireGuard
from tests.support.program import Program
from tests.support.recipes import RECIPES, Scrapes, follow, install, motesd, name
from tests.support.service_file import exec_start

FOLDER = "/etc/prometheus/motes"
FILE = f"{FOLDER}/prometheus.yml"
UNITS = RECIPES / "centre/monitor/etc/systemd/system"
SCRAPING = sorted(file for file in RECIPES.rglob("*.yml") if "scrape_configs:\n" in file.read_text())
# As Debian's /etc/default has it, but for the folder, and as a test wants its answers: at once.
ARGS = {
    "prometheus": "--storage.tsdb.path=/run/data/prometheus",
    "victoria-metrics": "-storageDataPath=/run/data/victoria-metrics -memory.allowedBytes=64MiB"
    " -search.latencyOffset=0s -search.disableCache",
}
ADDRESSES = """
[web]
listen-address = ["dev:wg0:9100", "127.0.0.1:9100"]
[node]
"""


class Centre:
    """The monitor with both databases, and attic, which has two roads to it."""

    def __init__(self, lan: Lan, folder: Path) -> None:
        self.monitor, self.attic = lan.hosts
        for host in lan.hosts:
            host.own("/etc", "/var/lib")
        name({"monitor.example.org": "10.99.0.1"}, *lan.hosts)
        tunnels = WireGuard(lan.hosts, folder / "wireguard.log")
        for index, _ in enumerate(lan.hosts):
            tunnels.start(index)
        ssh.hold_tunnel(self.attic, self.monitor, {})
        ssh.start_sshd(self.monitor, folder / "sshd.log")
        ssh.start_tunnel(self.attic, folder / "tunnel.log")
        self.attic.run("useradd", "--system", "--no-create-home", "_motes")
        self.attic.write("/etc/motes/motes.toml", ADDRESSES)
        motesd(self.attic, folder / "motesd.log")
        install(self.monitor, "centre/monitor", {"30s": "1s", "10s": "1s"})
        trust(self.monitor)
        self.programs = [
            Program(command("prometheus"), 9090, folder / "p.log", ready="/-/ready", machine=self.monitor),
            Program(command("victoria-metrics"), 8428, folder / "v.log", ready="/health", machine=self.monitor),
        ]

    def move(self) -> None:
        """attic from WireGuard to the tunnel that the recipe has for notebook."""
        text = self.monitor.path(FILE).read_text()
        moved = "instance: attic, road: ssh-socks, site: home"
        for said, says in (('"10.77.0.2:9100"', ""), ("instance: notebook, road: ssh-socks", moved)):
            assert said in text
            text = text.replace(said, says)
        self.monitor.write(FILE, text)
        for program in self.programs:
            program.process.send_signal(signal.SIGHUP)


def command(service: str) -> list[str]:
    """What Debian's unit runs, with the recipe's drop-in."""
    drop_in = (UNITS / f"{service}.service.d/motes.conf").read_text()
    assert drop_in.count("ExecStart=\n") == 1, "it takes the place of Debian's"
    return exec_start(drop_in.replace("ExecStart=\n", ""), variables={"ARGS": ARGS[service]})


def trust(monitor: Host) -> None:
    """A certificate, without which VictoriaMetrics reads nothing of the file."""
    follow(monitor, "nginx", "garden.key")
    monitor.write(f"{FOLDER}/garden.pem", monitor.path("/etc/nginx/motes/garden.pem").read_text())


def series(program: Program, when: str) -> list[dict[str, str]]:
    """All that there have been of attic, and of what would have an address for a name.

    No two may ask in the same words: for a while VictoriaMetrics answers with the series that it found the last time.
    """
    asked = urlencode({"query": f'{{job!="", instance!~"notebook|router|garden|{when}"}}[1h]'})
    return [one["metric"] for one in json.loads(program.get(f"/api/v1/query?{asked}"))["data"]["result"]]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with Lan(2) as lan:
        yield Centre(lan, tmp_path_factory.mktemp("centre"))


@pytest.mark.parametrize("file", SCRAPING, ids=lambda file: str(file.relative_to(RECIPES)))
def test_both_can_read_it(file: Path, centre: Centre) -> None:
    """And vmagent, every file of every recipe that says what is scraped."""
    there = f"{FOLDER}/{file.parts[-4]}.yml"
    centre.monitor.write(there, file.read_text())
    lenient = ["-promscrape.config.strictParse=false"] if "rule_files" in file.read_text() else []
    for program in ("victoria-metrics", "vmagent"):
        done = centre.monitor.attempt(program, "-dryRun", f"-promscrape.config={there}", *lenient)
        assert done.returncode == 0, done.stderr
    told = centre.monitor.run("promtool", "check", "config", "--syntax-only", there)
    assert "FAILED" not in told


@pytest.mark.parametrize("service", ARGS)
def test_systemd_understands_every_line(service: str, tmp_path: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", f"{service}.service"],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{UNITS}:/lib/systemd/system"},
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_nobody_else_can_ask(centre: Centre) -> None:
    for port in (9090, 8428):
        assert centre.monitor.get(f"http://127.0.0.1:{port}/metrics") == 200
        assert [centre.attic.get(f"http://{to}:{port}/metrics") for to in ("10.99.0.1", "10.77.0.1")] == [0, 0]


def test_decades_are_kept(centre: Centre) -> None:
    prometheus, victoria_metrics = centre.programs
    assert json.loads(prometheus.get("/api/v1/status/runtimeinfo"))["data"]["storageRetention"] == "50y"
    forty_years = 40 * 365 * 86400
    now = int(Database(victoria_metrics).value("time()") or 0)
    old = f"an_old_sample 1 {(now - forty_years) * 1000}\n"
    victoria_metrics.get("/api/v1/import/prometheus", "--data-binary", old)
    victoria_metrics.get("/internal/force_flush")
    asked = urlencode({"query": "an_old_sample", "time": now - forty_years})
    assert '"an_old_sample"' in victoria_metrics.get(f"/api/v1/query?{asked}")


def test_a_host_takes_another_road(centre: Centre) -> None:
    """The same series go on, without a reset; the road is on what tells of scrapes alone."""
    databases = [Database(program) for program in centre.programs]
    for database in databases:
        scraped(database, "wireguard")
    before = [series(program, "before") for program in centre.programs]
    centre.move()
    for database in databases:
        scraped(database, "ssh-socks")
    for program, database, had in zip(centre.programs, databases, before, strict=True):
        has = series(program, "after")
        new = [one for one in has if one not in had]
        assert {one.get("road") for one in new} == {"ssh-socks"}, new
        assert {one["__name__"].partition("_")[0] for one in has if "road" in one} == {"up", "scrape"}
        assert len([one for one in has if one["__name__"] == "up"]) == 2
        assert {one["instance"] for one in has} == {"attic"}
        times = [time for time, _ in database.history('node_load1{job="motes", instance="attic"}[1h]')]
        print(f"{len(times)} samples, the widest gap {max(b - a for a, b in pairwise(times)):.1f} s")
        assert database.values('resets(process_cpu_seconds_total{instance="attic"}[1h])') == [0]


def scraped(database: Database, road: str) -> None:
    """Wait for three scrapes."""
    scrapes = Scrapes(database, "attic", road)
    scrapes.work()
    scrapes.succeed(3, 0)
