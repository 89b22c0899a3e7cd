"""What reads our pages: promtool, the OpenMetrics parser of Prometheus' Python client, Prometheus, VictoriaMetrics."""

import re
import subprocess
from collections.abc import Callable, Iterator
from math import isclose
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.support.counterparts import node_exporter, prometheus, victoria_metrics
from tests.support.database import Database
from tests.support.namespaces import until
from tests.support.page import Page, Series, shown
from tests.support.program import Program, motes_node
from tests.support.relay import Relay, relay

OPENMETRICS = ("--header", "Accept: application/openmetrics-text; version=1.0.0")
MORE = (
    "--collector.cpu.info",
    "--collector.netdev.address-info",
    "--collector.netstat.fields=.*",
    "--collector.stat.softirq",
    "--collector.vmstat.fields=.*",
)
# What each scrape itself changes while it lasts.
RESTLESS = re.compile("node_(filefd|memory|netstat|procs|sockstat|vmstat)_.*")


@pytest.fixture(scope="module")
def motes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One with everything on its page, and a text file with what else may be."""
    folder = tmp_path_factory.mktemp("motes")
    (folder / "more.prom").write_text(
        'odd{of="\\"\\\\\\n ünï"} -1.5e-9\n# TYPE endless_total counter\nendless_total +Inf\n'
    )
    with motes_node(folder / "log", f"--collector.textfile.directory={folder}", *MORE) as program:
        yield program


@pytest.fixture
def relayed(motes: Program) -> Iterator[Relay]:
    with relay(motes.port) as running:
        yield running


def complaints(page: str) -> set[str]:
    """What promtool says of a page, a family and a fault in each; AssertionError where it cannot parse it."""
    done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 3), done.stderr
    return set(done.stderr.splitlines())


def test_promtool_complains_of_nothing_new(motes: Program, tmp_path: Path) -> None:
    page = motes.get("/metrics")
    with node_exporter(tmp_path / "log", *MORE) as theirs:
        known = complaints(theirs.get("/metrics"))
    assert complaints(page) - known == set()


def test_openmetrics_has_the_same_series(motes: Program) -> None:
    families = list(text_string_to_metric_families(motes.get("/metrics", *OPENMETRICS)))  # type: ignore[no-untyped-call]
    series = {(sample.name, tuple(sorted(sample.labels.items()))) for family in families for sample in family.samples}
    assert series == Page(motes.get("/metrics")).values.keys()
    names = [family.name for family in families]
    assert len(names) == len(set(names))


def without_empty_labels(page: Page) -> dict[Series, float]:
    """To a database, an empty label is none."""
    return {(name, tuple(pair for pair in labels if pair[1])): value for (name, labels), value in page.values.items()}


def wrong(motes: Program, database: Database) -> str:
    """Which series that stand still are not in a database as they are on the page."""
    before = without_empty_labels(Page(motes.get("/metrics")))
    now = before["node_time_seconds", ()]
    until(lambda: (database.value("node_time_seconds") or 0) > now, "a scrape after our page")
    stored = database.series()
    after = without_empty_labels(Page(motes.get("/metrics")))
    still = [series for series, value in before.items() if same(value, after.get(series))]
    still = [series for series in still if not RESTLESS.fullmatch(series[0])]
    return "\n".join(shown(series) for series in still if not same(before[series], stored.get(series)))


def same(one: float, other: float | None) -> bool:
    # VictoriaMetrics keeps decimal digits, 18 of them at most.
    return other is not None and isclose(one, other, rel_tol=1e-12)


@pytest.mark.parametrize(
    ("start", "negotiated"),
    [(prometheus, "application/openmetrics-text; version=1.0.0"), (victoria_metrics, "text/plain; version=0.0.4")],
    ids=["prometheus", "victoria-metrics"],
)
def test_database(
    motes: Program, relayed: Relay, tmp_path: Path, start: Callable[[Path, int], Program], negotiated: str
) -> None:
    with start(tmp_path / "database", relayed.port) as program:
        database = Database(program)
        until(lambda: database.value("up") == 1, "a scrape that succeeded", program.log)
        until(lambda: wrong(motes, database) == "", "the same in the database as on the page", program.log)
        samples = len(Page(motes.get("/metrics")).values)
        until(lambda: database.value("scrape_samples_scraped") == samples, f"{samples} samples", program.log)
        assert database.value("up") == 1
    asked, given = relayed.seen[-1]
    assert given["content-type"].startswith(negotiated), asked
    assert given["content-encoding"] == "gzip"
