"""motes under OpenRC, booted: Debian's 0.45 with Debian's packages, and Alpine's 0.63 with those that apk makes there.

The tests share a boot of each, and the last one removes the packages.
"""

from collections.abc import Iterator

import pytest

from tests.support import alpine, openrc
from tests.support.namespaces import until
from tests.support.openrc import Machine

NODE = "http://127.0.0.1:9100/metrics"
ELSEWHERE = "http://127.0.0.1:9101/metrics"
MOVED = '[web]\nlisten-address = ["127.0.0.1:9101"]\n'
INSTALLED = ("motes-core", "motes-node", "motesd")
# In more of a hurry than the packages are. Of two numbers of seconds, the first is until it is killed.
HURRY = "respawn_delay=1\nrespawn_max=3\nhealthcheck_timer=1\nretry=TERM/1/KILL/1\n"

_INSTALL = {
    "debian": "cd /given; dpkg --install motes-core_*.deb motes-node_*.deb motesd_*.deb",
    "alpine": "cd /given; apk add --allow-untrusted motes-core-[0-9]*.apk motes-node-[0-9]*.apk motesd-[0-9]*.apk",
}
_REMOVE = {"debian": ("dpkg", "--purge"), "alpine": ("apk", "del", "--purge")}


@pytest.fixture(scope="module", params=["debian", "alpine"])
def system(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def booted(system: str, request: pytest.FixtureRequest) -> Iterator[Machine]:
    """With the node exporter and motesd installed."""
    root = openrc.base() if system == "debian" else alpine.base()
    packages = request.getfixturevalue("packages" if system == "debian" else "alpine_packages")
    with Machine(root, packages) as machine:
        machine.run("sh", "-euc", _INSTALL[system])
        yield machine


@pytest.fixture
def node(booted: Machine) -> Iterator[int]:
    """motes-node, in a hurry; its number."""
    was = booted.run("cat", "/etc/conf.d/motes-node")
    booted.write("/etc/conf.d/motes-node", was + HURRY)
    booted.service("motes-node", "restart")
    yield booted.answering("motes-node", NODE)
    booted.write("/etc/conf.d/motes-node", was)
    booted.service("motes-node", "restart")


@pytest.fixture
def daemon(booted: Machine) -> Iterator[int]:
    """motesd in place of motes-node; its number."""
    was = booted.run("cat", "/etc/motes/motes.toml")
    booted.service("motes-node", "stop")
    booted.service("motesd", "start")
    yield booted.answering("motesd", NODE)
    booted.service("motesd", "stop")
    booted.write("/etc/motes/motes.toml", was)
    booted.service("motes-node", "start")


def test_it_runs_when_it_is_installed(booted: Machine) -> None:
    number = booted.answering("motes-node", NODE)
    assert booted.status("motes-node") == "started"
    assert "node_load1 " in booted.get(NODE)
    told = dict(line.split(":", 1) for line in booted.run("cat", f"/proc/{number}/status").splitlines())
    user = booted.run("id", "-u", "_motes").strip()
    assert told["Uid"].split() == [user] * 4
    assert user != "0"
    assert told["NoNewPrivs"].strip() == "1"
    assert int(told["CapEff"], 16) == 0
    assert told["Umask"].strip() == "0077"
    assert booted.run("stat", "-c", "%a %U", "/var/log/motes-node.log").split() == ["640", "_motes"]
    assert booted.run("stat", "-c", "%a %U", "/run/motes-node").split() == ["755", "_motes"]
    assert "motes-node" in booted.run("rc-update", "show", "default")


def test_it_listens_on_loopback_alone(booted: Machine) -> None:
    booted.answering("motes-node", NODE)
    rows = [line.split() for name in ("tcp", "tcp6") for line in booted.run("cat", f"/proc/net/{name}").splitlines()]
    assert {row[1] for row in rows if row[3] == "0A"} == {"0100007F:238C"}


def test_motesd_waits_until_it_is_wanted(booted: Machine) -> None:
    assert booted.status("motesd") == "stopped"
    assert booted.processes("motesd") == []
    assert "motesd" not in booted.run("rc-update", "show")


def test_what_is_killed_comes_back(booted: Machine, node: int) -> None:
    booted.kill(node)
    booted.answering("motes-node", NODE, unlike=node)


def test_what_hangs_is_started_again(booted: Machine, node: int) -> None:
    booted.kill(node, "STOP")
    booted.answering("motes-node", NODE, unlike=node)


def test_where_its_address_is_taken_it_gives_up_and_says_so(booted: Machine, daemon: int) -> None:
    was = booted.run("cat", "/etc/conf.d/motes-node")
    booted.write("/etc/conf.d/motes-node", was + HURRY)
    booted.service("motes-node", "start")
    until(lambda: booted.status("motes-node") != "started", "that it gives up", lambda: booted.log("motes-node"))
    told = booted.inside("rc-service", "--nocolor", "motes-node", "status")
    assert told.returncode != 0
    said = told.stdout + told.stderr
    assert "motes-node could not start, or has ended too often" in said
    assert "cannot listen on 127.0.0.1:9100: the port is taken" in said
    tries = [line for line in booted.log("motes-node").splitlines() if "the port is taken" in line]
    assert len(tries) == 4, "it was started, and three times again"
    assert booted.processes("motes-node") == []
    assert booted.processes("motesd") == [daemon]
    booted.write("/etc/conf.d/motes-node", was)


def test_a_wrong_option_is_no_start(booted: Machine, node: int) -> None:
    was = booted.run("cat", "/etc/conf.d/motes-node")
    booted.write("/etc/conf.d/motes-node", was + 'command_args="--collector.nonsense"\n')
    refused = booted.inside("rc-service", "motes-node", "reload")
    assert refused.returncode != 0
    assert "unknown option --collector.nonsense" in refused.stdout + refused.stderr
    assert booted.answering("motes-node", NODE) == node
    booted.service("motes-node", "stop")
    refused = booted.inside("rc-service", "motes-node", "start")
    assert refused.returncode != 0
    assert "unknown option --collector.nonsense" in refused.stdout + refused.stderr
    assert booted.processes("motes-node") == []


def test_a_reload_reads_the_configuration_again(booted: Machine, daemon: int) -> None:
    booted.write("/etc/motes/motes.toml", MOVED)
    booted.service("motesd", "reload")
    assert booted.answering("motesd", ELSEWHERE) == daemon
    booted.write("/etc/motes/motes.toml", MOVED + "[nobody]\n")
    refused = booted.inside("rc-service", "motesd", "reload")
    assert refused.returncode != 0
    assert "[nobody]" in refused.stdout + refused.stderr
    assert booted.answering("motesd", ELSEWHERE) == daemon
    assert "config_last_reload_successful 1\n" in booted.get(ELSEWHERE)


def test_what_only_root_can_read_is_said_before_the_start(booted: Machine, daemon: int) -> None:
    booted.run("chmod", "600", "/etc/motes/motes.toml")
    checked = booted.inside("rc-service", "motesd", "checkconfig")
    booted.run("chmod", "644", "/etc/motes/motes.toml")
    assert checked.returncode != 0
    assert "/etc/motes/motes.toml: Permission denied" in checked.stdout + checked.stderr
    assert booted.service("motesd", "checkconfig") == "motesd: all is well: 127.0.0.1:9100 serves node\n"


def test_a_second_motesd_is_a_link(booted: Machine, daemon: int) -> None:
    booted.write("/etc/motes/attic.toml", MOVED)
    booted.run("ln", "-s", "motesd", "/etc/init.d/motesd.attic")
    booted.service("motesd.attic", "start")
    until(lambda: booted.get(ELSEWHERE), "a second one that answers", lambda: booted.log("motesd.attic"))
    assert len(booted.processes("motesd")) == 2
    booted.service("motesd.attic", "stop")
    assert booted.processes("motesd") == [daemon]
    booted.run("rm", "/etc/init.d/motesd.attic", "/etc/motes/attic.toml", "/var/log/motesd.attic.log")


def test_a_stop_ends_it(booted: Machine, node: int) -> None:
    booted.service("motes-node", "stop")
    assert booted.processes("motes-node") == []
    assert booted.status("motes-node") == "stopped"
    assert not booted.get(NODE)
    assert "motes-node" not in booted.run("ls", "/run").split()


def test_nothing_is_left_where_it_is_removed(booted: Machine, system: str) -> None:
    booted.write("/etc/motes/motes.toml", MOVED)
    booted.service("motesd", "start")
    booted.answering("motesd", ELSEWHERE)
    booted.run(*_REMOVE[system], *reversed(INSTALLED))
    assert booted.processes("motes-node") + booted.processes("motesd") == []
    left = booted.run("find", "/", "-xdev", "-name", "*motes*", "!", "-path", "/proc/*").split()
    assert [path for path in left if not path.startswith(("/given", "/var/lib/dpkg"))] == []
    assert "_motes" not in booted.run("cat", "/etc/passwd", "/etc/group")
    assert "motes" not in booted.run("rc-update", "show")
