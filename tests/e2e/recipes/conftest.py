"""What the tests of roads by which the monitor asks have in common."""

from collections.abc import Iterator
from typing import Protocol

import pytest

from tests.support.database import Database
from tests.support.namespaces import Host
from tests.support.program import Program
from tests.support.recipes import Scrapes, prometheus


class Road(Protocol):
    """A test's own; HEARD are the host that is heard and the road's name."""

    HEARD: tuple[str, str]
    monitor: Host


@pytest.fixture(scope="module")
def program(road: Road, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Prometheus, which scrapes every second."""
    with prometheus(road.monitor, tmp_path_factory.mktemp("prometheus") / "log") as running:
        yield running


@pytest.fixture
def scrapes(road: Road, program: Program) -> Scrapes:
    """Those of Prometheus, which are all well."""
    found = Scrapes(Database(program), *road.HEARD)
    found.work()
    return found
