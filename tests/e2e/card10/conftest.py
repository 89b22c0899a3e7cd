"""Badges to plug in, and the program to start beside them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.badge.badge import Badge
from tests.support.badge.firmware import Firmware
from tests.support.card10 import Card10

FAST = "--serial.interval=1s"

Start = Callable[..., Card10]
Plug = Callable[..., Badge]


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Plug]:
    """Plugs in a badge."""
    plugged: list[Badge] = []

    def run(*words: Firmware, **more: object) -> Badge:
        plugged.append(Badge(tmp_path / f"badge{len(plugged)}", *words, **more))  # type: ignore[arg-type]
        return plugged[-1]

    yield run
    for badge in plugged:
        badge.__exit__(None, None, None)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the program."""
    started: list[Card10] = []

    def run(badge: Badge | None, *flags: str, **more: object) -> Card10:
        devices = [f"--serial.device={badge.path}"] if badge else []
        started.append(Card10(tmp_path / "log", *devices, FAST, *flags, **more))  # type: ignore[arg-type]
        return started[-1]

    yield run
    for program in started:
        program.__exit__(None, None, None)
