"""Files that are damaged, cannot be read, or change meanwhile: what is counted, what is told, and what stays true."""

import os
from collections.abc import Callable

import pytest
from motes.exporters.firefox_tabs import profile as profile_module
from motes.exporters.firefox_tabs.decoder import Decoder
from motes.exporters.firefox_tabs.opening import File
from motes.exporters.firefox_tabs.problems import ADVICE, Failure
from motes.exporters.firefox_tabs.session import Session

from tests.exporters.firefox_tabs.looking import DAMAGED, Looking
from tests.support.fakes import Clock
from tests.support.sessions import BACKUP, RECOVERY, Profile, packed, tabs


def test_a_damaged_file_is_counted_once_and_what_was_true_stays_for_a_while(
    profile: Profile, looking: Looking, clock: Clock
) -> None:
    profile.write(tabs(1))
    looking.look()
    seen = looking.value("last_seen_timestamp_seconds")
    profile.write(DAMAGED)
    clock.now += 299
    for _ in range(3):
        looking.look()
    assert looking.errors() == {"bad_block": 1}
    assert looking.problems() == [("bad_block", "a.default")]
    assert looking.tabs_by_state() == [0, 0, 1]
    clock.now += 2
    assert looking.values("tabs") == looking.values("untouched_tabs") == []
    assert looking.value("last_seen_timestamp_seconds") == seen
    assert looking.look().value("running") == 0
    profile.write(b"")
    assert looking.look().errors() == {"bad_block": 1, "truncated": 1}
    profile.write(tabs(2))
    assert looking.look().tabs_by_state() == [0, 0, 2]
    assert looking.problems() == []


def test_a_damaged_file_that_has_a_good_backup(profile: Profile, looking: Looking, decodes: list[int]) -> None:
    profile.write(tabs(2), BACKUP)
    profile.write(DAMAGED)
    for _ in range(3):
        assert looking.look().tabs_by_state() == [0, 0, 2]
    assert looking.errors() == {"bad_block": 1}
    assert looking.problems() == [("bad_block", "a.default")]
    assert len(decodes) == 2


def test_what_is_logged(profile: Profile, looking: Looking, capfd: pytest.CaptureFixture[str]) -> None:
    """Each change once, and what to do about it, though the page has that, too."""
    for content in (tabs(1), DAMAGED, DAMAGED, tabs(2)):
        profile.write(content)
        looking.look()
    whose = "user=root profile=a.default browser=firefox"
    good = f'level=info msg="profile is read" {whose}'
    bad = f'level=warn msg="profile is not read" {whose} problem=bad_block advice="{ADVICE["bad_block"]}"'
    lines = [line.partition(" ")[2] for line in capfd.readouterr().err.splitlines()]
    assert lines == [good, bad, good]


def test_what_was_read_is_better_than_a_backup_that_is_older(profile: Profile, looking: Looking, clock: Clock) -> None:
    profile.write(tabs(1), BACKUP, at=1000)
    profile.write(tabs(2), at=2000)
    looking.look()
    (profile.path / RECOVERY).write_bytes(DAMAGED)
    assert looking.look().tabs_by_state() == [0, 0, 2]
    clock.now += 301
    assert looking.values("tabs") == []
    assert looking.look().tabs_by_state() == [0, 0, 1], "better than nothing"
    assert looking.errors() == {"bad_block": 1}


def test_too_large(profile: Profile) -> None:
    profile.write(tabs(1000))
    looking = Looking(profile.path, most=1000).look()
    assert looking.errors() == {"too_large": 1}


def test_what_is_passing_is_tried_again_and_counted_once(
    profile: Profile, looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile.write(tabs(1))
    now = Clock()
    monkeypatch.setattr(profile_module, "monotonic", now)
    tried = []

    def fails(_: Decoder, file: int) -> Session:
        tried.append(file)
        raise Failure("timeout")

    with monkeypatch.context() as failing:
        failing.setattr(Decoder, "_decode", fails)
        for seconds in (0, 59, 2):
            now.now += seconds
            looking.look()
    assert len(tried) == 2
    assert looking.errors() == {"timeout": 1}
    now.now += 61
    assert looking.look().tabs_by_state() == [0, 0, 1]
    assert looking.problems() == []


def test_a_disk_that_cannot_read_it_is_waited_for_before_there_is_a_child(
    profile: Profile, looking: Looking, decodes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    profile.write(tabs(1))
    now = Clock()
    monkeypatch.setattr(profile_module, "monotonic", now)

    def fails(_: File, size: int) -> None:
        assert size == (profile.path / RECOVERY).stat().st_size
        raise Failure("io_error")

    with monkeypatch.context() as failing:
        failing.setattr(File, "fetch", fails)
        assert looking.look().problems() == [("io_error", "a.default")]
    assert decodes == []
    now.now += 61
    assert looking.look().tabs_by_state() == [0, 0, 1]
    assert looking.errors() == {}


def test_without_lz4_is_no_damage(profile: Profile, looking: Looking, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: Decoder, __: int) -> Session:
        raise Failure("no_lz4")

    profile.write(tabs(1))
    with monkeypatch.context() as without:
        without.setattr(Decoder, "_decode", missing)
        looking.look()
    assert looking.errors() == {}
    assert looking.problems() == [("no_lz4", "a.default")]
    assert looking.value("running") == 0
    assert looking.look().tabs_by_state() == [0, 0, 1]


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], times: int) -> list[int]:
    """Something that happens while a file is decoded, the first so many times; which those were."""
    decode = Decoder._decode
    happened: list[int] = []

    def decoding(decoder: Decoder, file: int) -> Session:
        if len(happened) < times:
            happened.append(file)
            act()
        return decode(decoder, file)

    monkeypatch.setattr(Decoder, "_decode", decoding)
    return happened


def test_a_file_that_is_renamed_while_it_is_read(
    profile: Profile, looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile.write(tabs(1))
    meanwhile(monkeypatch, lambda: profile.save(tabs(2)), 1)
    assert looking.look().tabs_by_state() == [0, 0, 2]


def test_one_that_is_renamed_each_time_is_what_it_was(
    profile: Profile, looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile.write(tabs(1))
    happened = meanwhile(monkeypatch, lambda: profile.save(tabs(1)), 9)
    assert looking.look().tabs_by_state() == [0, 0, 1]
    assert len(happened) == 3


def test_one_that_is_gone_meanwhile_is_what_it_was(
    profile: Profile, looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = profile.write(tabs(1))
    meanwhile(monkeypatch, file.unlink, 1)
    assert looking.look().tabs_by_state() == [0, 0, 1]
    assert looking.errors() == {}


def test_a_file_that_is_written_to_while_it_is_read(
    profile: Profile, looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = profile.write(tabs(1))
    content = packed(tabs(2))
    happened = meanwhile(monkeypatch, lambda: file.write_bytes(content), 1)
    assert looking.look().tabs_by_state() == [0, 0, 2]
    assert happened
    assert looking.errors() == {}


def test_one_that_never_stays_as_it_is(profile: Profile, looking: Looking, monkeypatch: pytest.MonkeyPatch) -> None:
    file = profile.write(tabs(1))
    meanwhile(monkeypatch, lambda: os.utime(file, ns=(0, os.stat(file).st_mtime_ns + 1)), 99)
    assert looking.look().errors() == {"changed": 1}
    assert looking.problems() == [("changed", "a.default")]
    assert looking.values("tabs") == []
