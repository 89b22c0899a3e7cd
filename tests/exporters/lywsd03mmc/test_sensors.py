"""What people are told of thermometers: their readings, and why one is silent."""

import re
from pathlib import Path

import pytest
from motes.exporters import lywsd03mmc as exporter
from motes.exporters.lywsd03mmc import visit
from motes.exporters.lywsd03mmc.sensors import _POLLED, _REFUSED, sensors
from motes.exporters.lywsd03mmc.station import ADVICE, Problem, Station
from motes.shared.sensor import Sensor

from tests.exporters.lywsd03mmc.test_thermometers import BEACON_WITHOUT_OBJECT, HERE, KEY, THERE, House, mibeacon, pvvx

SILENT = "see whether its battery is empty, or whether it is too far away"


def told(house: House, station: Station | None = None) -> list[Sensor]:
    return list(sensors(house.thermometers, station or Station(scans=True)))


def one(house: House) -> Sensor:
    (sensor,) = told(house)
    return sensor


def test_what_it_measures() -> None:
    house = House(names={HERE: "attic"})
    house.hear(pvvx(1, -3.25))
    sensor = one(house)
    assert sensor.name == "attic"
    assert sensor.readings == [("temperature", "-3.2 °C"), ("humidity", "47 %"), ("battery", "83 %")]
    assert sensor.seen > 0
    assert (sensor.problem, sensor.advice) == ("", "")


def test_one_without_a_name() -> None:
    house = House()
    house.hear(pvvx(1))
    assert one(house).name == HERE


def test_they_are_in_order() -> None:
    house = House(names={HERE: "cellar", "A4:C1:38:00:00:04": "Attic", "A4:C1:38:00:00:05": "barn"})
    for address in ("A4:C1:38:00:00:03", THERE):
        house.hear(pvvx(1, address=address), address)
    assert [each.name for each in told(house)] == ["Attic", "barn", "cellar", THERE, "A4:C1:38:00:00:03"]


def test_who_is_wanted_and_falls_silent_is_a_problem() -> None:
    house = House(names={HERE: "attic"})
    house.hear(pvvx(1))
    house.hear(pvvx(1, address=THERE), THERE)
    house.clock.now += 100
    attic, other = told(house)
    assert (attic.readings, attic.problem, attic.advice) == ([], "not heard", SILENT)
    assert attic.seen > 0
    assert (other.readings, other.problem, other.advice) == ([], "", "")


def test_who_was_never_heard_has_some_time() -> None:
    house = House(names={HERE: "attic"})
    house.clock.now += 1500
    assert (one(house).seen, one(house).problem) == (0.0, "")
    house.clock.now += 1
    assert one(house).problem == "not heard"


def test_frames_that_are_refused() -> None:
    house = House(keys={HERE: KEY})
    house.hear(pvvx(1))
    assert one(house).problem == "does not encrypt"
    house.hear(BEACON_WITHOUT_OBJECT)
    assert one(house).problem == "does not encrypt"
    house.hear(mibeacon(1, "0410020d01"))
    assert one(house).readings[0] == ("temperature", "26.9 °C")
    assert one(house).problem == ""
    house.clock.now += 1500
    assert one(house).problem == "not heard"


def test_another_key_begins_anew() -> None:
    house = House(keys={HERE: KEY})
    house.hear(pvvx(1))
    house.thermometers.learn({HERE: bytes(16)})
    assert one(house).problem == ""


def test_nobody_wants_to_hear_of_a_neighbours_frames() -> None:
    house = House()
    house.hear(pvvx(1))
    house.clock.now += 100
    house.hear(mibeacon(1, "0410020d01"))
    assert one(house).problem == ""


@pytest.mark.parametrize("reason", _POLLED)
def test_polls_that_fail(reason: str) -> None:
    house = House(polled=(HERE,))
    house.thermometers.poll_failed(HERE, reason)
    assert (one(house).problem, one(house).advice) == _POLLED[reason]
    house.thermometers.polled(HERE, {"temperature_celsius": 20.0}, firmware="", version="", ttl=60)
    assert one(house).problem == ""
    house.clock.now += 60
    assert one(house).problem == "not heard"


@pytest.mark.parametrize("problem", ADVICE)
def test_the_radio_is_one_problem_and_not_everybodys(problem: str) -> None:
    house = House(names={HERE: "attic"})
    house.hear(pvvx(1))
    house.clock.now += 100
    station = Station(scans=True)
    station.fails(Problem(problem))
    radio, attic = told(house, station)
    assert (radio.name, radio.problem, radio.advice) == ("Bluetooth", problem.replace("_", " "), ADVICE[problem])
    assert attic.problem == ""
    station.listens("hci0", "active")
    assert [each.name for each in told(house, station)] == ["attic"]


def test_every_reason_has_its_words() -> None:
    folder = Path(exporter.__file__).parent
    code = "".join(path.read_text() for path in folder.glob("*.py"))
    assert set(re.findall(r'Refused\("([a-z_]+)"', code)) - {"ignored"} == set(_REFUSED)
    assert set(visit.REASONS) == set(_POLLED)
