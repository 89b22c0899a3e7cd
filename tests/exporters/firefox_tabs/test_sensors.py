"""What people are told of profiles: what is open, what could be had back, what is wrong; none of its content."""

import os
from pathlib import Path

import pytest
from motes.exporters.firefox_tabs import sensors as sensors_module
from motes.exporters.firefox_tabs.problems import ADVICE
from motes.exporters.firefox_tabs.tabs import Tabs
from motes.shared.sensor import Sensor

from tests.exporters.firefox_tabs.looking import Looking
from tests.support.sessions import CLEAN, MARK, NOW, RECOVERY, Place, Profile, session, tab, tabs, window

DAY = 86400


def only(looking: Looking) -> Sensor:
    (sensor,) = looking.look().tabs.sensors()
    return sensor


def test_what_is_open(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensors_module, "time", lambda: NOW / 1000 + 40 * DAY)
    profile.write(session(window(tab(pinned=True), *[tab()] * 1200), window(tab(hidden=True))))
    sensor = only(Looking(profile.path))
    assert sensor.name == "a.default (root)"
    assert sensor.readings == [("windows", "2"), ("tabs", "1,202"), ("oldest tab", "40 d")]
    assert sensor.seen > 0
    assert (sensor.problem, sensor.advice) == ("", "")
    assert MARK not in str((sensor.name, sensor.readings))


def test_another_browser_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    Place(tmp_path / ".librewolf").profile("a.default").write(tabs(1))
    assert only(Looking()).name == "a.default (librewolf, root)"


def test_what_could_be_had_back(profile: Profile) -> None:
    profile.write(tabs(7), CLEAN)
    assert only(Looking(profile.path)).readings == [("windows", "none"), ("tabs to restore", "7")]


def test_a_damaged_file(profile: Profile) -> None:
    (profile.path / RECOVERY).write_bytes(b"x" * 100)
    sensor = only(Looking(profile.path))
    assert (sensor.readings, sensor.seen) == ([], 0.0)
    assert (sensor.problem, sensor.advice) == ("bad magic", ADVICE["bad_magic"])


def test_a_browser_that_has_saved_nothing_yet_is_no_problem(profile: Profile) -> None:
    looking = Looking(profile.path).look()
    (known,) = [each for base in looking.tabs._bases.all() for each in base.profiles()]
    known.status.problem = "not_saved"
    (sensor,) = looking.tabs.sensors()
    assert (sensor.readings, sensor.problem, sensor.advice) == ([], "", "")


def test_what_is_wrong_elsewhere(tmp_path: Path) -> None:
    sensor = only(Looking(tmp_path / "nowhere"))
    assert sensor.name == os.path.join(tmp_path, "nowhere")
    assert (sensor.problem, sensor.advice) == ("not found", ADVICE["not_found"])


def test_no_profile_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    looking = Looking("/nowhere/*")
    monkeypatch.setattr(Tabs, "_elsewhere", lambda *_: [("not_found", "")])
    assert only(looking).name == "profiles"
