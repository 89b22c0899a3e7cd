"""What the monitor's database and checks are told, as those take it: whatever stands in a label, and for many hosts."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from motes.shared.fleet.command import read, trees
from motes.shared.fleet.quoting import quoted

from tests.shared.fleet.test_inventory import ATTIC, MONITOR
from tests.support.recipes import RECIPES

EXAMPLE = RECIPES / "fleet/fleet.toml"
PROMETHEUS = "etc/prometheus/motes"
ODD = "\"quoted\" 'too'\n{{ $labels.x }}: [é\u2028\u0085\x7f\ufeff\U000e0001] # \\"


def monitor(folder: Path, inventory: str) -> Path:
    """The folder of the monitor's files for Prometheus."""
    (folder / "fleet.toml").write_text(inventory)
    for path, file in trees(read(folder / "fleet.toml")).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(file.content)
    return folder / "monitor" / PROMETHEUS


def targets(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "targets.json").read_text())
    return found


def promtool_agrees(folder: Path, case: dict[str, Any]) -> None:
    """With what a case says of the rules of a folder."""
    (folder / "case.yml").write_text(json.dumps(case, ensure_ascii=False))
    done = subprocess.run(
        ("promtool", "test", "rules", "case.yml"), cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "hosts", ["", ATTIC, ATTIC + f"labels = {{ site = {quoted(ODD)}, offline = 'often', on = 'x', y = 'y' }}"]
)
def test_they_take_it(tmp_path: Path, hosts: str) -> None:
    folder = monitor(tmp_path, MONITOR + hosts)
    for command in (
        ("promtool", "check", "config", "prometheus.yml"),
        ("promtool", "check", "rules", "hosts.yml", "pushing.yml", "roads.yml"),
        ("vmalert", "-dryRun", "-rule=hosts.yml", "-rule=pushing.yml", "-rule=roads.yml"),
        ("vmagent", "-promscrape.config=scrape.yml", "-remoteWrite.url=http://127.0.0.1:9/", "-dryRun"),
    ):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)


def test_targets(tmp_path: Path) -> None:
    labels = f"labels = {{ site = {quoted(ODD)} }}"
    expected = {"job": "motes", "instance": "attic", "road": "wireguard", "site": ODD}
    assert targets(monitor(tmp_path, MONITOR + ATTIC + labels)) == [{"targets": ["10.77.0.2:9100"], "labels": expected}]


def test_ipv6_alone(tmp_path: Path) -> None:
    folder = monitor(tmp_path, MONITOR + ATTIC.replace('"10.77.0.2", ', ""))
    assert targets(folder)[0]["targets"] == ["[fd77:6d6f:7465::2]:9100"]


def test_hosts_that_are_to_be_there(tmp_path: Path) -> None:
    """As Prometheus has them, and nothing else of an odd label."""
    folder = monitor(tmp_path, MONITOR + ATTIC + f"labels = {{ site = {quoted(ODD)} }}")
    case = {
        "rule_files": ["hosts.yml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "promql_expr_test": [
                    {
                        "expr": 'motes_fleet_host{instance="attic",road="wireguard"}',
                        "eval_time": "5m",
                        "exp_samples": [{"labels": _series(ODD), "value": 1}],
                    }
                ],
            }
        ],
    }
    promtool_agrees(folder, case)


def test_nothing_fires_where_all_is_well(tmp_path: Path) -> None:
    """Of all roads, in a Prometheus that hears those whom it scrapes, and nobody else; one that it misses it tells."""
    folder = monitor(tmp_path, EXAMPLE.read_text())
    rules = yaml.safe_load((folder / "prometheus.yml").read_text())["rule_files"]
    *heard, missed = [_up(**target["labels"]) for target in targets(folder)]
    silent = {"alertname": "MotesHostSilent", "alertstate": "firing", "instance": "router", "road": "ssh-fixed"}
    case = {
        "rule_files": rules,
        "evaluation_interval": "1m",
        "tests": [
            _fires([*heard, missed], []),
            _fires(heard, [{"labels": f"ALERTS{_labels(**silent, severity='critical')}", "value": 1}]),
        ],
    }
    assert "router" in missed
    promtool_agrees(folder, case)


def _fires(series: list[str], samples: list[dict[str, Any]]) -> dict[str, Any]:
    """After two hours of them."""
    return {
        "interval": "1m",
        "input_series": [{"series": one, "values": "1x120"} for one in series],
        "promql_expr_test": [{"expr": 'ALERTS{alertstate="firing"}', "eval_time": "2h", "exp_samples": samples}],
    }


def _up(**labels: str) -> str:
    return f"up{_labels(**{name: value for name, value in labels.items() if not name.startswith('__')})}"


def _labels(**labels: str) -> str:
    return "{" + ", ".join([f"{name}={quoted(value)}" for name, value in labels.items()]) + "}"


def test_those_that_push_are_told_of_elsewhere(tmp_path: Path) -> None:
    """And each host in one of both."""
    folder = monitor(tmp_path, EXAMPLE.read_text())
    hosts = {file: sorted(_hosts(folder / f"{file}.yml")) for file in ("hosts", "pushing")}
    assert hosts == {"hosts": ["attic", "garden", "notebook", "router"], "pushing": ["cabin"]}
    assert "pushing.yml" not in (folder / "prometheus.yml").read_text()


def _hosts(file: Path) -> list[str]:
    return [
        rule["labels"]["instance"] for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]
    ]


def test_the_order_of_the_inventory_changes_nothing(tmp_path: Path) -> None:
    cellar = ATTIC.replace("attic", "cellar").replace(".2", ".3").replace("::2", "::3").replace("AQEB", "AgIC")
    for name, hosts in (("one", ATTIC + cellar), ("other", cellar + ATTIC)):
        (tmp_path / name).write_text(MONITOR + hosts)
    assert trees(read(tmp_path / "one")) == trees(read(tmp_path / "other"))


def _series(site: str) -> str:
    return f'motes_fleet_host{{instance="attic", road="wireguard", site={quoted(site)}}}'
