"""Profiles of many homes: which are found, which are not followed, and what is said of those."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from motes.exporters.firefox_tabs import bases as bases_module
from motes.exporters.firefox_tabs.base import Base
from motes.shared import threads
from motes.shared.sampler import Sampler

from tests.exporters.firefox_tabs.looking import Looking
from tests.support.namespaces import until
from tests.support.nobody import AS_NOBODY
from tests.support.program import ROOT
from tests.support.sessions import MARK, RECOVERY, Place, Profile, packed, tabs


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of the user who runs this."""
    folder = tmp_path / "home/me"
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return folder


def profiles(looking: Looking) -> list[str]:
    return looking.names("running", "profile")


def test_all_places_of_the_user(home: Path) -> None:
    place = Place(home / ".mozilla/firefox")
    place.profile("a.default", used=True).write(tabs(1))
    place.profile("b.other").write(tabs(2))
    Place(home / ".config/mozilla/firefox").profile("c.new").write(tabs(3))
    Place(home / ".librewolf").profile("a.default").write(tabs(4))
    looking = Looking().look()
    for profile, browser, number in (
        ("a.default", "firefox", 1),
        ("b.other", "firefox", 2),
        ("c.new", "firefox", 3),
        ("a.default", "librewolf", 4),
    ):
        assert looking.tabs_by_state(profile=profile, browser=browser, user="root") == [0, 0, number]
    assert looking.value("profile_in_use", profile="a.default", browser="firefox") == 1
    assert looking.value("profile_in_use", profile="b.other") == 0
    assert looking.problems() == []


def test_nothing_to_be_found(home: Path) -> None:
    assert Looking().look().problems() == [("not_found", "")]


def test_a_profile_that_was_never_used(home: Path) -> None:
    folder = Place(home / ".mozilla/firefox")
    folder.profile("spare").path.joinpath("sessionstore-backups").rmdir()
    looking = Looking().look()
    assert profiles(looking) == ["spare"]
    assert looking.problems() == []


def test_homes_by_a_glob(tmp_path: Path) -> None:
    for user in ("ann", "ben", "cy"):
        Place(tmp_path / user / ".mozilla/firefox").profile(f"{user}.default").write(tabs(1))
    (tmp_path / "dee").mkdir()
    (tmp_path / "file").touch()
    looking = Looking(tmp_path / "*/.mozilla/firefox", tmp_path / "ann/.mozilla/firefox").look()
    assert profiles(looking) == ["ann.default", "ben.default", "cy.default"]
    assert looking.problems() == []


def test_profiles_by_a_glob(tmp_path: Path) -> None:
    Profile(tmp_path / "me/one").write(tabs(1))
    Profile(tmp_path / "me/two").write(tabs(2))
    (tmp_path / "me/Crash Reports").mkdir()
    assert profiles(Looking(tmp_path / "me/*").look()) == ["one", "two"]
    assert profiles(Looking(tmp_path / "*/t*").look()) == ["two"]


@pytest.mark.parametrize("pattern", ["*/firefox/*", "me/firefox/b.*", "me/firefox/b.default"])
def test_a_profile_that_is_named_itself_may_be_in_use(tmp_path: Path, pattern: str) -> None:
    place = Place(tmp_path / "me/firefox")
    place.profile("a.other").write(tabs(1))
    place.profile("b.default", used=True).write(tabs(1))
    looking = Looking(tmp_path / pattern).look()
    assert looking.value("profile_in_use", profile="b.default") == 1
    assert looking.values("profile_in_use", profile="a.other") == ([0] if pattern.startswith("*") else [])
    (place.path / "profiles.ini").write_bytes(b"x" * 100)
    assert looking.look().values("profile_in_use") == []
    assert looking.problems() == []


def test_one_profile_is_served_once_however_many_ways_lead_to_it(tmp_path: Path) -> None:
    profile = Place(tmp_path / "ann/.mozilla/firefox").profile("a.default")
    profile.write(tabs(1))
    (tmp_path / "link").symlink_to("ann")
    patterns = [tmp_path / "*/.mozilla/firefox", profile.path, tmp_path / "link/.mozilla/firefox"]
    looking = Looking(*patterns).look()
    assert profiles(looking) == ["a.default"]
    assert looking.problems() == []


def test_of_two_with_one_name_the_first_is_served(tmp_path: Path) -> None:
    Profile(tmp_path / "one/a.default").write(tabs(1))
    Profile(tmp_path / "two/a.default").write(tabs(2))
    looking = Looking(tmp_path / "one/a.default", tmp_path / "two/a.default").look()
    assert looking.tabs_by_state() == [0, 0, 1]
    assert looking.problems() == [("same_name", "a.default")]
    (tmp_path / "one").rename(tmp_path / "gone")
    assert looking.look().look().tabs_by_state() == [0, 0, 2]
    assert looking.problems() == [("not_found", "a.default")]


@pytest.mark.parametrize("lead", ["link", "absolute", "dots"])
def test_what_leads_out_of_the_home_is_not_read(home: Path, lead: str) -> None:
    Profile(home.parent / "somebody/a.default").write(tabs(1))
    place = Place(home / ".mozilla/firefox")
    place.profile("good").write(tabs(2))
    if lead == "link":
        (place.path / "a.default").symlink_to("../../../somebody/a.default")
        place.name("a.default")
    else:
        place.name(str(home.parent / "somebody/a.default") if lead == "absolute" else "../../../somebody/a.default")
    looking = Looking().look()
    assert profiles(looking) == ["good"]
    assert looking.problems() == [("outside", "firefox")]
    assert "somebody" not in looking.text()


def test_what_stays_in_the_home_is_read(home: Path) -> None:
    Profile(home / "elsewhere/a.default").write(tabs(1))
    place = Place(home / ".mozilla/firefox")
    (place.path / "b.link").symlink_to(home / "elsewhere/a.default")
    place.name("b.link")
    place.name("gone.default")
    looking = Looking().look()
    assert profiles(looking) == ["a.default"]
    assert looking.problems() == []


def test_what_is_named_is_read_wherever_it_is(tmp_path: Path) -> None:
    Profile(tmp_path / "elsewhere/a.default").write(tabs(1))
    (tmp_path / "home").mkdir()
    (tmp_path / "home/link").symlink_to("../elsewhere/a.default")
    assert profiles(Looking(tmp_path / "home/link").look()) == ["a.default"]


def test_a_link_that_a_glob_finds_is_followed_if_root_made_it(tmp_path: Path) -> None:
    Profile(tmp_path / "elsewhere/a.default").write(tabs(1))
    (tmp_path / "homes").mkdir()
    link = tmp_path / "homes/me"
    link.symlink_to("../elsewhere")
    assert profiles(Looking(tmp_path / "homes/*/a.default").look()) == ["a.default"]
    os.chown(link, 12345, -1, follow_symlinks=False)
    looking = Looking(tmp_path / "homes/*/a.default").look()
    assert profiles(looking) == []
    assert looking.problems() == [("outside", "me")]


def test_names_out_of_the_base_are_nobodys_business(tmp_path: Path) -> None:
    (tmp_path / "home/me").mkdir(parents=True)
    (tmp_path / "roots/secret").mkdir(parents=True)
    (tmp_path / "home/me/firefox").symlink_to(tmp_path / "roots")
    looking = Looking(tmp_path / "home/*/firefox/*").look()
    assert looking.problems() == [("outside", "firefox")]
    assert "secret" not in looking.text()


def test_what_is_named_and_is_neither(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "file").touch()
    looking = Looking(*(tmp_path / name for name in ("empty", "dangling", "file", "missing")), tmp_path / "x*").look()
    assert looking.problems() == [
        ("no_profile", "empty"),
        ("not_found", "dangling"),
        ("not_found", "file"),
        ("not_found", "missing"),
        ("not_found", "x*"),
    ]


def test_a_profiles_ini_that_is_none(home: Path) -> None:
    place = Place(home / ".mozilla/firefox")
    place.profile("a.default").write(tabs(1))
    looking = Looking().look()
    (place.path / "profiles.ini").unlink()
    os.mkfifo(place.path / "profiles.ini")
    assert looking.look().problems() == [("not_a_file", "firefox")]
    (place.path / "profiles.ini").unlink()
    (place.path / "profiles.ini").write_bytes(b"\0" * 100)
    assert looking.look().problems() == [("bad_ini", "firefox")]
    assert profiles(looking) == ["a.default"], "what was found before stays"


@pytest.mark.parametrize("name", ["sessionstore-backups", RECOVERY, "sessionstore.jsonlz4", "lock", ".parentlock"])
@pytest.mark.parametrize("kind", ["fifo", "link", "dangling", "folder"])
def test_nothing_in_place_of_a_file_is_followed_or_waited_for(tmp_path: Path, name: str, kind: str) -> None:
    folder = tmp_path / "a.default"
    Profile(folder)
    (tmp_path / "elsewhere").write_bytes(packed(tabs(7)))
    path = folder / name
    if path.is_dir():
        path.rmdir()
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / ("elsewhere" if kind == "link" else "nowhere"))
    looking = Looking(folder).look()
    assert profiles(looking) == ["a.default"]
    assert looking.values("windows") == []
    bad = name in (RECOVERY, "sessionstore.jsonlz4") or (
        name == "sessionstore-backups" and kind in ("link", "dangling")
    )
    assert looking.problems() == ([("not_a_file", "a.default")] if bad else [])


def test_profiles_come_and_go(home: Path) -> None:
    place = Place(home / ".mozilla/firefox")
    looking = Looking().look()
    place.profile("a.default").write(tabs(1))
    assert profiles(looking.look()) == ["a.default"]
    (place.path / "a.default").rename(place.path / "b.default")
    assert profiles(looking.look()) == []
    assert looking.values("tabs") == []
    place.name("b.default")
    assert profiles(looking.look()) == ["b.default"]
    assert looking.tabs_by_state() == [0, 0, 1]


def test_homes_come_and_go(tmp_path: Path) -> None:
    looking = Looking(tmp_path / "*/.mozilla/firefox").look()
    assert looking.problems() == [("not_found", "firefox")]
    Place(tmp_path / "ann/.mozilla/firefox").profile("a.default").write(tabs(1))
    assert profiles(looking.look()) == ["a.default"]
    (tmp_path / "ann").rename(tmp_path.with_name("gone"))
    assert profiles(looking.look()) == []


def test_no_more_profiles_than_there_may_be(home: Path) -> None:
    place = Place(home / ".mozilla/firefox")
    for number in range(300):
        place.name(f"{number:03}.default")
        (place.path / f"{number:03}.default").mkdir()
    looking = Looking().look()
    assert len(profiles(looking)) == 256
    assert {problem for problem, _ in looking.problems()} == {"too_many"}
    assert len(looking.problems()) == 32


def test_no_more_is_looked_at_than_there_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[str] = []
    monkeypatch.setattr(Base, "_read", lambda _, found, *__: looked_at.append(found.path))
    for number in range(3):
        place = Place(tmp_path / f"me/{number}")
        place.path.joinpath("profiles.ini").write_text("".join(f"[Profile{n}]\nPath={n}\n" for n in range(800)))
    Looking(tmp_path / "m*/*").look()
    assert len(looked_at) == 1000


def test_what_is_unsure_stays_however_many_other_problems_there_are(home: Path) -> None:
    for number in range(40):
        Place(home / f"a{number:02}").name("/etc")
    place = Place(home / "b")
    place.profile("b.default").write(tabs(1))
    looking = Looking(home.parent / "*/*").look()
    (place.path / "profiles.ini").unlink()
    os.mkfifo(place.path / "profiles.ini")
    assert profiles(looking.look()) == ["b.default"]
    assert {problem for problem, _ in looking.problems()} == {"outside"}


def test_where_there_is_no_thread_to_be_had_at_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        Profile(tmp_path / name).write(tabs(1))
    looking = Looking(*(tmp_path / name for name in "abc"))
    given: list[object] = []

    def scarce(sampler: Sampler) -> None:
        if len(given) == 1:
            given.append(None)
            raise RuntimeError("can't start new thread")
        given.append(sampler)
        sampler._running = True

    monkeypatch.setattr(Sampler, "start", scarce)
    with pytest.raises(RuntimeError):
        looking.tabs.start()
    looking.tabs.start()
    assert len(set(given)) == len(given) == 4, "each has a thread, and none has two"


def test_where_there_is_no_thread_for_what_a_glob_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looking = Looking(tmp_path / "*")
    looking.tabs._bases.start()
    Profile(tmp_path / "a").write(tabs(1))
    (finder,) = looking.tabs._finders
    with monkeypatch.context() as without:
        without.setattr(threads, "start", _no_thread)
        with pytest.raises(RuntimeError):
            finder._look()
    finder._look()
    until(lambda: looking.values("windows") == [1], "a profile")
    looking.tabs.stop()
    until(looking.tabs.ended, "the end")


def _no_thread(*_: object) -> None:
    raise RuntimeError("can't start new thread")


def test_no_more_threads_than_there_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bases_module, "MOST", 3)
    for number in range(5):
        Profile(tmp_path / f"{number}").write(tabs(1))
    looking = Looking(tmp_path / "*").look()
    assert profiles(looking) == ["0", "1", "2"]
    assert looking.problems() == [("too_many", "")]


def test_names_are_escaped(tmp_path: Path) -> None:
    name = 'a"\\\n{}ü'
    Profile(tmp_path / name).write(tabs(1))
    os.rename(tmp_path / name, os.fsencode(tmp_path / name) + b"\xff")
    looking = Looking(tmp_path / "*").look()
    assert profiles(looking) == [name + "\ufffd"]


UNREADABLE = """
import sys
from tests.exporters.firefox_tabs.looking import Looking
looking = Looking(*sys.argv[1:]).look()
print(looking.names("running", "profile"), looking.problems())
"""


def as_nobody(*patterns: object) -> str:
    """What another user is told."""
    told = subprocess.run(
        [*AS_NOBODY, sys.executable, "-c", UNREADABLE] + [str(pattern) for pattern in patterns],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / '.src'}", "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert told.returncode == 0, told.stderr
    return told.stdout.strip()


def test_what_may_not_be_read(readable: Path) -> None:
    for user, mode in (("open", 0o755), ("closed", 0o700), ("hidden", 0o711)):
        Place(readable / user / "firefox").profile(f"{user}.default")
        (readable / user).chmod(mode)
    Profile(readable / "hidden/firefox/other").write(tabs(1)).chmod(0o600)
    told = as_nobody(readable / "*/firefox", readable / "hidden/firefox/other")
    assert told == "['hidden.default', 'open.default', 'other'] [('denied', 'firefox'), ('denied', 'other')]"


def test_nothing_of_what_is_read_is_told(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    place = Place(home / ".mozilla/firefox")
    good = place.profile("a.default")
    good.write(tabs(1))
    place.profile("b.default").write(packed(f'{{"windows": ["{MARK}'.encode()))
    place.profile("c.default").write(MARK.encode())
    (place.path / "installs.ini").write_text(f"[{MARK}]\nDefault={MARK}\n")
    looking = Looking().look()
    assert "not_json" in looking.text()
    assert MARK not in looking.text() + capfd.readouterr().err
