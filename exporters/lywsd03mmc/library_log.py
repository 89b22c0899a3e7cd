"""What the libraries log, in the program's own log.

They say much that is no event of ours: warnings go to the level debug, and an error is told once.
"""

import logging

from motes.shared import log

_MOST_TOLD = 100


class _Forwarder(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        tell = log.debug
        if record.levelno >= logging.ERROR and record.msg not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(record.msg)
            tell = log.error
        tell(record.getMessage(), library=record.name, **_raised(record))


def _raised(record: logging.LogRecord) -> dict[str, str]:
    """What it was raised by, if it was."""
    error = record.exc_info[1] if record.exc_info else None
    return {"err": f"{type(error).__name__}: {error}"} if error else {}


def forward() -> None:
    """From now on, once."""
    root = logging.getLogger()
    if not any(isinstance(handler, _Forwarder) for handler in root.handlers):
        root.addHandler(_Forwarder())
