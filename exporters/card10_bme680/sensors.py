"""What people are told of a badge."""

from collections.abc import Mapping

from motes.exporters.card10_bme680.problems import ADVICE
from motes.exporters.card10_bme680.status import Status
from motes.shared import human
from motes.shared.sensor import Sensor

_MEASURED = (
    ("temperature_celsius", "temperature", 1.0, "{:.1f} °C"),
    ("humidity_ratio", "humidity", 100.0, "{:.0f} %"),
    ("pressure_pascals", "pressure", 0.01, "{:,.0f} hPa"),
    ("gas_resistance_ohms", "gas", 0.001, "{:,.1f} kΩ"),
)
_ESTIMATED = (
    ("iaq", "air quality", 1.0, "{:.0f} of 500"),
    ("eco2_ppm", "CO2", 1.0, "{:,.0f} ppm"),
    ("breath_voc_ppm", "breath VOC", 1.0, "{:.2f} ppm"),
)


def told(status: Status, values: Mapping[str, float]) -> Sensor:
    """Of a badge, with what is true now."""
    readings = human.readings(values, _MEASURED)
    if values.get("iaq_trusted"):
        readings += human.readings(values, _ESTIMATED)
    elif "iaq" in values:
        readings.append(("air quality", "warming up"))
    problem = status.problem
    name = status.device if status.device.startswith("/") else f"badge at USB port {status.device}"
    return Sensor(name, readings, status.seen, problem=human.words(problem), advice=ADVICE.get(problem, ""))


def absent(problem: str) -> Sensor:
    """Why there is no badge."""
    return Sensor("badge", (), 0.0, problem=human.words(problem), advice=ADVICE[problem])
