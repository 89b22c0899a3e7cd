"""What tests put on a host of theirs is that host's alone."""

from pathlib import Path

from tests.support.namespaces import Lan


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
