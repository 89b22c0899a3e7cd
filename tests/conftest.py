"""How tests are shared out among processes, and a folder that others may enter.

A file's tests stay together, and so do those that share what is long in the making; what takes longest begins first.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACKAGING = HERE / "packaging"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: PACKAGING not in item.path.parents)
    for item in items:
        together = PACKAGING if PACKAGING in item.path.parents else item.path
        item.add_marker(pytest.mark.xdist_group(str(together.relative_to(HERE))))


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder that everybody may enter; pytest's own are closed to others, and closed again when another begins."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
