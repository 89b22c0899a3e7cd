"""Whether a browser has a profile: by the lock that one holds, and by the link that one leaves."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from motes.exporters.firefox_tabs.lock import Locks
from motes.exporters.firefox_tabs.opening import Folder

from tests.support.sessions import Profile

PID = 4321
OWNER = os.getuid()
_HOLDS = """
import fcntl, os, sys
file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
fcntl.lockf(file, fcntl.LOCK_EX)
print(flush=True)
sys.stdin.read()
"""
STATUS = "Name:\t{name}\nUmask:\t0022\nState:\t{state} (what it is)\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n"


@contextmanager
def held(profile: Profile) -> Iterator[None]:
    """As a browser does, by a process of its own."""
    command = [sys.executable, "-c", _HOLDS, str(profile.path / ".parentlock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.read(1)
        yield
        process.kill()


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return Profile(tmp_path / "profile")


class Processes:
    """A /proc with as many as a test wants."""

    def __init__(self, folder: Path) -> None:
        self.path = folder

    def add(self, pid: int, name: str = "firefox-esr", *, state: str = "S", uid: int = OWNER, age: float = 10) -> None:
        folder = self.path / str(pid)
        folder.mkdir(parents=True)
        began = int((time.clock_gettime(time.CLOCK_BOOTTIME) - age) * os.sysconf("SC_CLK_TCK"))
        (folder / "status").write_text(STATUS.format(name=name, state=state, uid=uid))
        (folder / "stat").write_text(f"{pid} ({name}) a b) {state} " + "0 " * 18 + f"{began} 0 0\n")


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    return Processes(tmp_path / "proc")


def running(profile: Profile, processes: Processes) -> bool | None:
    with Folder(str(profile.path)) as folder:
        return Locks(str(processes.path)).running(folder)


def test_nobody_says_anything(profile: Profile, processes: Processes) -> None:
    assert running(profile, processes) is None


def test_who_holds_the_lock_runs_whatever_the_link_says(profile: Profile, processes: Processes) -> None:
    profile.lock(PID)
    with held(profile):
        assert running(profile, processes) is True
        profile.unlock()
        assert running(profile, processes) is True
    assert running(profile, processes) is False


def test_a_lock_that_is_free_says_that_none_runs(profile: Profile, processes: Processes) -> None:
    (profile.path / ".parentlock").touch()
    assert running(profile, processes) is False


def test_a_browser_that_the_link_names(profile: Profile, processes: Processes) -> None:
    profile.lock(PID)
    processes.add(PID)
    assert running(profile, processes) is True


@pytest.mark.parametrize("name", ["firefox", "firefox-bin", "GeckoMain", "librewolf", "waterfox-bin", "zen", "floorp"])
def test_names_of_browsers(profile: Profile, processes: Processes, name: str) -> None:
    profile.lock(PID)
    processes.add(PID, name)
    assert running(profile, processes) is True


def test_the_link_survives_who_made_it(profile: Profile, processes: Processes) -> None:
    profile.lock(PID)
    assert running(profile, processes) is False


@pytest.mark.parametrize(
    ("name", "state", "uid"),
    [("Web Content", "S", OWNER), ("bash", "S", OWNER), ("firefox", "S", OWNER + 1), ("firefox", "Z", OWNER)],
)
def test_a_process_that_cannot_be_the_one(
    profile: Profile, processes: Processes, name: str, state: str, uid: int
) -> None:
    profile.lock(PID)
    processes.add(PID, name, state=state, uid=uid)
    assert running(profile, processes) is False


def test_a_process_that_began_later_has_somebody_elses_number(profile: Profile, processes: Processes) -> None:
    profile.lock(PID, at=time.time() - 3600)
    processes.add(PID, age=1800)
    assert running(profile, processes) is False


def test_the_link_is_made_a_while_after_the_start(profile: Profile, processes: Processes) -> None:
    profile.lock(PID, at=time.time() - 3600)
    processes.add(PID, age=3602)
    assert running(profile, processes) is True


@pytest.mark.parametrize("target", ["nowhere", "127.0.1.1:+", "127.0.1.1:+x", "127.0.1.1:+-1", "1:+99999999999", "::"])
def test_a_link_that_names_nobody(profile: Profile, processes: Processes, target: str) -> None:
    (profile.path / "lock").symlink_to(target)
    assert running(profile, processes) is None


def test_a_file_in_place_of_the_link(profile: Profile, processes: Processes) -> None:
    (profile.path / "lock").write_text(f"127.0.1.1:+{PID}")
    processes.add(PID)
    assert running(profile, processes) is None


def test_a_process_that_goes_while_it_is_looked_at(profile: Profile, processes: Processes) -> None:
    profile.lock(PID)
    processes.add(PID)
    (processes.path / str(PID) / "stat").write_text("")
    assert running(profile, processes) is False


def test_the_lock_is_not_touched(profile: Profile, processes: Processes) -> None:
    with held(profile):
        before = os.stat(profile.path / ".parentlock")
        running(profile, processes)
        assert os.stat(profile.path / ".parentlock").st_mtime_ns == before.st_mtime_ns
        assert running(profile, processes) is True
