"""motes-firefox-tabs beside a real Firefox: after each step its numbers are what the browser itself says.

Each step begins with whatever those before it left; each can be the first. A change is compared with what the browser
said before it; the exporter is waited for once, behind it.
"""

import time

from tests.support.firefox.browser import Firefox
from tests.support.firefox.exporter import FirefoxTabs
from tests.support.namespaces import until

MARK = "hush7b1d"
DAY = 86400


def test_open(firefox: Firefox, program: FirefoxTabs) -> None:
    before = firefox.counts()
    for number in range(4):
        firefox.open_tab(f"tab {number}")
    after = program.agrees(firefox)
    assert after == before._replace(plain=before.plain + 4, containers=after.containers)


def test_pin(firefox: Firefox, program: FirefoxTabs) -> None:
    firefox.open_tab("pinned")
    before = firefox.counts()
    firefox.pin(sum(before.tabs.values()) - 1)
    assert program.agrees(firefox) == before._replace(plain=before.plain - 1, pinned=before.pinned + 1)


def test_hide(firefox: Firefox, program: FirefoxTabs) -> None:
    firefox.open_tab("hidden")
    before = firefox.counts()
    firefox.hide(sum(before.tabs.values()) - 1)
    assert program.agrees(firefox) == before._replace(plain=before.plain - 1, hidden=before.hidden + 1)


def test_group(firefox: Firefox, program: FirefoxTabs) -> None:
    for number in range(2):
        firefox.open_tab(f"grouped {number}")
    before = firefox.counts()
    last = sum(before.tabs.values()) - 1
    firefox.group(last - 1, last, label="work")
    grouped = program.agrees(firefox)
    assert grouped == before._replace(groups=before.groups + 1)
    firefox.ungroup()
    assert program.agrees(firefox).groups == before.groups


def test_remove_a_group(firefox: Firefox, program: FirefoxTabs) -> None:
    for number in range(2):
        firefox.open_tab(f"grouped {number}")
    before = firefox.counts()
    last = sum(before.tabs.values()) - 1
    firefox.group(last - 1, last, label="no more")
    firefox.remove_group()
    until(lambda: firefox.counts().closed_tabs == before.closed_tabs + 2, "that its tabs are closed", firefox.log)
    after = program.agrees(firefox)
    assert after.plain == before.plain - 2
    assert after.groups == before.groups


def test_close(firefox: Firefox, program: FirefoxTabs) -> None:
    firefox.open_tab("closed")
    before = firefox.counts()
    firefox.close_tab(sum(before.tabs.values()) - 1)
    after = program.agrees(firefox)
    assert after.closed_tabs == before.closed_tabs + 1
    assert after.plain == before.plain - 1


def test_second_window(firefox: Firefox, program: FirefoxTabs) -> None:
    before = firefox.counts()
    firefox.open_window()
    firefox.open_tab("second window", window=1)
    opened = program.agrees(firefox)
    assert opened.windows == before.windows + 1
    assert opened.plain == before.plain + 2
    firefox.close_window(1)
    closed = program.agrees(firefox)
    assert closed == before._replace(closed_windows=before.closed_windows + 1)
    firefox.open_tab("and another save")
    assert program.agrees(firefox) == closed._replace(
        plain=closed.plain + 1, containers={**closed.containers, 0: closed.containers[0] + 1}
    )


def test_private_window(firefox: Firefox, program: FirefoxTabs) -> None:
    before = firefox.counts()
    firefox.open_window(private=True)
    firefox.open_tab("private", window=1)
    firefox.open_tab("not private")
    after = program.agrees(firefox)
    assert after.windows == before.windows
    assert after.plain == before.plain + 1
    firefox.close_window(1)
    assert program.agrees(firefox) == after


def test_container_tab(firefox: Firefox, program: FirefoxTabs) -> None:
    before = firefox.counts()
    firefox.open_tab("contained", container=2)
    after = program.agrees(firefox)
    wanted = {**before.containers, 2: before.containers.get(2, 0) + 1}
    assert after == before._replace(plain=before.plain + 1, containers=wanted)


def test_ages(firefox: Firefox, program: FirefoxTabs) -> None:
    for _ in range(3):
        firefox.open_tab("old")
    last = sum(firefox.counts().tabs.values()) - 1
    now = time.time()
    for tab, days in ((last, 40), (last - 1, 10), (last - 2, 2)):
        firefox.age(tab, int((now - days * DAY) * 1000))
    firefox.open_tab("saved with them")
    program.agrees(firefox)

    def untouched() -> list[float | None]:
        told = program.told(firefox.profile)
        return [told.value("untouched_tabs", days=days) for days in ("1", "7", "30")]

    until(lambda: untouched() == [3, 2, 1], "tabs by their age", lambda: f"{untouched()}\n{program.log()}")
    age = program.told(firefox.profile).value("oldest_tab_age_seconds")
    assert age is not None
    assert 40 * DAY - 1 <= age <= 40 * DAY + time.time() - now + 1
    for _ in range(3):
        firefox.close_tab(last - 2)
    until(lambda: untouched() == [0, 0, 0], "that they are closed", lambda: f"{untouched()}\n{program.log()}")


def test_profile_in_use(firefox: Firefox, program: FirefoxTabs) -> None:
    program.agrees(firefox)
    assert program.told(firefox.profile).value("profile_in_use") == 1
    spare = program.told(firefox.spare)
    assert spare.value("profile_in_use") == 0, "it is the default one of old, and of no installation"
    assert spare.value("running") == 0
    assert spare.value("windows") is None


def test_session_file_timestamp(firefox: Firefox, program: FirefoxTabs) -> None:
    program.agrees(firefox)
    file = firefox.profile / "sessionstore-backups/recovery.jsonlz4"

    def told() -> tuple[float | None, float]:
        told = program.told(firefox.profile).value("session_file_timestamp_seconds")
        return told, file.stat().st_mtime_ns / 1e9 if file.exists() else 0

    until(lambda: len(set(told())) == 1, "when the file was written", lambda: f"{told()}")


def test_clean_quit_and_restart(firefox: Firefox, program: FirefoxTabs) -> None:
    firefox.open_window()
    firefox.open_tab("restored", window=1)
    last = firefox.counts()
    firefox.quit()
    program.closed(firefox, last)
    firefox.start()
    assert program.told(firefox.profile).counts(), "the last ones, until it writes"
    again = program.agrees(firefox)
    assert (again.windows, again.tabs) == (last.windows, last.tabs)
    firefox.close_window(1)
    program.agrees(firefox)


def test_restart_without_the_tabs(firefox: Firefox, program: FirefoxTabs) -> None:
    """As Firefox does unless it was told otherwise: what was open is kept, but only what was pinned is open."""
    firefox.open_tab("not restored")
    last = firefox.counts()
    firefox.prefer("browser.startup.page", 1)
    firefox.quit()
    program.closed(firefox, last)
    firefox.start()
    fresh = program.agrees(firefox)
    firefox.prefer("browser.startup.page", 3)
    assert (fresh.windows, fresh.tabs) == (1, {"pinned": last.pinned, "hidden": 0, "plain": 1})


def test_sigkill_and_restart(firefox: Firefox, program: FirefoxTabs) -> None:
    firefox.open_tab("killed")
    last = program.agrees(firefox)
    firefox.kill()
    program.closed(firefox, last)
    assert (firefox.profile / "lock").is_symlink(), "it is left behind, and not believed"
    firefox.start()
    assert program.told(firefox.profile).counts(), "the last ones, until it writes"
    again = program.agrees(firefox)
    assert (again.windows, again.tabs) == (last.windows, last.tabs)


def test_sigterm_and_restart(firefox: Firefox, program: FirefoxTabs) -> None:
    firefox.open_tab("terminated")
    last = program.agrees(firefox)
    firefox.terminate()
    program.closed(firefox, last)
    assert not (firefox.profile / "lock").is_symlink(), "the recovery file alone is left"
    firefox.start()
    assert program.told(firefox.profile).counts(), "the last ones, until it writes"
    again = program.agrees(firefox)
    assert (again.windows, again.tabs) == (last.windows, last.tabs)


def test_nothing_of_what_is_read_is_told(firefox: Firefox, program: FirefoxTabs) -> None:
    for _ in range(2):
        firefox.open_tab(MARK)
    before = firefox.counts()
    last = sum(before.tabs.values()) - 1
    firefox.group(last - 1, last, label=MARK)
    grouped = program.agrees(firefox)
    assert grouped.groups == before.groups + 1
    for path in ("/metrics", "/"):
        assert MARK not in program.get(path)
    assert MARK not in program.log()


def test_no_problems(firefox: Firefox, program: FirefoxTabs) -> None:
    """After all that was done to the browser, if this is the last step."""
    program.agrees(firefox)
    for profile in (firefox.profile, firefox.spare):
        assert program.told(profile).problems() == set()
    assert "firefox_parse_errors_total{" not in program.get("/metrics")
