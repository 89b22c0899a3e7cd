"""How the radio does, as the log and the page have it."""

import pytest
from motes.exporters.lywsd03mmc.station import ADVICE, Problem, Station
from motes.shared import exposition

from tests.support.page import Page, Series


def page(station: Station) -> dict[Series, float]:
    return Page(exposition.text(station.families()).decode()).values


def test_tells_a_problem_once_and_what_to_do(capfd: pytest.CaptureFixture[str]) -> None:
    station = Station(scans=True)
    for _ in range(3):
        station.fails(Problem("no_bluez", "nobody answers"))
    (told,) = capfd.readouterr().err.splitlines()
    assert 'problem=no_bluez err="nobody answers"' in told
    assert f'advice="{ADVICE["no_bluez"]}"' in told
    values = page(station)
    assert values["thermometer_scanner_up", ()] == 0
    problem = ("advice", ADVICE["no_bluez"]), ("problem", "no_bluez")
    assert values["thermometer_problem_info", problem] == 1
    station.listens("hci0", "active")
    station.fails(Problem("powered_off"))
    assert len(capfd.readouterr().err.splitlines()) == 2


def test_tells_how_it_listens_and_counts_from_the_second_time() -> None:
    station = Station(scans=True)
    assert page(station)["thermometer_scanner_restarts_total", ()] == 0
    station.listens("hci0", "passive")
    values = page(station)
    assert values["thermometer_scanner_up", ()] == 1
    assert values["thermometer_scanner_info", (("adapter", "hci0"), ("mode", "passive"))] == 1
    assert values["thermometer_scanner_restarts_total", ()] == 0
    assert not any(name == "thermometer_problem_info" for name, _ in values)
    station.deaf()
    assert page(station)["thermometer_scanner_up", ()] == 0
    station.listens("hci0", "passive")
    assert page(station)["thermometer_scanner_restarts_total", ()] == 1


def test_who_does_not_listen_has_no_scanner() -> None:
    assert not any(name.startswith("thermometer_scanner_up") for name, _ in page(Station(scans=False)))
