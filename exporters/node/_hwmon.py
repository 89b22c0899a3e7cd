"""What an attribute of a sensor is called as a metric, and in which unit the kernel gives it.

Source: the kernel's hwmon/sysfs-interface; the names and units are node_exporter's, odd ones included (a limit's alarm
        has the limit's unit).
"""

import re
from collections.abc import Callable
from functools import lru_cache

from motes.shared.exposition import Family, Samples, Value, counter, gauge

Convert = Callable[[bytes], Value]
Metric = tuple[str, Callable[[str, str, Samples], Family], str, Convert]

KINDS = frozenset(
    (
        "vrm", "beep_enable", "update_interval", "in", "cpu", "fan", "pwm", "temp", "curr", "power", "energy",
        "humidity", "intrusion", "freq",
    )
)  # fmt: skip

_INVALID = re.compile("[^a-z0-9:_]")


def clean(name: str) -> str:
    """In lower case, everything that may not be in a metric's name as an underscore, none of them outermost."""
    return _INVALID.sub("_", name.lower()).strip("_")


def _float(text: bytes) -> float:
    if text != text.strip():
        raise ValueError(f"{text!r} is no number")
    return float(text)


def _same(text: bytes) -> Value:
    if not text.isdigit():
        _float(text)
    return text


def _milli(text: bytes) -> Value:
    return _float(text) * 0.001


def _micro(text: bytes) -> Value:
    return _float(text) / 1000000.0


def _is_one(text: bytes) -> Value:
    return int(text == b"1")


# Those that are no more than one attribute.
_SINGLE: dict[str, Metric] = {
    "beep_enable": ("node_hwmon_beep_enabled", gauge, "Whether the chip beeps on alarm.", _is_one),
    "update_interval": (
        "node_hwmon_update_interval_seconds",
        gauge,
        "How often the chip measures, in seconds.",
        _milli,
    ),
    "vrm": ("node_hwmon_voltage_regulator_version", gauge, "Version of the voltage regulator module.", _same),
}
_FLAGS = {"fault": ("", _same), "alarm": ("", _same), "beep": ("_enabled", _same)}
_ELEMENTS: dict[tuple[str, str], tuple[str, Convert]] = {
    ("temp", "type"): ("", _same),
    ("power", "accuracy"): ("", _micro),
    ("power", "average_interval"): ("_seconds", _milli),
    ("power", "average_interval_min"): ("_seconds", _milli),
    ("power", "average_interval_max"): ("_seconds", _milli),
    ("fan", "input"): ("_rpm", _same),
    ("fan", "min"): ("_rpm", _same),
    ("fan", "max"): ("_rpm", _same),
    ("fan", "target"): ("_rpm", _same),
    ("freq", "input"): ("_freq_mhz", _micro),
}
_UNITS: dict[str, tuple[str, Convert]] = {
    "in": ("_volts", _milli),
    "cpu": ("_volts", _milli),
    "temp": ("_celsius", _milli),
    "curr": ("_amps", _milli),
    "energy": ("_joule_total", _micro),
    "power": ("_watt", _micro),
    "humidity": ("", _micro),
}


@lru_cache(maxsize=1024)
def metric(kind: str, element: str, twin: bool) -> Metric | None:
    """For `temp1_max` kind and element are `temp` and `max`, for `pwm1` the element is empty.

    A sensor with both `pwm1` and `pwm1_input` has a twin: the input does not stand for the sensor then. A converter
    raises ValueError for a text that is no number.
    """
    if kind in _SINGLE:
        return None if element else _SINGLE[kind]
    suffix, convert = _FLAGS.get(element) or _ELEMENTS.get((kind, element)) or _UNITS.get(kind) or ("", _same)
    name = f"node_hwmon_{kind}"
    if element and (element != "input" or twin):
        name += f"_{clean(element)}"
    family = counter if kind == "energy" and suffix == "_joule_total" else gauge
    return name + suffix, family, f"{element or 'input'} of the {kind} sensor.".capitalize(), convert
