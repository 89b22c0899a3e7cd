"""The road of vmagent, as its recipe has it: a monitor that is pushed to, and hosts that push."""

import itertools
import re
from collections.abc import Mapping
from pathlib import Path

from tests.support.database import Database
from tests.support.namespaces import Host, until
from tests.support.program import NODE, ROOT, Program
from tests.support.recipes import SCRAPE, follow, install, victoria_metrics
from tests.support.service_file import exec_start, variables

WRITE = "https://monitor.example.org:8443/api/v1/write"
WHO_MAY = "/etc/nginx/motes/push.htpasswd"
PASSWORD = "/etc/motes/vmagent.password"  # noqa: S105
CERTIFICATE = "/etc/motes/monitor.pem"
BUFFER = "/run/buffer"
_CREDENTIALS = "/run/credentials"


class Centre:
    """VictoriaMetrics, vmauth and nginx on a monitor; the files are the recipe's."""

    def __init__(self, host: Host, folder: Path) -> None:
        self.host = host
        self._folder = folder
        # VictoriaMetrics remembers for a while that it had nothing for a selector, so none is asked for twice.
        self._asked = itertools.count()
        install(host, "vmagent/monitor")
        host.write(SCRAPE, "scrape_configs: []\n")
        follow(host, "vmagent", "push.key")
        self.start_database()
        command = exec_start(host.path("/etc/systemd/system/motes-vmauth.service").read_text())
        self.vmauth = Program(command, 8427, folder / "vmauth.log", ready="/health", machine=host)
        host.run("nginx")

    def start_database(self) -> None:
        self.victoria_metrics = victoria_metrics(self.host, self._folder / "victoria-metrics.log")
        self.database = Database(self.victoria_metrics)

    def admit(self, line: str) -> None:
        """A line more, of who may push."""
        with self.host.path(WHO_MAY).open("a") as file:
            file.write(line)

    def certificate(self) -> str:
        return self.host.path("/etc/nginx/motes/push.pem").read_text()

    def samples(self, **labels: str) -> int:
        """How many there are of `up`."""
        wanted = [f'{name}="{value}"' for name, value in labels.items()]
        series = f'up{{{",".join([*wanted, f"""asked!="{next(self._asked)}" """])}}}'
        return int(self.database.value(f"sum(count_over_time({series}[1h]))") or 0)


class Sender:
    """vmagent on a host, out of the recipe's unit, which scrapes a motes-node every second."""

    def __init__(self, host: Host, folder: Path, filled_in: Mapping[str, str] = {}) -> None:
        self.host = host
        self._folder = folder
        install(host, "vmagent/host", {"scrape_interval: 30s": "scrape_interval: 1s", **filled_in})
        self.line = follow(host, "vmagent", "openssl passwd")
        self.password = host.path(PASSWORD).read_text().strip()
        environment = {"PYTHONPATH": str(ROOT / ".src")}
        self.motes = Program(NODE, 9100, folder / "motes.log", ready="/-/ready", machine=host, **environment)

    def start(self) -> None:
        """As systemd would, which hands a copy of the password over."""
        self.hand_over(self.password)
        unit = self.host.path("/etc/systemd/system/motes-vmagent.service").read_text()
        command = exec_start(unit, variables={"STATE_DIRECTORY": BUFFER, "CREDENTIALS_DIRECTORY": _CREDENTIALS})
        environment = variables(self.host.path("/etc/motes/vmagent.env"))
        log = self._folder / "vmagent.log"
        self.vmagent = Program(command, 8429, log, ready="/health", machine=self.host, **environment)

    def hand_over(self, password: str) -> None:
        self.host.write(f"{_CREDENTIALS}/password", password, 0o600)

    def kill(self) -> None:
        self.vmagent.process.kill()
        self.vmagent.process.wait()

    def told(self, metric: str) -> float:
        """The sum of vmagent's own series of this name."""
        page = self.vmagent.get("/metrics")
        return sum(float(value) for value in re.findall(rf"^{metric}(?:{{.*}})? (\S+)$", page, re.MULTILINE))

    def scrapes(self) -> int:
        """How many it has made since its start, of motes and of itself."""
        return int(self.told("vm_promscrape_scrapes_total"))

    def goes_on(self, scrapes: int) -> None:
        """Wait for so many scrapes more."""
        there = self.scrapes()
        until(lambda: self.scrapes() >= there + scrapes, f"{scrapes} scrapes more", self.vmagent.log)
