"""A reading of the BME680: what a badge tells, in base units, if it can be true.

Source: the sensor's data sheet for what it can measure; the firmware's `bme680` module for names and units.
Unit:   a badge tells degrees Celsius, percent, hectopascals, ohms and ppm.
Errors: Failure out_of_range for a reading with a value that cannot be; the whole reading is refused.
"""

from collections.abc import Iterable, Mapping
from math import nextafter

from motes.exporters.card10_bme680.problems import Failure

# By the badge's names, in the order in which its firmware has them: the end of the metric's name, what to multiply
# with, the least and the most that there can be.
_LARGEST = 3.5e38  # beyond what the badge's 32-bit floats can say
_MEASURED = {
    "temperature": ("temperature_celsius", 1.0, -40.0, 85.0),
    "humidity": ("humidity_ratio", 0.01, 0.0, 100.0),
    "pressure": ("pressure_pascals", 100.0, 300.0, 1100.0),
    "gas_resistance": ("gas_resistance_ohms", 1.0, nextafter(0.0, 1.0), _LARGEST),
    "iaq": ("iaq", 1.0, 0.0, 500.0),
    "iaq_accuracy": ("iaq_accuracy", 1.0, 0.0, 3.0),
    "eco2": ("eco2_ppm", 1.0, 0.0, _LARGEST),
    "breath_voc": ("breath_voc_ppm", 1.0, 0.0, _LARGEST),
}
NAMES = tuple(_MEASURED)
# Tuples have no more without BSEC, and with it perhaps no breath VOC.
_LENGTHS = (4, 7, 8)
HELPS = {
    "temperature_celsius": "Temperature.",
    "humidity_ratio": "Relative humidity, 0 to 1.",
    "pressure_pascals": "Air pressure.",
    "gas_resistance_ohms": "Resistance of the gas sensor: the lower, the more there is in the air.",
    "iaq": "Index of air quality, 0 (clean) to 500, by BSEC; see card10_iaq_trusted.",
    "iaq_accuracy": "How far BSEC has come: 0 warming up, 1 uncalibrated, 2 calibrating again, 3 calibrated.",
    "iaq_trusted": "0 while the accuracy is 0: card10_iaq, _eco2_ppm and _breath_voc_ppm mean nothing yet.",
    "eco2_ppm": "Carbon dioxide that BSEC estimates from the gas sensor; see card10_iaq_trusted.",
    "breath_voc_ppm": "Volatile organic compounds of breath, estimated likewise; see card10_iaq_trusted.",
}


def number(word: str) -> float:
    """ValueError for what is none; Python alone would read 1_0, too."""
    if "_" in word:
        raise ValueError(word)
    return float(word)


def named(words: Iterable[str]) -> dict[str, float]:
    """What the badge's `get_data()` returns, by name. Failure garbled where it is no such thing."""
    try:
        told = [number(word) for word in words]
    except ValueError as error:
        raise Failure("garbled", f"no number: {error}") from None
    if len(told) not in _LENGTHS:
        raise Failure("garbled", f"{len(told)} values")
    return dict(zip(NAMES, told, strict=False))


def checked(told: Mapping[str, float]) -> dict[str, float]:
    """In base units, by the end of the metric's name."""
    values = {}
    for name, value in told.items():
        metric, factor, least, most = _MEASURED[name]
        # Not a number fails, too.
        if not least <= value <= most:
            raise Failure("out_of_range", f"{name} {value:g}")
        # Divided, where the factor would bring an error of its own.
        values[metric] = value / 100 if factor == 0.01 else value * factor
    if "iaq_accuracy" in values:
        values["iaq_trusted"] = float(values["iaq_accuracy"] > 0)
    return values


def fold(octets: bytes) -> int:
    """A check sum that the smallest MicroPython can make with small integers alone."""
    sum = 0
    for octet in octets:
        sum = (sum * 31 + octet) % 65521
    return sum
