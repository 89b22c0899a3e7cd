"""What tests put on a host of theirs is that host's alone."""

from pathlib import Path

from tests.support.namespaces import Lan, until


def test_a_host_has_files_of_its_own() -> None:
    with Lan(2) as lan:
        first, second = lan.hosts
        for host in lan.hosts:
            host.own("/etc", "/var/lib")
        first.write("/etc/motes-test/conf", "first\n", 0o600)
        second.write("/etc/hostname", "second\n")
        assert first.run("cat", "/etc/motes-test/conf") == "first\n"
        assert first.run("cat", "/etc/hosts") == Path("/etc/hosts").read_text()
        assert second.attempt("cat", "/etc/motes-test/conf").returncode != 0
        assert first.run("cat", "/etc/hostname") != second.run("cat", "/etc/hostname")
        assert not Path("/etc/motes-test").exists()


def test_what_a_host_has_started_ends_with_it(tmp_path: Path) -> None:
    """Also what has gone its own way."""
    with Lan(1) as lan:
        (host,) = lan.hosts
        ready = tmp_path / "pid"
        host.run("sh", "-c", f"setsid sh -c 'echo $$ >{ready}; exec sleep 600' >/dev/null 2>&1 &")
        until(lambda: ready.exists() and ready.read_text(), "it runs")
        pid = ready.read_text().strip()
        assert lives(pid)
    until(lambda: not lives(pid), "it has ended")


def lives(pid: str) -> bool:
    """Of what has ended, and was not waited for yet, no command is left."""
    try:
        return bool(Path("/proc", pid, "cmdline").read_bytes())
    except OSError:
        return False
