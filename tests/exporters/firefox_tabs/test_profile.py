"""One profile through whatever happens to its files: what is served, and what is not read twice."""

import pytest
from motes.exporters.firefox_tabs import tabs as tabs_module

from tests.exporters.firefox_tabs.looking import DAMAGED, Looking
from tests.exporters.firefox_tabs.test_lock import held
from tests.support.fakes import Clock
from tests.support.sessions import BACKUP, CLEAN, MARK, NOW, RECOVERY, Profile, session, tab, tabs, window


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


def test_what_is_not_looked_at_any_more_vanishes(profile: Profile, looking: Looking, clock: Clock) -> None:
    profile.write(tabs(1))
    looking.look()
    clock.now += 299
    assert looking.value("windows") == 1
    clock.now += 2
    assert looking.values("windows") == looking.values("running") == []
    assert looking.value("last_seen_timestamp_seconds") is not None
