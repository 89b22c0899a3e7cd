"""What the doctor looks at, where a test's machine cannot show it: clocks, versions, processes, groups."""

import grp
import os
import subprocess
import sys
from pathlib import Path

import pytest
from motes.shared.finding import BAD, GOOD, NOTE
from motes.shared.person import access, interfaces, machine, processes
from motes.shared.person.extras import Library

from tests.support.namespaces import until

INSTALLED = 1_700_000_000.0


@pytest.mark.parametrize(
    ("now", "unsynchronised", "state"),
    [
        (INSTALLED + 10, False, GOOD),
        (INSTALLED + 10, True, NOTE),
        (INSTALLED - 3600, False, GOOD),
        (INSTALLED - 100_000, False, BAD),
        (0.0, True, BAD),
    ],
)
def test_clock(monkeypatch: pytest.MonkeyPatch, now: float, unsynchronised: bool, state: str) -> None:
    monkeypatch.setattr(machine, "_unsynchronised", lambda: unsynchronised)
    assert machine._clock(now, INSTALLED).state == state


def test_the_kernel_is_asked_for_its_clock() -> None:
    assert machine._unsynchronised() in (True, False)


@pytest.mark.parametrize(
    ("version", "state"),
    [("3.5", GOOD), ("3.5.1", GOOD), ("3.10", GOOD), ("10", GOOD), ("3.5rc1", GOOD), ("", GOOD), ("3.4.9", BAD)],
)
def test_versions(monkeypatch: pytest.MonkeyPatch, version: str, state: str) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _: version)
    assert Library("json", "json", "3.5", extra="x", debian="x").look().state == state


@pytest.mark.parametrize(
    ("words", "ours"),
    [
        (["/usr/bin/motesd"], True),
        (["/usr/bin/python3", "/usr/bin/motes-node", "--once"], True),
        (["python3.11", "-m", "motes.shared.motesd"], True),
        (["python3.11", "-u", "-m", "motes.exporters.node.program"], True),
        (["vim", "/etc/motes/motes.toml"], False),
        (["python3", "/srv/motes.py"], False),
        (["nginx"], False),
        (["python3"], False),
        ([], False),
    ],
)
def test_whose_a_process_is(monkeypatch: pytest.MonkeyPatch, words: list[str], ours: bool) -> None:
    monkeypatch.setattr(processes, "_text", lambda _: "\0".join(words))
    assert processes.Process(1).is_ours == ours


def test_who_has_a_file_open(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    with (tmp_path / "file").open("wb") as file:
        assert processes.having_open(str(tmp_path / "link")) == [], "oneself does not count"
        process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=file)
        try:
            until(lambda: processes.having_open(str(tmp_path / "link")), "somebody")
            assert [each.pid for each in processes.having_open(str(tmp_path / "link"))] == [process.pid]
        finally:
            process.communicate()


def test_interfaces() -> None:
    assert "127.0.0.1" in interfaces.interfaces()["lo"]


@pytest.mark.parametrize(("enrolled", "advice"), [(True, "log in again, or restart"), (False, "usermod -a -G dialout")])
def test_who_was_made_a_member_after_the_login(monkeypatch: pytest.MonkeyPatch, enrolled: bool, advice: str) -> None:
    members = [access.user()] if enrolled else []
    monkeypatch.setattr("grp.getgrnam", lambda name: grp.struct_group((name, "x", 20, members)))
    assert access.join_group("dialout").startswith(advice)


def test_who_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    assert access.user() == "user 4000000"
