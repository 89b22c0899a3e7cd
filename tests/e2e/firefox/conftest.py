"""One Firefox for all steps of a module, for each takes seconds to start, and the program beside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.firefox.browser import Firefox
from tests.support.firefox.exporter import FirefoxTabs


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def browser(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with Firefox(home, tmp_path_factory.mktemp("firefox") / "log") as running:
        yield running


@pytest.fixture(scope="module")
def program(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirefoxTabs]:
    log = tmp_path_factory.mktemp("program") / "log"
    with FirefoxTabs(log, home, "--firefox.containers", "--log.level=debug") as running:
        yield running


@pytest.fixture
def firefox(browser: Firefox) -> Firefox:
    """It runs, whatever a step before this did to it."""
    if not browser.runs:
        browser.start()
    return browser
