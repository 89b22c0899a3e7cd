"""Files of the kernel, read again and again: what is kept open, and what is not."""

import os
import socket
from pathlib import Path
from unittest.mock import Mock

import pytest
from motes.exporters.node.host import Budget, Shared, Tree
from motes.exporters.node.host import Host as HostFiles

from tests.support.namespaces import Host

ROOTS = {"path.procfs": "/proc", "path.sysfs": "/sys", "path.rootfs": "/", "path.udev.data": "/run"}


def descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


def test_a_kernel_file_is_opened_once() -> None:
    budget = Budget(2)
    proc = Tree("/proc", budget)
    before = descriptors()
    for _ in range(3):
        assert proc("sys/kernel/ostype") == b"Linux\n"
        assert proc.value("uptime")
    assert len(descriptors()) == len(before) + 2
    assert budget.left == 0
    proc.close()
    assert descriptors() == before
    assert budget.left == 2


# One less than none is left where two collectors' threads have taken the last one at once.
@pytest.mark.parametrize("left", [0, -1])
def test_beyond_the_budget_nothing_is_kept(left: int) -> None:
    proc = Tree("/proc", Budget(left))
    before = descriptors()
    assert proc("sys/kernel/ostype") == b"Linux\n"
    assert descriptors() == before


def test_a_copy_is_opened_anew(tmp_path: Path) -> None:
    tree = Tree(str(tmp_path), Budget(2))
    for content in (b"one", b"two"):
        (tmp_path / "new").write_bytes(content)
        (tmp_path / "new").replace(tmp_path / "file")
        assert tree("file") == content


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 8192, 100_000])
def test_files_are_read_to_the_end(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    (tmp_path / "file").write_bytes(content)
    assert Tree(str(tmp_path))("file") == content


def test_what_the_kernel_gives_in_parts_is_read_to_the_end() -> None:
    proc = Tree("/proc", Budget(1))
    with open("/proc/kallsyms", "rb") as lines:
        whole = lines.read()
    assert len(whole) > 100_000
    assert proc("kallsyms") == proc("kallsyms") == whole
    proc.close()


def test_a_file_that_was_taken_away_is_looked_for_again() -> None:
    """As when a module is unloaded and loaded again. Here the kernel makes the file for a device."""
    host = Host()
    proc = Tree("/proc", Budget(1))
    name, made = f"{host.pid}/net/dev_snmp6/one", "link add one type veth peer name other"
    try:
        host.ip(made)
        assert proc(name)
        host.ip("link delete one")
        with pytest.raises(FileNotFoundError):
            proc(name)
        host.ip(made)
        assert proc(name)
        host.ip("link delete one", made)
        assert proc(name)
    finally:
        proc.close()
        host.close()


def test_what_is_gone_is_looked_for_again() -> None:
    proc = Tree("/proc", Budget(1))
    child = os.posix_spawn("/bin/sleep", ["sleep", "1000"], {})
    assert proc(f"{child}/comm")
    os.kill(child, 9)
    os.waitpid(child, 0)
    with pytest.raises(FileNotFoundError):
        proc(f"{child}/comm")
    proc.close()


def test_network_files_are_process_ones_where_it_has_them(tmp_path: Path) -> None:
    """Below another root, for a bound /proc's own net is the reader's."""
    for name in ("1/net/dev", "net/dev", "net/snmp"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    elsewhere = HostFiles(ROOTS | {"path.procfs": str(tmp_path)}, Budget(0))
    assert (elsewhere.net("dev"), elsewhere.net("snmp")) == (b"1/net/dev", b"net/snmp")
    assert HostFiles(ROOTS, Budget(0)).net_path("dev") == "net/dev"


def test_many_sockets_are_read_to_the_end() -> None:
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(100)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    proc = Tree("/proc", Budget(1))
    inodes = {b"%d" % os.fstat(each.fileno()).st_ino for each in sockets}
    for _ in range(3):
        assert inodes <= {line.split()[9] for line in proc("net/udp").splitlines()}
    for each in sockets:
        each.close()
    assert not inodes & {line.split()[9] for line in proc("net/udp").splitlines()}
    proc.close()


@pytest.mark.parametrize("path", ["stat", "meminfo", "net/netstat", "net/snmp6", "sys/kernel/ostype", "pressure/io"])
def test_a_file_of_one_record_is_asked_for_once(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    proc = Tree("/proc", Budget(1))
    lines = proc(path).count(b"\n")
    pread = Mock(side_effect=os.pread)
    monkeypatch.setattr(os, "pread", pread)
    assert proc(path).count(b"\n") == lines
    assert pread.call_count == 1
    proc.close()


def test_an_answer_is_shared_by_the_collectors_of_a_page() -> None:
    shared = Shared()
    hosts = [HostFiles(ROOTS, Budget(), shared) for _ in range(2)]
    answers = iter(range(10))

    def ask(deadline: float) -> list[int]:
        for host in hosts:
            host.deadline = deadline
        return [host.shared("it", lambda: next(answers)) for host in hosts]

    assert [ask(1.0), ask(2.0), ask(float("inf"))] == [[0, 0], [1, 1], [2, 3]]
