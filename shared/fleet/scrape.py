"""What the monitor's Prometheus (or VictoriaMetrics, or vmagent) is told: targets, how each road is scraped, checks.

The targets of all roads are in one file, which can be served for http_sd as it is; a job takes those of its road.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

from motes.shared.fleet.inventory import Host, Inventory
from motes.shared.fleet.quoting import quoted, scalar
from motes.shared.fleet.roads import ROADS
from motes.shared.fleet.static import text

FOLDER = "etc/prometheus/motes"
JOB = "motes"

_PROMETHEUS = """\
# Prometheus whole, for --config.file. Who has a configuration of his own takes scrape.yml into it instead.
global:
  scrape_interval: {interval}
  evaluation_interval: {interval}

alerting:
  alertmanagers:
    # Who tells people, once there is such a file.
    - file_sd_configs: [{{files: [alertmanagers.json]}}]

rule_files:
  - hosts.yml
  - roads.yml
  # The other rules and alerts, where they have been put there.
  - rules/*.yml

"""
_SCRAPED = """\
# Every host that is to be scraped, and its road, for checks that have to know of those that are silent.
groups:
  - name: motes-hosts
"""
_PUSHING = """\
# Every host that is to push, likewise: for vmalert, which asks the database that they push to. Prometheus, which never
# hears them, would have them silent for ever.
groups:
  - name: motes-pushing-hosts
"""


def monitor_files(inventory: Inventory) -> dict[str, str]:
    jobs = _jobs(inventory)
    interval = inventory.monitor.interval
    return {
        f"{FOLDER}/prometheus.yml": _PROMETHEUS.format(interval=interval) + jobs,
        f"{FOLDER}/scrape.yml": jobs,
        f"{FOLDER}/targets.json": _targets(inventory),
        f"{FOLDER}/hosts.yml": _SCRAPED + _rules(host for host in inventory.hosts if not _pushes(host)),
        f"{FOLDER}/pushing.yml": _PUSHING + _rules(filter(_pushes, inventory.hosts)),
        f"{FOLDER}/roads.yml": text("roads.yml"),
    }


def _jobs(inventory: Inventory) -> str:
    found = [road.jobs(inventory) for name, road in ROADS.items() if inventory.by(name)]
    jobs = [job for job in found if job]
    return "scrape_configs:\n" + "\n".join(jobs) if jobs else "scrape_configs: []\n"


def _targets(inventory: Inventory) -> str:
    found = [(host, ROADS[host.road].target(host)) for host in inventory.hosts]
    lines = [f"  {json.dumps(_group(host, *target))}" for host, target in found if target]
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def _group(host: Host, address: str, labels: Mapping[str, str]) -> dict[str, object]:
    names = {"job": JOB, "instance": host.name, "road": host.road}
    return {"targets": [address], "labels": {**labels, **names, **host.labels}}


def _pushes(host: Host) -> bool:
    return ROADS[host.road].target(host) is None


def _rules(hosts: Iterable[Host]) -> str:
    rules = "".join(["".join(_rule({"instance": host.name, "road": host.road, **host.labels})) for host in hosts])
    return f"    rules:\n{rules}" if rules else "    rules: []\n"


def _rule(labels: Mapping[str, str]) -> Iterator[str]:
    yield "      - record: motes_fleet_host\n        expr: vector(1)\n        labels:\n"
    yield from (f"          {scalar(name)}: {quoted(value)}\n" for name, value in labels.items())
