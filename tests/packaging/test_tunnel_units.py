"""The services of the roads that are SSH tunnels, as they are in the recipes, under systemd and under OpenRC.

A machine is its own monitor.
"""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.support import alpine, openrc, ssh
from tests.support.namespaces import WITHIN, until
from tests.support.nspawn import Machine
from tests.support.recipes import RECIPES, commands
from tests.support.units import main_pid, shown, status, told

NAME = "motes-tunnel"
HOST, MONITOR = RECIPES / "ssh-socks/host", RECIPES / "ssh-socks/monitor"
UNIT = "/etc/systemd/system/motes-tunnel.service"
HURRY = f"{UNIT}.d/hurry.conf"
SCRIPT = "/etc/init.d/motes-tunnel"
TUNNEL = "/etc/motes/tunnel.conf"
KEY = "/etc/motes/tunnel.key"
KNOWN = "/etc/motes/tunnel.known_hosts"
# More often than each would by itself: systemd five times within ten seconds, OpenRC ten times (supervise-daemon(8)),
# and Alpine's five times more than the first (its rc.conf).
OFTEN = 12
MORE_OFTEN = {"debian": OFTEN, "alpine": 7}
REFUSED = "connect to host monitor.example.org port 22: Connection refused"
# As recipes have it for Alpine, whose useradd is another.
ADD_USER = """
addgroup -S motes-tunnel
adduser -S -D -H -h /nonexistent -s /sbin/nologin -G motes-tunnel motes-tunnel
"""


def prepare(machine: Machine, service: str) -> None:
    """The recipe's steps, for both ends; what a person copies from one to the other is copied here."""
    for tree, file in ((HOST, service), (HOST, TUNNEL), (MONITOR, ssh.DROP_IN)):
        source = Path(f"{tree}{file}")
        machine.write(file, source.read_text())
        machine.path(file).chmod(source.stat().st_mode & 0o777)
    machine.run("sh", "-euc", "echo 127.0.0.1 monitor.example.org >>/etc/hosts")
    ssh.make_host_key(machine)
    machine.run("sh", "-euc", commands("ssh-socks", "ssh-keygen"))
    machine.write(ssh.KEYS, machine.run("sh", "-euc", commands("ssh-socks", "permitlisten")))
    machine.write(KNOWN, machine.run("sh", "-euc", commands("ssh-socks", 'echo "monitor')))


def start_sshd(machine: Machine) -> None:
    """Without PAM, which the roots have little of."""
    machine.run("sh", "-euc", "mkdir -p /run/sshd; sed -i 's/^motes-tunnel:!/motes-tunnel:*/' /etc/shadow")
    machine.run("sh", "-euc", "grep -q ^sshd: /etc/passwd || echo sshd:x:99:65534::/run/sshd:/bin/false >>/etc/passwd")
    machine.run("/usr/sbin/sshd", "-E", "/run/sshd.log", "-o", "UsePAM=no")


def leads_back(machine: Machine) -> bool:
    """Whether there is an answer through the tunnel."""
    page = ("--proxy", "socks5h://127.0.0.1:21001", "http://127.0.0.1:9100/")
    return machine.attempt("curl", "--silent", "--max-time", "2", *page).returncode == 0


@pytest.fixture(scope="module")
def tunnel(machine: Machine) -> Iterator[Machine]:
    """With the unit, which has tried often already, and with the exporter that the packages start."""
    ssh.bring(machine)
    ssh.make_user(machine)
    prepare(machine, UNIT)
    machine.write(HURRY, "[Service]\nRestartSec=50ms\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "enable", "--now", NAME)
    until(lambda: int(shown(machine, NAME, "NRestarts")) > OFTEN, "that it tries often", told(machine, NAME))
    yield machine
    machine.run("systemctl", "disable", "--now", NAME)
    machine.run("rm", "-r", UNIT, f"{UNIT}.d", ssh.DROP_IN, ssh.KEYS, TUNNEL, KEY, f"{KEY}.pub", KNOWN)
    machine.run("sed", "-i", "/monitor.example.org/d", "/etc/hosts")
    machine.run("userdel", ssh.USER)
    machine.run("systemctl", "daemon-reload")


@pytest.fixture(scope="module")
def connected(tunnel: Machine) -> Iterator[Machine]:
    """The same, once it has got there."""
    start_sshd(tunnel)
    until(lambda: leads_back(tunnel), "a tunnel", told(tunnel, NAME))
    yield tunnel
    tunnel.run("sh", "-euc", "kill $(cat /run/sshd.pid)")


def test_exposure() -> None:
    """Tenths, of what systemd-analyze calls 1.1."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=11", "--no-pager", f"{HOST}{UNIT}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN,
    )
    assert "Overall exposure level" in done.stdout, done.stderr
    assert done.returncode == 0, done.stdout


def test_systemd_understands_every_line(tunnel: Machine) -> None:
    tunnel.run("systemd-analyze", "verify", "--man=no", "--recursive-errors=yes", UNIT)


def test_it_tries_until_there_is_a_monitor(connected: Machine) -> None:
    journal = connected.run("journalctl", "--no-pager", "--unit", NAME)
    assert journal.count(REFUSED) > OFTEN
    assert shown(connected, NAME, "ActiveState") == "active"


def test_it_is_locked_in(connected: Machine) -> None:
    found = status(connected, main_pid(connected, NAME))
    assert found["Uid"].split() == [connected.run("id", "-u", ssh.USER).strip()] * 4
    assert {found[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {f"{0:016x}"}
    assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")


def test_what_is_killed_comes_back(connected: Machine) -> None:
    before = main_pid(connected, NAME)
    connected.run("systemctl", "kill", "--signal=KILL", NAME)
    until(lambda: main_pid(connected, NAME) not in (0, before), "another process", told(connected, NAME))
    until(lambda: leads_back(connected), "a tunnel again", told(connected, NAME))


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, openrc.Machine]]:
    """With OpenRC, its service started, and something that serves where the exporter would. They try side by side."""
    with ExitStack() as running:
        machines = {}
        for name, root in (("debian", openrc.base()), ("alpine", alpine.base())):
            machine = machines[name] = running.enter_context(openrc.Machine(root, tmp_path_factory.mktemp(name)))
            ssh.bring(machine)
            if name == "debian":
                ssh.make_user(machine)
            else:
                machine.run("sh", "-euc", ADD_USER)
            prepare(machine, SCRIPT)
            machine.run("sed", "-i", "s/^respawn_delay=10$/respawn_delay=1/", SCRIPT)
            machine.service(NAME, "start")
            machine.run("sh", "-c", "python3 -m http.server 9100 --bind 127.0.0.1 </dev/null >/dev/null 2>&1 &")
        yield machines


@pytest.mark.parametrize("name", MORE_OFTEN)
def test_openrc(booted: dict[str, openrc.Machine], name: str) -> None:
    """It tries until there is a monitor, as its own user; what is killed comes back, until it is stopped."""
    machine = booted[name]
    told = partial(machine.log, NAME)
    until(lambda: told().count(REFUSED) >= MORE_OFTEN[name], "that it tries often", told)
    start_sshd(machine)
    until(lambda: leads_back(machine), "a tunnel", told)
    pid = int(machine.run("pidof", "ssh"))
    found = status(machine, pid)
    assert found["Uid"].split() == [machine.run("id", "-u", ssh.USER).strip()] * 4
    assert (found["NoNewPrivs"], found["CapEff"]) == ("1", f"{0:016x}")
    assert machine.run("stat", "-c", "%a %U", f"/var/log/{NAME}.log").split() == ["640", ssh.USER]
    machine.kill(pid)
    until(lambda: machine.inside("pidof", "ssh").stdout.strip() not in ("", str(pid)), "another process", told)
    until(lambda: leads_back(machine), "a tunnel again", told)
    machine.service(NAME, "stop")
    assert machine.inside("pidof", "ssh").stdout == ""
    assert not leads_back(machine)
