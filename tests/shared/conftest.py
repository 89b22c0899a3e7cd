"""What the tests of the core share."""

from collections.abc import Iterator

import pytest
from motes.shared import crew, engine, log

from tests.support.fakes import Clock
from tests.support.loop import Begin, HasCollector, Loop

Logged = list[tuple[str, str, dict[str, object]]]


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Logged:
    """What is logged in the test: level, message and fields."""
    found: Logged = []
    for level in log.LEVELS:

        def write(message: str, /, *, _level: str = level, **fields: object) -> None:
            found.append((_level, message, fields))

        monkeypatch.setattr(log, level, write)
    return found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The engine's."""
    clock = Clock()
    for module in (crew, engine):
        monkeypatch.setattr(module, "monotonic", clock)
    return clock


@pytest.fixture
def begin(clock: Clock) -> Iterator[Begin]:
    """Makes engines, which are closed in the end."""
    loops: list[Loop] = []

    def started(*scripts: HasCollector) -> Loop:
        loops.append(Loop(clock, *scripts))
        return loops[-1]

    yield started
    for loop in loops:
        loop.engine.close()
