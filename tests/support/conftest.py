"""For the tests of what plays org.bluez: a bus that this process takes for the system's, and a loop to use it in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bluez.bus import Bus
from tests.support.bluez.loop import Loop


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    with Bus(tmp_path) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def loop() -> Iterator[Loop]:
    with Loop() as running:
        yield running
