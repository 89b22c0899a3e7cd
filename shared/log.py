"""Events to standard error, one line each, as logfmt or JSON.

Names and values of the fields are the caller's; time is UTC with milliseconds. A log that cannot be written
(a full disk, a reader that has gone or reads no more) is no reason to stop serving: what it misses is counted, and
told with the next event that it takes.
"""

import os
import select
import time
from collections.abc import Mapping

LEVELS = ("debug", "info", "warn", "error")
FORMATS = ("logfmt", "json")

# PIPE_BUF, see pipe(7): a pipe that is ready takes as much at once, and in one piece. Longer might have to wait.
_LONGEST = 4096
_LONGEST_VALUE = 1000

_level = LEVELS.index("info")
_format = "logfmt"
_lost = 0


def configure(level: str, format: str) -> None:
    global _level, _format  # noqa: PLW0603 - one log per process
    _level = LEVELS.index(level)
    _format = format


def debug(message: str, **fields: object) -> None:
    _write(0, message, fields)


def info(message: str, **fields: object) -> None:
    _write(1, message, fields)


def warn(message: str, **fields: object) -> None:
    _write(2, message, fields)


def error(message: str, **fields: object) -> None:
    _write(3, message, fields)


def _write(level: int, message: str, fields: Mapping[str, object]) -> None:
    if level < _level:
        return
    global _lost  # noqa: PLW0603 - one log per process
    if _lost:
        fields = {**fields, "lost": _lost}
    event = {"ts": _timestamp(time.time()), "level": LEVELS[level], "msg": message, **fields}
    line = _json(event) if _format == "json" else logfmt(event)
    _lost = 0 if _written(line.encode("utf-8", "backslashreplace")[: _LONGEST - 1] + b"\n") else _lost + 1


def _written(line: bytes) -> bool:
    """Whether standard error took it. It may be others' too, so it is asked first, not made non-blocking."""
    ready = select.poll()
    ready.register(2, select.POLLOUT)
    try:
        return bool(ready.poll(0)) and os.write(2, line) > 0
    except OSError:
        return False


def logfmt(event: Mapping[str, object]) -> str:
    return " ".join(f"{key}={_quoted(_text(value))}" for key, value in event.items())


def _text(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"


def _quoted(value: str) -> str:
    if value and value.isprintable() and not any(character in value for character in ' ="\\'):
        return value
    shown = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in shown) + '"'


def _json(event: Mapping[str, object]) -> str:
    import json  # noqa: PLC0415 - half a megabyte that logfmt does not need

    return json.dumps({key: value if isinstance(value, int | float) else _text(value) for key, value in event.items()})


def _timestamp(now: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"
