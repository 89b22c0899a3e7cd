"""Times, numbers and problems as people say them."""

from collections.abc import Iterable, Mapping
from time import gmtime, strftime

_AGES = ((86400.0 * 2, 86400.0, "d"), (3600.0 * 2, 3600.0, "h"), (60.0 * 2, 60.0, "min"))
# A clock that was put right since may have been so far ahead.
_TOLERANCE = 60.0


def age(then: float, now: float) -> str:
    """How long ago something was, both in Unix time."""
    seconds = now - then
    if seconds < -_TOLERANCE:
        return f"at {moment(then)}"
    return "just now" if seconds < 1 else f"{span(seconds)} ago"


def span(seconds: float) -> str:
    """So many seconds, in the largest unit of which there are two."""
    for least, unit, name in _AGES:
        if seconds >= least:
            return f"{int(seconds // unit):,} {name}"
    return f"{int(seconds)} s"


def moment(then: float) -> str:
    """A point in time, UTC."""
    try:
        return strftime("%Y-%m-%d %H:%M:%S UTC", gmtime(then))
    except (OverflowError, ValueError, OSError):
        return "a time that is none"


def duration(seconds: float) -> str:
    """How long something took."""
    return f"{seconds * 1000:.2f} ms" if seconds < 1 else f"{seconds:,.1f} s"


def readings(values: Mapping[str, float], kinds: Iterable[tuple[str, str, float, str]]) -> list[tuple[str, str]]:
    """Names and values with their units, of what there is: by metric, what to call it, its factor, and its format."""
    return [(told, form.format(values[name] * factor)) for name, told, factor, form in kinds if name in values]


def words(problem: str) -> str:
    """What a problem's name says."""
    return problem.replace("_", " ")


def count(number: int, one: str, many: str = "") -> str:
    """1 sensor, 1,000 sensors."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
