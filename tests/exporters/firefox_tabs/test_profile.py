"""One profile through whatever happens to its files: what is served, what is counted, and what is not read twice."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from motes.exporters.firefox_tabs import profile as profile_module
from motes.exporters.firefox_tabs import tabs as tabs_module
from motes.exporters.firefox_tabs.decoder import Decoder
from motes.exporters.firefox_tabs.opening import File
from motes.exporters.firefox_tabs.problems import ADVICE, Failure
from motes.exporters.firefox_tabs.session import Session

from tests.exporters.firefox_tabs.looking import Looking
from tests.exporters.firefox_tabs.test_lock import held
from tests.support.fakes import Clock
from tests.support.sessions import BACKUP, CLEAN, MARK, NOW, RECOVERY, Profile, packed, session, tab, tabs, window

DAMAGED = packed(tabs(50))[:-40]


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return Profile(tmp_path / "a.default")


@pytest.fixture
def looking(profile: Profile) -> Looking:
    return Looking(profile.path)


@pytest.fixture
def decodes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The descriptors that a child was given, one for each."""
    given: list[int] = []
    decode = Decoder._decode

    def counted(decoder: Decoder, file: int) -> Session:
        given.append(file)
        return decode(decoder, file)

    monkeypatch.setattr(Decoder, "_decode", counted)
    return given


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Seconds since boot."""
    stands = Clock()
    monkeypatch.setattr(profile_module, "boottime", stands)
    monkeypatch.setattr(tabs_module, "boottime", stands)
    return stands


def errors(looking: Looking) -> dict[str, float]:
    reasons = looking.names("parse_errors_total", "reason")
    return {reason: looking.values("parse_errors_total", reason=reason)[0] for reason in reasons}


def test_what_is_served(profile: Profile, looking: Looking) -> None:
    profile.write(
        session(
            window(tab(pinned=True), tab(hidden=True), tab(), closed=2, groups=1),
            window(tab(), groups=2, closed=1),
            closed=[window(tab())],
        ),
        at=1234.5,
    )
    page = looking.look()
    assert page.value("windows") == 2
    assert page.tabs_by_state() == [1, 1, 2]
    assert page.value("tab_groups") == 3
    assert page.value("closed_tabs") == 3
    assert page.value("closed_windows") == 1
    assert page.value("restorable_windows") == 0
    assert page.tabs_by_state("restorable_tabs") == [0, 0, 0]
    assert page.value("session_file_timestamp_seconds") == 1234.5
    assert page.value("running") == 0
    assert page.value("profile_in_use") is None
    assert page.values("container_tabs") == []
    assert page.problems() == []
    assert MARK not in page.text()


def test_containers_where_they_are_asked_for(profile: Profile) -> None:
    profile.write(session(window(tab(), tab(userContextId=2), tab(userContextId=2))))
    looking = Looking(profile.path, containers=True).look()
    assert looking.value("container_tabs", container="0") == 1
    assert looking.value("container_tabs", container="2") == 2


def test_ages_go_on_while_the_file_stays(profile: Profile, looking: Looking, monkeypatch: pytest.MonkeyPatch) -> None:
    day = 86400
    profile.write(session(window(tab(NOW), tab(NOW - 3 * day * 1000), tab(0))))
    looking.look()
    for later, oldest, untouched in ((0, 3, [1, 0, 0]), (5, 8, [2, 1, 0]), (40, 43, [2, 2, 2])):
        monkeypatch.setattr(tabs_module, "time", lambda later=later: NOW / 1000 + later * day)
        assert looking.value("oldest_tab_age_seconds") == oldest * day
        assert [looking.value("untouched_tabs", days=days) for days in ("1", "7", "30")] == untouched


@pytest.mark.parametrize(("ahead", "age"), [(3600, 0), (10 * 86400, None)])
def test_no_age_is_negative(
    profile: Profile, looking: Looking, monkeypatch: pytest.MonkeyPatch, ahead: int, age: float | None
) -> None:
    profile.write(session(window(tab(NOW))))
    looking.look()
    monkeypatch.setattr(tabs_module, "time", lambda: NOW / 1000 - ahead)
    assert looking.value("oldest_tab_age_seconds") == age
    assert looking.values("untouched_tabs") == [0, 0, 0]


def test_what_has_not_changed_is_not_decoded(profile: Profile, looking: Looking, decodes: list[int]) -> None:
    profile.write(tabs(1))
    for _ in range(3):
        looking.look()
    assert len(decodes) == 1
    profile.save(tabs(2))
    looking.look()
    assert looking.tabs_by_state() == [0, 0, 2]
    assert len(decodes) == 2


def test_in_the_moment_of_renaming_nothing_is_decoded(profile: Profile, looking: Looking, decodes: list[int]) -> None:
    profile.write(tabs(1))
    looking.look()
    (profile.path / RECOVERY).rename(profile.path / BACKUP)
    assert looking.look().tabs_by_state() == [0, 0, 1]
    assert len(decodes) == 1
    assert looking.problems() == []


def test_the_backup_where_it_is_alone(profile: Profile, looking: Looking) -> None:
    profile.write(tabs(3), BACKUP)
    assert looking.look().tabs_by_state() == [0, 0, 3]


def test_never_the_session_before_or_that_of_an_upgrade(profile: Profile, looking: Looking) -> None:
    profile.write(tabs(3), "sessionstore-backups/previous.jsonlz4")
    profile.write(tabs(3), "sessionstore-backups/upgrade.jsonlz4-20261103151912")
    assert looking.look().values("tabs") == []
    assert looking.problems() == []


def test_from_start_to_start(profile: Profile, looking: Looking) -> None:
    """As the browser leaves its files, from step to step."""
    with held(profile):
        profile.lock(1)
        assert looking.look().value("running") == 1
        assert looking.values("windows") == []
        assert looking.problems() == [("not_saved", "a.default")]
        profile.save(tabs(1))
        profile.save(tabs(2))
        assert looking.look().tabs_by_state() == [0, 0, 2]
        profile.write(tabs(3), CLEAN)
        assert looking.look().value("windows") == 0
    assert looking.look().value("running") == 0
    assert looking.tabs_by_state() == [0, 0, 0]
    assert looking.tabs_by_state("restorable_tabs") == [0, 0, 3]
    assert looking.value("restorable_windows") == 1
    assert looking.values("untouched_tabs") == [0, 0, 0]
    assert looking.value("oldest_tab_age_seconds") is None
    with held(profile):
        profile.lock(2)
        assert looking.look().value("running") == 1
        assert looking.value("windows") == 0
        assert looking.tabs_by_state("restorable_tabs") == [0, 0, 3]
        assert looking.problems() == []
        (profile.path / CLEAN).rename(profile.path / "sessionstore-backups/previous.jsonlz4")
        profile.save(tabs(4))
        assert looking.look().tabs_by_state() == [0, 0, 4]
        assert looking.tabs_by_state("restorable_tabs") == [0, 0, 0]


def test_a_browser_that_was_killed_is_closed(profile: Profile, looking: Looking, decodes: list[int]) -> None:
    with held(profile):
        profile.lock(1)
        profile.save(session(window(tab(), closed=2, groups=1)))
        assert looking.look().tabs_by_state() == [0, 0, 1]
    assert looking.look().tabs_by_state() == [0, 0, 0]
    assert looking.value("tab_groups") == 0
    assert looking.value("closed_tabs") == 2
    assert looking.tabs_by_state("restorable_tabs") == [0, 0, 1]
    with held(profile):
        profile.lock(2)
        assert looking.look().tabs_by_state() == [0, 0, 1], "what was open at last, until something is written"
        assert looking.problems() == []
    assert len(decodes) == 1


def test_in_the_moment_of_the_first_save_there_may_be_no_file(profile: Profile, looking: Looking, clock: Clock) -> None:
    profile.write(tabs(3), CLEAN)
    looking.look()
    with held(profile):
        (profile.path / CLEAN).rename(profile.path / "sessionstore-backups/previous.jsonlz4")
        assert looking.look().tabs_by_state("restorable_tabs") == [0, 0, 3]
        assert looking.problems() == [("not_saved", "a.default")]
        clock.now += 301
        assert looking.look().values("restorable_tabs") == []
        profile.save(tabs(4))
        assert looking.look().tabs_by_state() == [0, 0, 4]


def test_of_a_browser_that_is_closed_nothing_is_open_though_its_file_is_damaged(
    profile: Profile, looking: Looking, clock: Clock
) -> None:
    with held(profile):
        profile.write(tabs(3))
        assert looking.look().tabs_by_state() == [0, 0, 3]
        profile.write(DAMAGED)
    clock.now += 299
    assert looking.look().tabs_by_state() == [0, 0, 0]
    assert looking.tabs_by_state("restorable_tabs") == [0, 0, 3]
    clock.now += 2
    assert looking.look().values("tabs") == looking.values("restorable_tabs") == []


def test_one_whose_link_is_all_that_is_left_is_closed(profile: Profile, looking: Looking) -> None:
    profile.write(tabs(2))
    profile.lock(2**22 + 1)
    assert looking.look().tabs_by_state() == [0, 0, 0]
    assert looking.tabs_by_state("restorable_tabs") == [0, 0, 2]


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
    assert errors(looking) == {"bad_block": 1}
    assert looking.problems() == [("bad_block", "a.default")]
    assert looking.tabs_by_state() == [0, 0, 1]
    clock.now += 2
    assert looking.values("tabs") == looking.values("untouched_tabs") == []
    assert looking.value("last_seen_timestamp_seconds") == seen
    assert looking.look().value("running") == 0
    profile.write(b"")
    assert errors(looking.look()) == {"bad_block": 1, "truncated": 1}
    profile.write(tabs(2))
    assert looking.look().tabs_by_state() == [0, 0, 2]
    assert looking.problems() == []


def test_a_damaged_file_that_has_a_good_backup(profile: Profile, looking: Looking, decodes: list[int]) -> None:
    profile.write(tabs(2), BACKUP)
    profile.write(DAMAGED)
    for _ in range(3):
        assert looking.look().tabs_by_state() == [0, 0, 2]
    assert errors(looking) == {"bad_block": 1}
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
    assert errors(looking) == {"bad_block": 1}


def test_what_is_not_looked_at_any_more_vanishes(profile: Profile, looking: Looking, clock: Clock) -> None:
    profile.write(tabs(1))
    looking.look()
    clock.now += 299
    assert looking.value("windows") == 1
    clock.now += 2
    assert looking.values("windows") == looking.values("running") == []
    assert looking.value("last_seen_timestamp_seconds") is not None


def test_too_large(profile: Profile) -> None:
    profile.write(tabs(1000))
    looking = Looking(profile.path, most=1000).look()
    assert errors(looking) == {"too_large": 1}


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
    assert errors(looking) == {"timeout": 1}
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
    assert errors(looking) == {}


def test_without_lz4_is_no_damage(profile: Profile, looking: Looking, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: Decoder, __: int) -> Session:
        raise Failure("no_lz4")

    profile.write(tabs(1))
    with monkeypatch.context() as without:
        without.setattr(Decoder, "_decode", missing)
        looking.look()
    assert errors(looking) == {}
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
    assert errors(looking) == {}


def test_a_file_that_is_written_to_while_it_is_read(
    profile: Profile, looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = profile.write(tabs(1))
    content = packed(tabs(2))
    happened = meanwhile(monkeypatch, lambda: file.write_bytes(content), 1)
    assert looking.look().tabs_by_state() == [0, 0, 2]
    assert happened
    assert errors(looking) == {}


def test_one_that_never_stays_as_it_is(profile: Profile, looking: Looking, monkeypatch: pytest.MonkeyPatch) -> None:
    file = profile.write(tabs(1))
    meanwhile(monkeypatch, lambda: os.utime(file, ns=(0, os.stat(file).st_mtime_ns + 1)), 99)
    assert errors(looking.look()) == {"changed": 1}
    assert looking.problems() == [("changed", "a.default")]
    assert looking.values("tabs") == []
