"""What people are told of badges: their readings, and what is wrong."""

import pytest
from motes.exporters.card10_bme680.badges import Badges
from motes.exporters.card10_bme680.problems import ADVICE, Failure
from motes.exporters.card10_bme680.sensors import absent, told
from motes.exporters.card10_bme680.status import Status

MEASURED = {
    "temperature_celsius": 21.46,
    "humidity_ratio": 0.4525,
    "pressure_pascals": 101312.5,
    "gas_resistance_ohms": 1234567.0,
}
SHOWN = [("temperature", "21.5 °C"), ("humidity", "45 %"), ("pressure", "1,013 hPa"), ("gas", "1,234.6 kΩ")]
ESTIMATED = {"iaq": 57.0, "iaq_accuracy": 2.0, "iaq_trusted": 1.0, "eco2_ppm": 1612.5, "breath_voc_ppm": 0.5}


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({}, []),
        (ESTIMATED, [("air quality", "57 of 500"), ("CO2", "1,612 ppm"), ("breath VOC", "0.50 ppm")]),
        ({**ESTIMATED, "iaq_trusted": 0.0}, [("air quality", "warming up")]),
    ],
)
def test_what_it_measures(more: dict[str, float], shown: list[tuple[str, str]]) -> None:
    status = Status("1-1.2")
    status.reads()
    sensor = told(status, {**MEASURED, **more})
    assert sensor.name == "badge at USB port 1-1.2"
    assert sensor.readings == SHOWN + shown
    assert sensor.seen == status.seen
    assert (sensor.problem, sensor.advice) == ("", "")


@pytest.mark.parametrize("reason", ADVICE)
def test_what_is_wrong(reason: str) -> None:
    status = Status("/dev/ttyACM0")
    status.fails(Failure(reason))
    for sensor in (told(status, {}), absent(reason)):
        assert sensor.problem == reason.replace("_", " ")
        assert sensor.advice == ADVICE[reason]
        assert (sensor.readings or [], sensor.seen) == ([], 0.0)
    assert told(status, {}).name == "/dev/ttyACM0"


def test_badges() -> None:
    badges = Badges(["/dev/ttyACM7", "auto"], mode="repl", interval=30.0, restart_app=False)
    assert [sensor.name for sensor in badges.sensors()] == ["/dev/ttyACM7"]
    badges._problem = "not_found"
    badges._readings.put(Status("/dev/ttyACM7").labels, MEASURED, 60)
    nobody, badge = badges.sensors()
    assert (nobody.name, nobody.problem) == ("badge", "not found")
    assert (badge.name, badge.readings) == ("/dev/ttyACM7", SHOWN)
