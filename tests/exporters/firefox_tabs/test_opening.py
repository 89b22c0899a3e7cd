"""What is opened below a profile's folder, and what is not, whatever stands there."""

import os
import socket
from pathlib import Path

import pytest
from motes.exporters.firefox_tabs.opening import Folder
from motes.exporters.firefox_tabs.problems import Failure, Gone

FILE = "backups/file"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "profile/backups").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/file").write_bytes(b"elsewhere")
    return tmp_path / "profile"


def opened(place: Path) -> bytes | str:
    """What is in the file, or why it is not opened."""
    try:
        with Folder(str(place)) as folder, folder.open(FILE) as file:
            return file.read(100)
    except Gone:
        return "gone"
    except Failure as failure:
        return failure.reason


def test_a_file(place: Path) -> None:
    (place / FILE).write_bytes(b"here")
    assert opened(place) == b"here"


def test_fetching_reads_all_of_it_and_stays_where_it_is(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / FILE).write_bytes(bytes(5 << 19))
    read = os.pread
    parts: list[int] = []

    def reading(number: int, octets: int, begin: int) -> bytes:
        part = read(number, octets, begin)
        parts.append(len(part))
        return part

    monkeypatch.setattr(os, "pread", reading)
    with Folder(str(place)) as folder, folder.open(FILE) as file:
        file.fetch(5 << 19)
        assert os.lseek(file.number, 0, os.SEEK_CUR) == 0
    assert parts == [1 << 20, 1 << 20, 1 << 19]


def test_nothing(place: Path) -> None:
    assert opened(place) == "gone"
    (place / "backups").rmdir()
    assert opened(place) == "gone"
    (place / "backups").write_bytes(b"")
    assert opened(place) == "gone"
    assert opened(place / "nowhere") == "gone"


@pytest.mark.parametrize("leads_to", ["../../elsewhere/file", "beside", "/dev/zero", "/dev/tty", "nowhere", "file"])
def test_links_are_not_followed(place: Path, leads_to: str) -> None:
    (place / "backups/beside").write_bytes(b"beside")
    (place / FILE).symlink_to(leads_to)
    assert opened(place) == "not_a_file"


@pytest.mark.parametrize("leads_to", ["../elsewhere", "nowhere", "backups", "."])
def test_links_to_folders_are_not_followed(place: Path, leads_to: str) -> None:
    (place / "backups").rmdir()
    (place / "backups").symlink_to(leads_to)
    assert opened(place) == "not_a_file"


def test_the_folder_itself_is_resolved_already(place: Path) -> None:
    (place / FILE).write_bytes(b"here")
    link = place.parent / "link"
    link.symlink_to("profile")
    assert opened(link) == "gone"
    assert opened(link / "backups/..") == "gone"


def test_what_is_no_file_is_not_waited_for(place: Path) -> None:
    os.mkfifo(place / FILE)
    assert opened(place) == "not_a_file"
    (place / FILE).unlink()
    with socket.socket(socket.AF_UNIX) as listening:
        folder = os.open(place / "backups", os.O_PATH)
        listening.bind(f"/proc/self/fd/{folder}/file")
        os.close(folder)
        assert opened(place) == "not_a_file"
    (place / FILE).unlink()
    (place / FILE).mkdir()
    assert opened(place) == "not_a_file"
    (place / FILE).rmdir()
    os.mknod(place / FILE, 0o020666, os.makedev(1, 5))
    assert opened(place) == "not_a_file"


def test_a_fifo_that_comes_in_between_is_not_waited_for(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / FILE).write_bytes(b"here")
    regular = os.stat(place / FILE)
    os.unlink(place / FILE)
    os.mkfifo(place / FILE)
    with Folder(str(place)) as folder, monkeypatch.context() as before:
        before.setattr(os, "stat", lambda *_, **__: regular)
        with pytest.raises(Failure) as raised:
            folder.open("backups/file")
    assert raised.value.reason == "not_a_file"


def test_a_file_of_somebody_else(place: Path) -> None:
    (place / FILE).write_bytes(b"here")
    os.chown(place / FILE, 12345, -1)
    assert opened(place) == "not_owner"
    os.chown(place, 12345, -1)
    assert opened(place) == b"here"


def test_leaves_nothing_open(place: Path) -> None:
    (place / FILE).write_bytes(b"here")
    before = len(os.listdir("/proc/self/fd"))
    for name in (FILE, "backups", "nowhere/file", "backups/nowhere"):
        with Folder(str(place)) as folder:
            try:
                folder.open(name).close()
            except (Failure, Gone):
                pass
            try:
                folder.stat(name)
            except Gone:
                pass
    opened(place / "nowhere")
    assert len(os.listdir("/proc/self/fd")) == before
