"""What the tests of the core share."""

import pytest
from motes.shared import log

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
