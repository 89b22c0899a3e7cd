"""What the monitor's database and checks are told, as those take it: whatever stands in a label, and for many hosts."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from motes.shared.fleet.command import read, trees
from motes.shared.fleet.quoting import quoted

from tests.shared.fleet.test_inventory import ATTIC, MONITOR

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


@pytest.mark.parametrize(
    "hosts", ["", ATTIC, ATTIC + f"labels = {{ site = {quoted(ODD)}, offline = 'often', on = 'x', y = 'y' }}"]
)
def test_they_take_it(tmp_path: Path, hosts: str) -> None:
    folder = monitor(tmp_path, MONITOR + hosts)
    for command in (
        ("promtool", "check", "config", "prometheus.yml"),
        ("promtool", "check", "rules", "hosts.yml", "roads.yml"),
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
    (folder / "case.yml").write_text(json.dumps(case, ensure_ascii=False))
    done = subprocess.run(
        ("promtool", "test", "rules", "case.yml"), cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_order_of_the_inventory_changes_nothing(tmp_path: Path) -> None:
    cellar = ATTIC.replace("attic", "cellar").replace(".2", ".3").replace("::2", "::3").replace("AQEB", "AgIC")
    for name, hosts in (("one", ATTIC + cellar), ("other", cellar + ATTIC)):
        (tmp_path / name).write_text(MONITOR + hosts)
    assert trees(read(tmp_path / "one")) == trees(read(tmp_path / "other"))


def _series(site: str) -> str:
    return f'motes_fleet_host{{instance="attic", road="wireguard", site={quoted(site)}}}'
