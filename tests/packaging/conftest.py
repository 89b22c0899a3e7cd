"""What the tests of packages share: the packages themselves, which are built once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import alpine, debian, nspawn
from tests.support.debian import Root
from tests.support.nspawn import Machine


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Debian's packages of this checkout."""
    folder = tmp_path_factory.mktemp("packages")
    debian.build(folder)
    return folder


@pytest.fixture(scope="session")
def older_packages(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an older version of them."""
    folder = tmp_path_factory.mktemp("older-packages")
    debian.older(packages, folder)
    return folder


@pytest.fixture(scope="session")
def alpine_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Alpine's packages of this checkout."""
    folder = tmp_path_factory.mktemp("alpine-packages")
    alpine.build(folder)
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Root]:
    """A bare Debian, without Python even."""
    with Root(tmp_path / "debian", debian.base()) as running:
        yield running


@pytest.fixture(scope="session")
def machine(packages: Path) -> Iterator[Machine]:
    """One that boots systemd, with the packages on it; who changes what they do changes it back."""
    with Machine(nspawn.base(), packages) as running:
        running.run("sh", "-c", "dpkg --install /given/*.deb")
        yield running
