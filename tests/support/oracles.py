"""prometheus_client's parsers, with types: what a page means to somebody else."""

import re
from collections.abc import Iterable

from prometheus_client import parser
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser as openmetrics

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read_text(page: str) -> list[Metric]:
    """A page in the text format; ValueError where it is none."""
    # This parser adds `_total` to the names of all counters' samples.
    as_they_are = re.sub("^(# TYPE .*) counter$", r"\1 untyped", page, flags=re.MULTILINE)
    return list(parser.text_string_to_metric_families(as_they_are))


def read_openmetrics(page: str) -> list[Metric]:
    """A page of OpenMetrics; ValueError where it is none."""
    return list(openmetrics.text_string_to_metric_families(page))  # type: ignore[no-untyped-call]


def series(metrics: Iterable[Metric]) -> Series:
    """Every sample of a page by name and labels; AssertionError for one that is there twice."""
    found: Series = {}
    for sample in (sample for each in metrics for sample in each.samples):
        key = sample.name, frozenset(sample.labels.items())
        assert key not in found, f"twice on one page: {sample}"
        found[key] = sample.value
    return found
