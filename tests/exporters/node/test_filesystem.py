"""The file system collector where a fixture tree does not reach: what statvfs says, and mounts that do not answer."""

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from motes.exporters.node import _statvfs, filesystem
from motes.exporters.node._statvfs import TIMEOUT, TOO_MANY, Inquiry
from motes.exporters.node.host import Budget, Host
from motes.shared import exposition

from tests.support.hanging_fuse import HangingFuse, hanging_fuse

NOW = -1.0  # a deadline that has passed
LATER = float("inf")
FULL = os.statvfs_result((512, 4096, 1000, 600, 500, 100, 40, 40, 0, 255))


@pytest.fixture
def mounted(tmp_path: Path) -> Callable[..., tuple[filesystem.Collector, Host]]:
    def make(*lines: str, **flags: object) -> tuple[filesystem.Collector, Host]:
        rewrite(*lines)
        defaults = {option.name: option.default for option in filesystem.OPTIONS}
        paths = {"path.procfs": str(tmp_path), "path.sysfs": "/sys", "path.rootfs": "/", "path.udev.data": "/run/udev"}
        # longer than anybody waits, so that what ought to end the wait is what ends it
        forever = {"collector.filesystem.mount-timeout": 1e6}
        host = Host({**defaults, **forever, **paths, **flags}, Budget())
        return filesystem.Collector(host), host

    def rewrite(*lines: str) -> None:
        (tmp_path / "1").mkdir(exist_ok=True)
        (tmp_path / "1/mountinfo").write_text("".join(f"{line}\n" for line in lines))

    make.rewrite = rewrite  # type: ignore[attr-defined]
    return make


@pytest.fixture
def fuse(tmp_path: Path) -> Iterator[HangingFuse]:
    mountpoint = tmp_path / "fuse"
    mountpoint.mkdir()
    with hanging_fuse(mountpoint) as fuse:
        yield fuse


def page(collector: filesystem.Collector) -> list[str]:
    return [line for line in exposition.text(collector.collect()).decode().splitlines() if not line.startswith("#")]


def said(lines: list[str], what: str) -> list[str]:
    return [line.partition("{")[2] for line in lines if line.startswith(f"node_filesystem_{what}{{")]


@pytest.fixture(autouse=True)
def _named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The collector's threads, with names by which a test finds them again."""

    def start(work: Callable[..., object], key: tuple[bytes, bytes], *rest: object) -> None:
        name = f"statvfs {os.fsdecode(key[0])}"
        threading.Thread(target=work, args=(key, *rest), name=name, daemon=True).start()

    monkeypatch.setattr("motes.shared.threads.start", start)


def threads(path: object) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"statvfs {path}"]


def until(condition: Callable[[], object]) -> None:
    give_up = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.001)


def test_sizes(mounted: Callable[..., tuple[filesystem.Collector, Host]], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def statvfs(path: bytes) -> os.statvfs_result:
        asked.append(path)
        if path == b"/gone":
            raise OSError(errno.ESTALE, "Stale file handle")
        return FULL

    monkeypatch.setattr(os, "statvfs", statvfs)
    collector, _ = mounted(
        "1 0 8:1 / / ro - ext4 /dev/sda1 rw",
        "2 1 8:2 / /a\\134b\\040c rw - xfs /dev/sda2 rw",
        "3 1 0:9 / /twice rw - tmpfs none rw",
        "4 1 0:10 / /twice ro - tmpfs none rw",
        "5 1 0:11 / /gone rw - tmpfs gone rw",
    )
    assert page(collector) == [
        'node_filesystem_device_error{device="/dev/sda1",mountpoint="/",fstype="ext4",device_error=""} 0',
        'node_filesystem_device_error{device="/dev/sda2",mountpoint="/a\\\\134b c",fstype="xfs",device_error=""} 0',
        'node_filesystem_device_error{device="none",mountpoint="/twice",fstype="tmpfs",device_error=""} 0',
        'node_filesystem_device_error{device="gone",mountpoint="/gone",fstype="tmpfs",'
        'device_error="stale NFS file handle"} 1',
        'node_filesystem_readonly{device="/dev/sda1",mountpoint="/",fstype="ext4",device_error=""} 1',
        'node_filesystem_readonly{device="/dev/sda2",mountpoint="/a\\\\134b c",fstype="xfs",device_error=""} 0',
        'node_filesystem_readonly{device="none",mountpoint="/twice",fstype="tmpfs",device_error=""} 0',
        'node_filesystem_readonly{device="gone",mountpoint="/gone",fstype="tmpfs",'
        'device_error="stale NFS file handle"} 0',
        'node_filesystem_mount_info{device="/dev/sda1",major="8",minor="1",mountpoint="/"} 1',
        'node_filesystem_mount_info{device="/dev/sda2",major="8",minor="2",mountpoint="/a\\\\134b c"} 1',
        'node_filesystem_mount_info{device="none",major="0",minor="9",mountpoint="/twice"} 1',
        'node_filesystem_mount_info{device="none",major="0",minor="10",mountpoint="/twice"} 1',
        # blocks are counted in f_bsize, as node_exporter has it, whatever f_frsize is
        *[
            f'node_filesystem_{what}{{device="{device}",mountpoint="{point}",fstype="{kind}",device_error=""}} {value}'
            for what, value in (
                ("size_bytes", 512000),
                ("free_bytes", 307200),
                ("avail_bytes", 256000),
                ("files", 100),
                ("files_free", 40),
            )
            for device, point, kind in (
                ("/dev/sda1", "/", "ext4"),
                ("/dev/sda2", "/a\\\\134b c", "xfs"),
                ("none", "/twice", "tmpfs"),
            )
        ],
    ]
    assert sorted(asked) == [b"/", b"/a\\b c", b"/gone", b"/twice"]


def test_rootfs(mounted: Callable[..., tuple[filesystem.Collector, Host]], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def statvfs(path: bytes) -> os.statvfs_result:
        asked.append(path)
        return FULL

    monkeypatch.setattr(os, "statvfs", statvfs)
    collector, _ = mounted(
        "1 0 8:1 / /host rw - ext4 /dev/sda1 rw",
        "2 1 8:2 / /host/home rw - xfs /dev/sda2 rw",
        "3 1 8:3 / /elsewhere rw - xfs /dev/sda3 rw",
        **{"path.rootfs": "/host"},
    )
    points = [line.partition("mountpoint=")[2] for line in said(page(collector), "mount_info")]
    assert points == ['"/"} 1', '"/home"} 1', '"/elsewhere"} 1']
    assert sorted(asked) == [b"/host/", b"/host/elsewhere", b"/host/home"]


def test_a_mount_that_hangs_is_left_behind_on_the_first_page(
    mounted: Callable[..., tuple[filesystem.Collector, Host]], fuse: HangingFuse
) -> None:
    collector, host = mounted(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw", f"2 1 0:60 / {fuse.path} ro - fuse.hanging hanging rw"
    )
    host.deadline = NOW
    for _ in range(3):
        lines = page(collector)
        assert said(lines, "device_error") == [
            'device="/dev/sda1",mountpoint="/",fstype="ext4",device_error=""} 0',
            f'device="hanging",mountpoint="{fuse.path}",fstype="fuse.hanging",device_error="{TIMEOUT}"}} 1',
        ]
        assert [line.rpartition(" ")[2] for line in said(lines, "readonly")] == ["0", "1"]
        assert len(said(lines, "size_bytes")) == 1
    until(lambda: fuse.asked)
    page(collector)
    assert fuse.asked == 1
    assert len(threads(fuse.path)) == 1


def test_a_mount_that_answers_again_is_served_again(
    mounted: Callable[..., tuple[filesystem.Collector, Host]], fuse: HangingFuse
) -> None:
    collector, host = mounted(f"2 1 0:60 / {fuse.path} rw - fuse.hanging hanging rw")
    host.deadline = NOW
    assert said(page(collector), "device_error")[0].endswith(" 1")
    until(lambda: fuse.asked)
    fuse.answer()
    host.deadline = LATER
    lines = page(collector)
    assert [line.rpartition(" ")[2] for line in said(lines, "size_bytes")] == ["4096000"]
    fuse.hang()
    host.deadline = NOW
    assert said(page(collector), "device_error")[0].endswith(" 1")


def test_the_timeout_ends_the_wait(
    mounted: Callable[..., tuple[filesystem.Collector, Host]], fuse: HangingFuse
) -> None:
    line = f"2 1 0:60 / {fuse.path} rw - fuse.hanging hanging rw"
    collector, host = mounted(line, **{"collector.filesystem.mount-timeout": 0.01})
    host.deadline = LATER
    assert TIMEOUT in said(page(collector), "device_error")[0]


def test_a_thread_ends_with_its_mount_and_its_question(
    mounted: Callable[..., tuple[filesystem.Collector, Host]], fuse: HangingFuse
) -> None:
    line = f"2 1 0:60 / {fuse.path} rw - fuse.hanging hanging rw"
    collector, host = mounted(line)
    host.deadline = NOW
    page(collector)
    (thread,) = threads(fuse.path)
    mounted.rewrite(line.replace("2 1", "3 1"))  # type: ignore[attr-defined]
    page(collector)
    assert len(threads(fuse.path)) == 2, "a mount made anew does not wait behind the old one's question"
    mounted.rewrite()  # type: ignore[attr-defined]
    assert page(collector) == []
    until(lambda: fuse.asked == 2)
    assert thread.is_alive()
    fuse.answer()
    until(lambda: not threads(fuse.path))


def test_threads_end_with_the_collector(
    mounted: Callable[..., tuple[filesystem.Collector, Host]], tmp_path: Path
) -> None:
    collector, _ = mounted(f"2 1 0:60 / {tmp_path} rw - nfs4 server:/ rw")
    page(collector)
    (thread,) = threads(tmp_path)
    del collector
    thread.join(30)
    assert not thread.is_alive()


def test_what_lies_in_or_under_a_mount_that_can_hang_can_hang(
    mounted: Callable[..., tuple[filesystem.Collector, Host]],
) -> None:
    collector, host = mounted(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw",
        "2 1 0:60 / /srv/nfs rw - nfs4 server:/ rw",
        "3 2 8:2 / /srv/nfs/disk rw - ext4 /dev/sda2 rw",
        "4 1 8:3 / /srv/nfsdisk rw - ext4 /dev/sda3 rw",
        "5 1 0:61 / /boot/efi rw - autofs systemd-1 rw",
        "6 5 8:4 / /boot/efi rw - vfat /dev/sda4 rw",
    )
    host.deadline = LATER
    page(collector)
    found = sorted(thread.name for thread in threading.enumerate() if thread.name.startswith("statvfs /"))
    assert found == ["statvfs /boot/efi", "statvfs /srv/nfs", "statvfs /srv/nfs/disk"]


def test_a_late_answer_is_not_the_next_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    go, answers = threading.Event(), iter((FULL, "again"))

    def statvfs(_: bytes) -> object:
        go.wait(30)
        return next(answers)

    monkeypatch.setattr(_statvfs, "statvfs", statvfs)
    key = (b"/nfs", b"1")
    inquiry = Inquiry(60)
    inquiry.choose([], [key])
    assert inquiry.ask(NOW) == {key: TIMEOUT}
    go.set()
    until(lambda: not inquiry._answers.empty())
    assert inquiry.ask(LATER) == {key: "again"}


def test_a_slow_disk_gets_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_by: list[str] = []

    def statvfs(_: bytes) -> object:
        asked_by.append(threading.current_thread().name)
        return FULL

    monkeypatch.setattr(_statvfs, "statvfs", statvfs)
    monkeypatch.setattr(_statvfs, "SLOW", -1)
    key = (b"/disk", b"1")
    inquiry = Inquiry(60)
    inquiry.choose([key], [])
    for _ in range(2):
        assert inquiry.ask(LATER) == {key: FULL}
    assert asked_by == [threading.current_thread().name, "statvfs /disk"]


def test_threads_are_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(_statvfs, "MOST_THREADS", 1)
    inquiry = Inquiry(60)
    keys = [(os.fsencode(tmp_path), b"1"), (os.fsencode(tmp_path), b"2")]
    inquiry.choose([], keys)
    assert set(inquiry.ask(LATER)) == {keys[0]}
    assert len(threads(tmp_path)) == 1


def test_a_mount_without_a_thread_says_so(
    mounted: Callable[..., tuple[filesystem.Collector, Host]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_statvfs, "MOST_THREADS", 0)
    collector, _ = mounted("2 1 0:60 / /srv/nfs rw - nfs4 server:/ rw")
    assert TOO_MANY in said(page(collector), "device_error")[0]


@pytest.mark.parametrize("kind", ["mount-points", "fs-types"])
def test_include_and_exclude_exclude_each_other(
    mounted: Callable[..., tuple[filesystem.Collector, Host]], kind: str
) -> None:
    parse = filesystem.OPTIONS[0].kind.parse
    flags = {f"collector.filesystem.{kind}-{way}": parse("a") for way in ("include", "exclude")}
    with pytest.raises(ValueError, match=f"collector.filesystem.{kind}-include"):
        mounted(**flags)
