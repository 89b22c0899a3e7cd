"""Events to standard error, one line each, as logfmt or JSON.

Names and values of the fields are the caller's; time is UTC with milliseconds. A log that cannot be written
(a full disk, a reader that has gone) is no reason to stop serving.
"""

import os
import time
from collections.abc import Mapping

LEVELS = ("debug", "info", "warn", "error")
FORMATS = ("logfmt", "json")

_level = LEVELS.index("info")
_format = "logfmt"


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
    event = {"ts": _timestamp(time.time()), "level": LEVELS[level], "msg": message, **fields}
    line = _json(event) if _format == "json" else logfmt(event)
    try:
        os.write(2, line.encode("utf-8", "backslashreplace") + b"\n")
    except OSError:
        pass


def logfmt(event: Mapping[str, object]) -> str:
    return " ".join(f"{key}={_quoted(str(value))}" for key, value in event.items())


def _quoted(value: str) -> str:
    if value and value.isprintable() and not any(character in value for character in ' ="\\'):
        return value
    shown = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in shown) + '"'


def _json(event: Mapping[str, object]) -> str:
    import json  # noqa: PLC0415 - half a megabyte that logfmt does not need

    return json.dumps({key: value if isinstance(value, int | float) else str(value) for key, value in event.items()})


def _timestamp(now: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"
