"""The recipes' files and commands on hosts of tests, and what reads what they bring to the monitor."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.database import Database
from tests.support.namespaces import Host, until
from tests.support.program import ROOT, Program

RECIPES = ROOT / "packaging/recipes"
MOTESD = (sys.executable, "-m", "motes.shared.motesd", "--config.file=/etc/motes/motes.toml")
SCRAPE = "/etc/prometheus/motes/scrape.yml"
DATA = "/run/data"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def install(host: Host, tree: str, filled_in: Mapping[str, str] = {}) -> None:
    """Put `ssh-fixed/monitor` and the like on a host that has the folders as its own; values for those of examples."""
    unused = set(filled_in)
    for file in sorted((RECIPES / tree).rglob("*")):
        if file.is_file():
            text = file.read_text()
            unused -= {example for example in unused if example in text}
            for example, value in filled_in.items():
                text = text.replace(example, value)
            host.write(f"/{file.relative_to(RECIPES / tree)}", text, file.stat().st_mode & 0o777)
    assert not unused, f"{tree} does not have {unused}"


def name(hosts: Mapping[str, str], *known_to: Host) -> None:
    """Names and their addresses, for hosts that have /etc as their own."""
    for host in known_to:
        old = host.path("/etc/hosts").read_text()
        host.write("/etc/hosts", old + "".join(f"{address}\t{called}\n" for called, address in hosts.items()))


def commands(recipe: str, containing: str) -> str:
    """The only block of commands in a recipe's README that has a text in it."""
    _, *blocks = (RECIPES / recipe / "README.md").read_text().split("\n```sh\n")
    (found,) = (text for block in blocks if containing in (text := block.partition("\n```")[0]))
    return found


def follow(host: Host, recipe: str, containing: str, given: str = "") -> str:
    """Have root's shell of a host run such a block, with what a person would type; what it says is returned."""
    return host.run("env", f"PATH={PATH}", "sh", "-eu", "-c", commands(recipe, containing), given=given)


def motesd(host: Host, log: Path) -> subprocess.Popen[bytes]:
    """motesd with the host's /etc/motes/motes.toml, and with the group of the package's user."""
    host.run("mkdir", "-p", "/run/motesd")
    return host.start("setpriv", "--regid=_motes", "--clear-groups", *MOTESD, log=log, PYTHONPATH=str(ROOT / ".src"))


def prometheus(host: Host, log: Path, file: str = SCRAPE) -> Program:
    """Prometheus as its package's user."""
    host.run("install", "-d", "-o", "prometheus", "-g", "prometheus", f"{DATA}/prometheus")
    command = (
        *("setpriv", "--reuid=prometheus", "--regid=prometheus", "--init-groups"),
        *("prometheus", f"--config.file={file}", f"--storage.tsdb.path={DATA}/prometheus"),
        "--web.listen-address=127.0.0.1:9090",
    )
    return Program(command, 9090, log, ready="/-/ready", machine=host)


def victoria_metrics(host: Host, log: Path, file: str = SCRAPE) -> Program:
    """VictoriaMetrics, which reads the same file. It answers from what it has this moment."""
    command = (
        *("victoria-metrics", f"-promscrape.config={file}", f"-storageDataPath={DATA}/victoria-metrics"),
        *("-httpListenAddr=127.0.0.1:8428", "-search.latencyOffset=0s", "-search.disableCache"),
        "-memory.allowedBytes=64MiB",
    )
    return Program(command, 8428, log, ready="/health", machine=host)


def settle(database: Program, rows: int, *ways: str) -> None:
    """Wait for so many by each way. For seconds, VictoriaMetrics finds none that it was asked for too early."""

    def enough() -> bool:
        page = database.get("/metrics")
        counts = [re.search(rf'^vm_rows_inserted_total{{type="{way}"}} (\d+)$', page, re.MULTILINE) for way in ways]
        return all(count is not None and int(count[1]) >= rows for count in counts)

    until(enough, f"{rows} rows by each of {ways}", database.log)
    database.get("/internal/force_flush")


class Answer:
    """What a host is given over HTTP; status 0 where there was no answer."""

    def __init__(self, host: Host, url: str, *flags: str) -> None:
        told = ("--silent", "--noproxy", "*", "--max-time", "10", "--write-out", "\n%{http_code}")
        self.content, _, status = host.attempt("curl", *told, *flags, url).stdout.rpartition("\n")
        self.status = int(status)

    def has_metrics(self) -> bool:
        return "node_" in self.content or "motes_" in self.content


class Scrapes:
    """Those of one host over one road, by which is measured what is lost."""

    def __init__(self, database: Database, instance: str, road: str) -> None:
        self._database = database
        self._up = f'up{{job="motes", instance="{instance}", road="{road}"}}'

    def newest(self) -> float:
        """When it was."""
        return self._history()[-1][0]

    def lost(self, since: float) -> int:
        """How many have failed after a time."""
        return sum(value == 0 for time, value in self._history() if time > since)

    def work(self) -> None:
        """Wait until the newest has not failed."""
        until(lambda: self._database.value(self._up) == 1, f"{self._up} is 1")

    def go_on(self) -> None:
        """Wait for the next."""
        before = self.newest()
        until(lambda: self.newest() > before, f"one more {self._up}")

    def fail(self, times: int, since: float) -> None:
        """Wait until so many have failed."""
        until(lambda: self.lost(since) >= times, f"{self._up} has been 0 for {times} times")

    def succeed(self, times: int, since: float) -> None:
        """Wait until so many have not."""
        until(
            lambda: sum(value == 1 for time, value in self._history() if time > since) >= times,
            f"{self._up} has been 1 for {times} times",
        )

    def _history(self) -> list[tuple[float, float]]:
        return self._database.history(f"{self._up}[1h]")
