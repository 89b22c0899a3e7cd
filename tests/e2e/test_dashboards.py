"""Every query of every dashboard and rule, asked of a Prometheus that scrapes the real exporters.

One Prometheus, of one home, serves all of these tests.
"""

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from runpy import run_path

import pytest

from tests.support.counterparts import victoria_metrics
from tests.support.dashboards import FILES, Query, legend_labels, queries
from tests.support.database import Database
from tests.support.home import RULES, Home
from tests.support.namespaces import until
from tests.support.program import ROOT, free_port
from tests.support.promql import selectors

QUERIES = list(chain.from_iterable(map(queries, FILES)))
# Each a metric, its matchers, and the labels that it is shown by.
NODE_EXPORTER_FULL = [
    tuple(line.split("\t"))
    for line in Path(__file__).with_name("node_exporter_full.tsv").read_text().splitlines()
    if not line.startswith("#")
]
NOBODY_HAS = {
    'node_network_up{operstate="up"}': "node_exporter has not had this label since 0.17: network_info has it",
    "process_resident_memory_max_bytes": "no metric of node_exporter's: Linux enforces no such limit",
}
NOT_HERE = {"node_btrfs_device_errors_total": "asked of the kernel, of a btrfs that is mounted"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with Home(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_query(home: Home, query: Query) -> None:
    """It has data, with the labels that its legend says, and none that its table has no column for."""
    labels = set().union(*home.gives(query.expression))
    assert legend_labels(query.legend) <= labels
    assert not query.shown or labels <= query.shown


def test_victoria_metrics_understands_them(tmp_path: Path) -> None:
    with victoria_metrics(tmp_path / "database", free_port()) as program:
        database = Database(program)
        for query in QUERIES:
            database.labels(query.expression)


def test_rules(home: Home) -> None:
    """All that they select is there; whether they fire is told by promtool."""
    groups = json.loads(home.prometheus.get("/api/v1/rules"))["data"]["groups"]
    assert {group["file"] for group in groups} > {str(file) for file in RULES.glob("*.yml")}
    selected = {str(each) for group in groups for rule in group["rules"] for each in selectors(rule["query"])}
    assert len(selected) > 50
    for each in sorted(selected - NOT_HERE.keys()):
        home.gives(each)


@pytest.mark.parametrize(("metric", "matchers", "labels"), NODE_EXPORTER_FULL)
def test_node_exporter_full(home: Home, metric: str, matchers: str, labels: str) -> None:
    """Its queries are answered as they are by node_exporter."""
    selector = f"{metric}{{{matchers}}}" if matchers else metric
    if selector in NOBODY_HAS:
        assert not home.database.labels(selector)
    else:
        assert set(filter(None, labels.split(","))) <= set().union(*home.gives(selector))


def test_the_readmes_tables(home: Home, tmp_path: Path) -> None:
    """They name each metric that a house with everything in it has; with `page`, they can be made anew."""
    tables = run_path(str(ROOT / "packaging/tables.py"))
    page = tmp_path / "page"

    def told() -> bool:
        home.speak()
        page.write_text(home.attic.get("/metrics"))
        text = (ROOT / "README.md").read_text()
        return str(tables["replaced"](text, tables["tables"]([page.read_text()]))) == text

    until(told, f"the README as packaging/tables.py {page} writes it")


def test_node_exporter_full_joins(home: Home) -> None:
    """A chip has one name, or its sensors' names could not be told."""
    for metric in ("node_hwmon_temp_celsius", "node_hwmon_temp_crit_celsius"):
        chips = 'node_hwmon_chip_names{instance="garden"}'
        for series in home.gives(f'{metric}{{instance="garden"}} * on (chip) group_left (chip_name) {chips}'):
            assert series["chip_name"]
            assert series["sensor"]
