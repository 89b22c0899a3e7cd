"""What a person is told of a sensor: a thermometer, a badge, a browser's profile."""

from collections.abc import Sequence


class Sensor:
    """`readings` are names and values with their units, those that are true now; `seen` is Unix time, 0 for never.

    `problem` is what is wrong with it in a word or a few, and `advice` what to do about it; both empty if nothing is.
    """

    __slots__ = ("advice", "name", "problem", "readings", "seen")

    def __init__(
        self, name: str, readings: Sequence[tuple[str, str]], seen: float, *, problem: str = "", advice: str = ""
    ) -> None:
        self.name = name
        self.readings = readings
        self.seen = seen
        self.problem = problem
        self.advice = advice
