"""The program as it runs, with profiles that are made up and a mount that does not answer."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.firefox.exporter import COMMAND, FirefoxTabs, environment
from tests.support.hanging_fuse import HangingFuse
from tests.support.namespaces import WITHIN, until
from tests.support.page import Page
from tests.support.sessions import RECOVERY, Place, Profile, tabs

# FUSE's questions that need an answer so that there is a mount, or want none; see HangingFuse.
_ANSWERED = frozenset((26, 2, 36, 42))


class DeadMount(HangingFuse):
    """Answers nothing at all."""

    def _handle(self, request: bytes) -> None:
        if int.from_bytes(request[4:8], "little") in _ANSWERED:
            super()._handle(request)
        else:
            self.asked += 1


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Of two users, one of whose homes is dead: `home/dead`."""
    (tmp_path / "home/dead").mkdir(parents=True)
    Place(tmp_path / "home/good/.mozilla/firefox").profile("a.default").write(tabs(2))
    return tmp_path / "home"


@contextmanager
def dead_mount(path: Path) -> Iterator[DeadMount]:
    mount = DeadMount(path)
    try:
        yield mount
    finally:
        mount.close()


def problems(page: Page) -> dict[str, str]:
    """Their names by path."""
    found = [dict(pairs) for name, pairs in page.values if name == "firefox_problem_info"]
    return {each["path"]: each["problem"] for each in found}


def windows(page: Page) -> int:
    return sum(name == "firefox_windows" for name, _ in page.values)


def ended(pid: int) -> bool:
    """Whether a process has come to its end, although the kernel keeps a thread of it."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_dead_mount_costs_only_itself(home: Path, tmp_path: Path) -> None:
    flag = f"--firefox.profile={home}/*/.mozilla/firefox"
    with FirefoxTabs(tmp_path / "log", home / "good", flag) as program:

        def page() -> Page:
            return Page(program.get("/metrics"))

        until(lambda: windows(page()) == 1, "a profile", program.log)
        # Unmounted before the program is waited for: nothing else ends a thread that waits for FUSE's daemon.
        with dead_mount(home / "dead") as dead:
            until(lambda: problems(page()) == {f"{home}/dead": "hung"}, "the mount that hangs", program.log)
            assert dead.asked
            assert f'level=warn msg="file system hangs" path={home}/dead' in program.log()
            Profile(home / "good/.mozilla/firefox/a.default").save(tabs(3))
            until(lambda: 'state="plain"} 3' in program.get("/metrics"), "three tabs", program.log)
            program.process.send_signal(signal.SIGTERM)
            until(lambda: ended(program.process.pid), "the end", program.log)
        assert program.process.wait(WITHIN) == 0


def test_a_mount_that_answers_again(home: Path, tmp_path: Path) -> None:
    flag = f"--firefox.profile={home}/*/.mozilla/firefox"
    with FirefoxTabs(tmp_path / "log", home / "good", flag) as program:

        def told() -> dict[str, str]:
            return problems(Page(program.get("/metrics")))

        with dead_mount(home / "dead"):
            until(lambda: "hung" in told().values(), "the mount that hangs", program.log)
        until(lambda: told() == {}, "no problem", program.log)
        assert 'msg="file system answers"' in program.log()


def test_once_waits_for_all_that_answers(home: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--once", f"--firefox.profile={home}/*/.mozilla/firefox"],
        env={**os.environ, **environment(home / "good")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert windows(Page(done.stdout)) == 1


def test_once_waits_for_what_each_glob_finds_in_a_home(home: Path) -> None:
    places = [".mozilla/firefox", ".librewolf", ".zen", ".floorp"]
    for place in places[1:]:
        Place(home / "good" / place).profile("a.default").write(tabs(1))
    done = subprocess.run(
        [*COMMAND, "--once", *[f"--firefox.profile={home}/*/{place}" for place in places]],
        env={**os.environ, **environment(home / "good")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    browsers = [dict(pairs)["browser"] for name, pairs in Page(done.stdout).values if name == "firefox_windows"]
    assert sorted(browsers) == ["firefox", "floorp", "librewolf", "zen"], done.stdout


def test_profiles_that_come_and_go(home: Path, tmp_path: Path) -> None:
    with FirefoxTabs(tmp_path / "log", home / "good") as program:

        def profiles() -> set[str]:
            page = Page(program.get("/metrics"))
            return {dict(pairs)["profile"] for name, pairs in page.values if name == "firefox_windows"}

        until(lambda: profiles() == {"a.default"}, "a profile", program.log)
        place = Place(home / "good/.config/mozilla/firefox")
        place.profile("b.default").write(tabs(1))
        until(lambda: profiles() == {"a.default", "b.default"}, "two profiles", program.log)
        (place.path / "b.default" / RECOVERY).unlink()
        (place.path / "b.default").rename(tmp_path / "gone")
        until(lambda: profiles() == {"a.default"}, "one profile", program.log)
