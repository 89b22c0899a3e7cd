"""An org.bluez that is played, on a bus of its own."""

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
