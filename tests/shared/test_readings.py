"""Readings, by a clock of the test's own."""

from motes.shared import exposition
from motes.shared.exposition import labels
from motes.shared.readings import Readings, boottime

KITCHEN = labels(room="kitchen")
CELLAR = labels(room="cellar")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def fresh() -> tuple[Readings, Clock]:
    clock = Clock()
    return Readings("room_", {"temperature_celsius": "How warm.", "humidity_ratio": "How damp."}, clock), clock


def samples(readings: Readings) -> list[str]:
    return [line for line in exposition.text(readings.families()).decode().splitlines() if line[0] != "#"]


def test_each_value_has_its_own_time() -> None:
    readings, clock = fresh()
    readings.put(KITCHEN, {"temperature_celsius": 21.5}, 60)
    clock.now += 40
    readings.put(KITCHEN, {"humidity_ratio": 40}, 60)
    assert samples(readings) == [
        'room_temperature_celsius{room="kitchen"} 21.5',
        'room_humidity_ratio{room="kitchen"} 40',
    ]
    clock.now += 20
    assert samples(readings) == ['room_humidity_ratio{room="kitchen"} 40']
    clock.now += 40
    assert samples(readings) == []


def test_a_newer_value_takes_the_place_of_an_older() -> None:
    readings, clock = fresh()
    readings.put(KITCHEN, {"temperature_celsius": 21.5}, 60)
    clock.now += 59
    readings.put(KITCHEN, {"temperature_celsius": -4.5}, 60)
    clock.now += 59
    assert samples(readings) == ['room_temperature_celsius{room="kitchen"} -4.5']


def test_drops_one_label_set() -> None:
    readings, _ = fresh()
    for room in (KITCHEN, CELLAR):
        readings.put(room, {"temperature_celsius": 8, "humidity_ratio": 70}, 60)
    readings.drop(KITCHEN)
    assert samples(readings) == ['room_temperature_celsius{room="cellar"} 8', 'room_humidity_ratio{room="cellar"} 70']


def test_time_goes_on_while_the_machine_sleeps() -> None:
    with open("/proc/uptime") as file:
        # See proc_uptime(5): "including time spent in suspend".
        before = float(file.read().split()[0])
    assert before <= boottime() + 0.01


def test_what_is_true_of_one() -> None:
    readings, clock = fresh()
    readings.put(KITCHEN, {"temperature_celsius": 8}, 30)
    readings.put(KITCHEN, {"humidity_ratio": 70}, 60)
    assert readings.alive(CELLAR) == {}
    assert readings.alive(KITCHEN) == {"temperature_celsius": 8, "humidity_ratio": 70}
    clock.now += 30
    assert readings.alive(KITCHEN) == {"humidity_ratio": 70}
