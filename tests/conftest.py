"""How tests are shared out among processes, and a folder that others may enter.

A file's tests stay together, and so do those that share what is long in the making; what takes longest begins first.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

PACKAGING = "tests/packaging/"


class Together(LoadScopeScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        """What is shared out as one, by the name of a test in it."""
        file = nodeid.partition("::")[0]
        return PACKAGING if file.startswith(PACKAGING) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Together:
    return Together(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(PACKAGING))


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder that everybody may enter; pytest's own are closed to others, and closed again when another begins."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
