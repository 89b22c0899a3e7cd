"""A folder is made what it is wanted to be; what somebody else has put there, or changed, is never touched."""

import os
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from motes.shared.config import Misconfigured
from motes.shared.fleet import writing
from motes.shared.fleet.writing import MANIFEST, File, alone

FIRST = {
    "attic/etc/wg0.conf": File(b"one", 0o600),
    "attic/install": File(b"#!", 0o755),
    "monitor/a": File(b"two", 0o644),
}


def make(folder: Path, wanted: Mapping[str, File]) -> list[list[str]]:
    """What was done: made, changed, removed."""
    with alone(folder, make=True) as there:
        plan = there.plan(wanted)
        there.write(wanted, plan)
    return [plan.new, plan.changed, plan.gone]


def there(folder: Path) -> dict[str, File]:
    return {
        str(path.relative_to(folder)): File(path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }


def refused(folder: Path, wanted: Mapping[str, File] = FIRST) -> str:
    before = there(folder) if folder.is_dir() else None
    with pytest.raises(Misconfigured) as error:
        make(folder, wanted)
    assert before is None or there(folder) == before
    return str(error.value)


def test_made_whole_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        assert make(tmp_path / "deep/out", FIRST) == [sorted(FIRST), [], []]
    finally:
        os.umask(before)
    assert there(tmp_path / "deep/out") == FIRST


def test_a_second_time_nothing_is_written(tmp_path: Path) -> None:
    make(tmp_path, FIRST)
    before = {path: path.stat() for path in tmp_path.rglob("*")}
    assert make(tmp_path, FIRST) == [[], [], []]
    assert {path: path.stat() for path in tmp_path.rglob("*")} == before


def test_only_what_must_changes(tmp_path: Path) -> None:
    make(tmp_path, FIRST)
    before = (tmp_path / "attic/install").stat()
    wanted = {**FIRST, "attic/etc/wg0.conf": File(b"other", 0o600), "cellar/x": File(b"", 0o644)}
    del wanted["monitor/a"]
    assert make(tmp_path, wanted) == [["cellar/x"], ["attic/etc/wg0.conf"], ["monitor/a"]]
    assert there(tmp_path) == wanted
    assert not (tmp_path / "monitor").exists()
    assert (tmp_path / "attic/install").stat() == before


def test_a_mode_is_mended(tmp_path: Path) -> None:
    make(tmp_path, FIRST)
    (tmp_path / "attic/etc/wg0.conf").chmod(0o644)
    assert make(tmp_path, FIRST) == [[], ["attic/etc/wg0.conf"], []]
    assert there(tmp_path) == FIRST


def test_a_missing_file_is_made_again(tmp_path: Path) -> None:
    make(tmp_path, FIRST)
    (tmp_path / "attic/install").unlink()
    assert make(tmp_path, FIRST) == [["attic/install"], [], []]


def test_a_folder_with_something_else_in_it_stays(tmp_path: Path) -> None:
    make(tmp_path, FIRST)
    (tmp_path / "attic/notes").write_text("mine")
    make(tmp_path, {})
    assert there(tmp_path) == {"attic/notes": File(b"mine", 0o644)}


def test_what_is_somebody_elses_is_named_and_left(tmp_path: Path) -> None:
    (tmp_path / "attic").mkdir()
    (tmp_path / "attic/install").write_text("mine")
    (tmp_path / "monitor").write_text("mine")
    said = refused(tmp_path)
    assert f"{tmp_path}/attic/install is not as motes fleet has written it: move it away" in said
    assert f"{tmp_path}/monitor is not a folder: move it away" in said


@pytest.mark.parametrize("wanted", [{}, {**FIRST, "attic/install": File(b"new", 0o755)}], ids=["removed", "changed"])
def test_what_was_changed_by_hand_is_named_and_left(tmp_path: Path, wanted: Mapping[str, File]) -> None:
    make(tmp_path, FIRST)
    (tmp_path / "attic/install").write_text("mine")
    assert "attic/install is not as motes fleet has written it" in refused(tmp_path, wanted)


def test_a_lost_manifest_is_made_again(tmp_path: Path) -> None:
    make(tmp_path, FIRST)
    (tmp_path / MANIFEST).unlink()
    assert make(tmp_path, FIRST) == [[], [], []]
    assert make(tmp_path, {}) == [[], [], sorted(FIRST)]


def test_the_manifest_is_as_sha256sum_reads_it(tmp_path: Path) -> None:
    make(tmp_path, FIRST)
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", MANIFEST], cwd=tmp_path, check=True)


@pytest.mark.parametrize("path", ["../outside", "/outside", "a/../../outside", ""])
def test_a_manifest_that_leads_out_is_refused(tmp_path: Path, path: str) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / MANIFEST).write_text(f"{File(b'mine', 0).digest}  {path}\n")
    assert "is not what motes fleet has written" in refused(folder)
    assert outside.read_text() == "mine"


@pytest.mark.parametrize("link", ["attic", "attic/etc", "attic/etc/wg0.conf", MANIFEST])
def test_no_link_is_followed(tmp_path: Path, link: str) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "out"
    (outside / "etc").mkdir(parents=True)
    (folder / link).parent.mkdir(parents=True)
    (folder / link).symlink_to(outside)
    refused(folder)
    assert there(outside) == {}


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    assert refused(tmp_path / "out") == f"{tmp_path}/out is not a folder"


def test_one_at_a_time(tmp_path: Path) -> None:
    """The first time, too."""
    folder = tmp_path / "out"
    with alone(folder, make=True):
        assert "another motes fleet is at work there" in refused(folder)
    make(folder, FIRST)


def test_who_only_looks_makes_no_folder(tmp_path: Path) -> None:
    with alone(tmp_path / "out", make=False) as there:
        assert there.plan(FIRST).new == sorted(FIRST)
    assert not (tmp_path / "out").exists()


def test_what_a_run_left_that_was_ended_is_in_nobodys_way(tmp_path: Path) -> None:
    for leave in (lambda file: file.write_text("half"), lambda file: file.symlink_to("/dev/full"), os.mkfifo):
        leave(tmp_path / ".motes-fleet-new")
        make(tmp_path, FIRST)
        assert there(tmp_path) == FIRST
        make(tmp_path, {})


@pytest.mark.parametrize("after", range(7))
def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """It is full at one file after the other; whatever is there is whole, and the next run goes on."""
    make(tmp_path, FIRST)
    wanted = {path: File(file.content + b"!", file.mode) for path, file in FIRST.items() if path != "monitor/a"}
    left = [after]
    open_file = writing._for_owner

    def fill(path: str, flags: int) -> int:
        left[0] -= 1
        return os.open("/dev/full", os.O_WRONLY) if left[0] < 0 else open_file(path, flags)

    monkeypatch.setattr(writing, "_for_owner", fill)
    try:
        make(tmp_path, wanted)
    except Misconfigured as error:
        assert after < 4
        assert "No space left on device" in str(error)
    monkeypatch.undo()
    assert all(file in (FIRST.get(path), wanted.get(path)) for path, file in there(tmp_path).items())
    # Nor does what the inventory has by then make a difference.
    later = {path: File(b"later", file.mode) for path, file in FIRST.items()}
    make(tmp_path, later)
    assert there(tmp_path) == later
