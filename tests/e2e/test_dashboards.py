"""Every query of every dashboard and rule, asked of a Prometheus that scrapes the real exporters and their counterparts.

One Prometheus, of one home, serves all of these tests.
"""

from collections.abc import Iterator
from itertools import chain

import pytest

from tests.support.dashboards import FILES, Query, legend_labels, queries
from tests.support.home import Home
from tests.support.namespaces import until
from tests.support.promql import grouped, selectors

QUERIES = list(chain.from_iterable(map(queries, FILES)))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with Home(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_query_has_data(home: Home, query: Query) -> None:
    labels = set().union(*home.gives(query.expression))
    assert legend_labels(query.legend) <= labels
    assert not query.shown or labels <= query.shown
