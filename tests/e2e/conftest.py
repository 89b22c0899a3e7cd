"""An org.bluez that is played, on a bus of its own; a folder that others may enter."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bluez.bus import Bus
from tests.support.bluez.standin import standin
from tests.support.bluez.world import World


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    with Bus(tmp_path) as running:
        yield running


@pytest.fixture
def world(bus: Bus, tmp_path: Path) -> Iterator[World]:
    with standin(bus, tmp_path / "bluez.log") as playing:
        yield playing


@pytest.fixture
def readable(tmp_path: Path) -> Path:
    """A folder that everybody may enter, whatever pytest makes of its own."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    return tmp_path
