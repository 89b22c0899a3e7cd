"""What the cases cannot play: the calls themselves, on this machine, and an os-release that changes."""

import os
from pathlib import Path

import pytest
from motes.exporters import node
from motes.exporters.node import _libc, timex, uname
from motes.exporters.node.host import Budget, Host
from motes.shared.exposition import text


def test_uname_is_the_kernels() -> None:
    names = uname.utsname()
    assert tuple(names[field].decode() for field in uname.FIELDS[:5]) == tuple(os.uname())
    assert names["domainname"] == Path("/proc/sys/kernel/domainname").read_bytes().strip()


def test_adjtimex_finds_the_fields() -> None:
    clock = timex.adjtimex()
    assert clock["modes"] == 0
    assert 9000 <= clock["tick"] <= 11000  # adjtimex(2): no tick is further from its 10000
    assert clock["precision"] == 1
    assert 0 <= clock["state"] <= 5


def test_a_call_that_fails_says_why() -> None:
    with pytest.raises(FileNotFoundError, match="chdir"):
        _libc.call("chdir", _libc.buffer(1))


def test_os_release_is_read_again_when_it_changes(tmp_path: Path) -> None:
    release = tmp_path / "etc" / "os-release"
    release.parent.mkdir()
    release.write_text("ID=old\n")
    flags = {option.name: option.default for option in node.ROOTS} | {"path.rootfs": str(tmp_path)}
    collector = node.module("os").Collector(Host(flags, Budget()))
    assert b'id="old"' in text(collector.collect())

    kept = collector.collect()
    assert collector.collect() is kept

    before = release.stat()
    release.write_text("ID=new\n")
    os.utime(release, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000))
    assert b'id="new"' in text(collector.collect())
