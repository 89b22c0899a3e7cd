"""vmalert at the centre, out of its unit, on what a fleet of all roads is: who pushes is missed there, and nobody else.

VictoriaMetrics is real, and is given `up` of each host as vmagent and its own scrapes would.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from motes.shared.fleet.command import read, trees

from tests.support.database import Database
from tests.support.namespaces import Host, until
from tests.support.program import Program
from tests.support.recipes import RECIPES, SCRAPE, install, victoria_metrics
from tests.support.service_file import exec_start, variables

FOLDER = "/etc/prometheus/motes"
SILENT = {"alertname": "MotesHostSilent", "instance": "cabin", "road": "vmagent", "severity": "critical"}
CABIN = {"job": "motes", "instance": "cabin", "road": "vmagent"}

AN_HOUR_AGO = f"{int(time.time() - 3600)}000"


class Centre:
    """VictoriaMetrics and vmalert, the files of a fleet, and all rules."""

    def __init__(self, host: Host, folder: Path) -> None:
        host.own("/etc")
        install(host, "centre/monitor", {"evaluationInterval=30s": "evaluationInterval=1s"})
        for path, file in trees(read(RECIPES / "fleet/fleet.toml")).items():
            name, _, there = path.partition("/")
            if name == "monitor" and there.startswith("etc/prometheus/"):
                # Nobody waits for ten minutes here.
                host.write(f"/{there}", re.sub(r"for: \d+m", "for: 2s", file.content.decode()))
        targets = json.loads(host.path(f"{FOLDER}/targets.json").read_text())
        self.targets = [target["labels"] for target in targets]
        host.write(SCRAPE, "scrape_configs: []\n")
        self.victoria_metrics = victoria_metrics(host, folder / "victoria-metrics.log")
        self.database = Database(self.victoria_metrics)
        # VictoriaMetrics is slow to find series that are new.
        self.has("up", CABIN, AN_HOUR_AGO)
        for labels in (CABIN, *self.targets):
            self.has("motes_fleet_host", {**labels, "job": ""}, AN_HOUR_AGO)
        for labels in self.targets:
            self.has("up", labels)
        self.victoria_metrics.get("/internal/force_flush")
        unit = host.path("/etc/systemd/system/motes-vmalert.service").read_text()
        environment = variables(host.path("/etc/motes/vmalert.env"))
        log = folder / "vmalert.log"
        self.vmalert = Program(
            exec_start(unit), 8880, log, ready="/health", machine=host, remoteWrite_flushInterval="100ms", **environment
        )

    def has(self, name: str, labels: Mapping[str, str], when: str = "") -> None:
        """A sample, of now."""
        pairs = ",".join([f'{label}="{value}"' for label, value in labels.items() if label[0] != "_" and value])
        self.victoria_metrics.get("/api/v1/import/prometheus", "--data-binary", f"{name}{{{pairs}}} 1 {when}\n")

    def firing(self) -> list[dict[str, str]]:
        alerts = json.loads(self.vmalert.get("/api/v1/alerts"))["data"]["alerts"]
        return [alert["labels"] for alert in alerts or [] if alert["state"] == "firing"]

    def evaluations(self) -> int:
        """Of the rules by road."""
        (number,) = re.findall(
            r'^vmalert_iteration_total{group="motes-roads".*} (\d+)$', self.vmalert.get("/metrics"), re.MULTILINE
        )
        return int(number)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    host = Host()
    try:
        yield Centre(host, tmp_path_factory.mktemp("centre"))
    finally:
        host.close()


def test_who_pushes_is_missed(centre: Centre) -> None:
    """He alone, by the labels that Prometheus would give the alert, so that Alertmanager tells it once."""
    until(lambda: centre.firing() == [SILENT], "one alert", lambda: f"{centre.firing()}\n{centre.vmalert.log()}")
    untold = 'failed to send alerts to addr "http://127.0.0.1:9093/api/v2/alerts"'
    until(lambda: untold in centre.vmalert.log(), untold, centre.vmalert.log)


def test_all_that_there_are_to_be_are_recorded(centre: Centre) -> None:
    hosts = {labels["instance"] for labels in centre.targets} | {"cabin"}
    until(lambda: len(centre.database.values("motes_fleet_host")) == len(hosts), "all hosts", centre.vmalert.log)
    assert {labels["instance"] for labels in centre.database.labels("motes_fleet_host")} == hosts


def test_nothing_fires_where_all_is_well(centre: Centre) -> None:
    centre.has("up", CABIN)
    until(lambda: not centre.firing(), "no alert", lambda: f"{centre.firing()}\n{centre.vmalert.log()}")
    before = centre.evaluations()
    until(lambda: centre.evaluations() > before + 3, "some evaluations", centre.vmalert.log)
    assert centre.firing() == []


def test_what_nobody_could_be_told_of_is_kept(centre: Centre) -> None:
    kept = 'max_over_time(ALERTS{alertstate="firing"}[1h])'
    until(lambda: centre.database.labels(kept), kept, centre.vmalert.log)
    assert centre.database.labels(kept) == [{"__name__": "ALERTS", "alertstate": "firing", **SILENT}]
