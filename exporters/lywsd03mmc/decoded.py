"""What a frame says, or why it is refused; and how numbers on the air become readings.

Unit:   readings are `temperature_celsius`, `humidity_ratio` and `battery_ratio` (both in percent), `battery_volts`, and
        `frame_current`, the frame's own counter.
"""

from math import isfinite


class Refused(Exception):
    """A frame that gives no reading, and changes nothing.

    `reason` is one of: malformed (its lengths lie), wrong_mac (the address in it is another's), no_key, bad_tag (the
    key is another's, or the frame was changed), no_cryptography, ignored (sound, but it has nothing for us).
    """

    def __init__(self, reason: str, told: str = "") -> None:
        super().__init__(told or reason)
        self.reason = reason


class Decoded:
    """A frame's readings. `counter` is that of the sender's messages, of so many bits; None in a plain frame."""

    __slots__ = ("counter", "counter_bits", "encrypted", "format", "values")

    def __init__(
        self, format: str, values: dict[str, float], counter: int | None = None, counter_bits: int = 0
    ) -> None:
        self.format = format
        self.values = values
        self.encrypted = counter is not None
        self.counter = counter
        self.counter_bits = counter_bits


def put(values: dict[str, float], name: str, value: float) -> None:
    """Keep a reading. The first of its name stays, and what is no number is none."""
    if isfinite(value):
        values.setdefault(name, value)


def checked(values: dict[str, float], *, whole: bool) -> dict[str, float]:
    """The readings of a frame's objects, one of which at least was `whole`. A counter alone is none."""
    if not whole:
        raise Refused("malformed", "no whole object")
    if not values or (len(values) == 1 and "frame_current" in values):
        raise Refused("ignored", "no object with a reading")
    return values


def units(raw: float) -> float:
    return raw


def tenths(raw: float) -> float:
    return raw / 10


def hundredths(raw: float) -> float:
    return raw / 100


def thousandths(raw: float) -> float:
    return raw / 1000


def shortened(raw: float) -> float:
    """Seven digits, which is what 32 bits hold: 25.2 for 25.200000762939453."""
    return float(f"{raw:.7g}")
