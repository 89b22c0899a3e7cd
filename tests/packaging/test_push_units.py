"""The services of the roads that are pushed along, and who misses what is pushed, as they are in the recipes.

Under systemd and under OpenRC. Nothing is there to push to, nor to ask: whether it arrives is shown in e2e/recipes.
"""

import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support import nspawn, openrc
from tests.support.bringing import bring
from tests.support.namespaces import WITHIN, until
from tests.support.nspawn import Machine
from tests.support.recipes import RECIPES, commands
from tests.support.units import kill, main_pid, shown, status, told

PROGRAMS = ("/usr/bin/vmagent", "/usr/bin/vmauth", "/usr/bin/vmalert", "/usr/sbin/nginx")
TREES = (
    RECIPES / "vmagent/host",
    RECIPES / "vmagent/monitor",
    RECIPES / "access-gateway/host",
    RECIPES / "centre/monitor",
)
# Tenths of what systemd-analyze calls them: nginx begins as root.
EXPOSURE = {"motes-vmagent": 11, "motes-vmauth": 9, "motes-vmalert": 11, "motes-gateway": 23}
READY = {
    "motes-vmagent": "http://127.0.0.1:8429/health",
    "motes-vmauth": "http://127.0.0.1:8427/health",
    "motes-vmalert": "http://127.0.0.1:8880/health",
    "motes-gateway": "http://127.0.0.1:9201/",
}


def prepare(machine: Machine) -> None:
    """The recipes' files, and what a person makes."""
    bring(machine, *PROGRAMS)
    for tree in TREES:
        for file in tree.rglob("*"):
            if file.is_file() and {"motes", "system", "init.d"} & set(file.parts[len(tree.parts) :]):
                copy(machine, file, tree)
    machine.run("sh", "-euc", "echo 127.0.0.1 gateway.example.org >>/etc/hosts; mkdir -p /etc/ssl/certs")
    for certificates in ("/etc/ssl/certs/ca-certificates.crt", "/etc/motes/monitor.pem"):
        machine.write(certificates, Path("/etc/ssl/certs/ca-certificates.crt").read_text())
    machine.run("sh", "-euc", "umask 077; echo secret >/etc/motes/vmagent.password")
    machine.run("sh", "-euc", f"printf 'id\\nsecret\\n' | ( {commands('access-gateway', 'token.conf')}\n)")


def copy(machine: Machine, file: Path, tree: Path) -> None:
    there = f"/{file.relative_to(tree)}"
    machine.write(there, hurried(file.read_text()))
    machine.path(there).chmod(file.stat().st_mode & 0o777)


def hurried(text: str) -> str:
    """That what has ended is started again soon."""
    return text.replace("RestartSec=5s", "RestartSec=100ms").replace("respawn_delay=5", "respawn_delay=1")


def answers(machine: Machine, service: str) -> bool:
    """Whatever it says: it is there."""
    return machine.attempt("curl", "--silent", "--max-time", "2", READY[service]).returncode == 0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with Machine(nspawn.base(), tmp_path_factory.mktemp("systemd")) as machine:
        prepare(machine)
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "start", *READY)
        for service in READY:
            until(partial(answers, machine, service), service, told(machine, service))
        yield machine


@pytest.mark.parametrize("service", EXPOSURE)
def test_exposure(service: str) -> None:
    (unit,) = (file for tree in TREES for file in tree.rglob(f"{service}.service"))
    limit = f"--threshold={EXPOSURE[service]}"
    command = ("systemd-analyze", "security", "--offline=yes", limit, "--no-pager", str(unit))
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WITHIN)
    assert "Overall exposure level" in done.stdout, done.stderr
    assert done.returncode == 0, done.stdout


def test_systemd_understands_every_line(running: Machine) -> None:
    units = [f"/etc/systemd/system/{service}.service" for service in READY]
    running.run("systemd-analyze", "verify", "--man=no", "--recursive-errors=yes", *units)


@pytest.mark.parametrize("service", READY)
def test_what_is_killed_comes_back(running: Machine, service: str) -> None:
    """And it takes up its configuration again without that."""
    before = main_pid(running, service)
    running.run("systemctl", "reload", service)
    assert (answers(running, service), main_pid(running, service)) == (True, before)
    kill(running, "KILL", service)
    until(lambda: main_pid(running, service) not in (0, before), "another process", told(running, service))
    until(lambda: answers(running, service), "an answer", told(running, service))


def test_vmagent_is_locked_in(running: Machine) -> None:
    """It has the password, which root alone can read, a folder for its buffer, and no rights."""
    pid = main_pid(running, "motes-vmagent")
    found = status(running, pid)
    assert (found["CapBnd"], found["NoNewPrivs"], found["Seccomp"]) == (f"{0:016x}", "1", "2")
    assert found["Uid"].split()[0] not in ("0", "65534")
    assert shown(running, "motes-vmagent", "StateDirectory") == "motes-vmagent"
    assert running.path("/var/lib/private/motes-vmagent/persistent-queue").is_dir()
    said = running.run("journalctl", "--no-pager", "--unit=motes-vmagent")
    assert "secret\n" not in said
    assert "cannot read" not in said


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openrc.Machine]:
    with openrc.Machine(openrc.base(), tmp_path_factory.mktemp("openrc")) as machine:
        prepare(machine)
        machine.run("useradd", "--system", "--no-create-home", "_victoria-metrics")
        machine.run("sh", "-euc", commands("vmagent", "chgrp").splitlines()[0])
        yield machine


# Who kills nginx, and not its worker, leaves that one to serve.
@pytest.mark.parametrize(
    ("service", "program", "signal"),
    [
        ("motes-vmagent", "vmagent", "KILL"),
        ("motes-vmauth", "vmauth", "KILL"),
        ("motes-vmalert", "vmalert", "KILL"),
        ("motes-gateway", "nginx", "TERM"),
    ],
)
def test_openrc(booted: openrc.Machine, service: str, program: str, signal: str) -> None:
    """It starts, comes back when it has ended, and stops."""
    machine = booted
    said = partial(machine.log, service)
    machine.service(service, "start")
    until(lambda: answers(machine, service), service, said)
    machine.service(service, "reload")
    first = min(int(pid) for pid in machine.run("pidof", program).split())
    machine.kill(first, signal)
    until(lambda: not machine.path(f"/proc/{first}").exists(), "an end", said)
    until(lambda: answers(machine, service), "an answer again", said)
    machine.service(service, "stop")
    assert machine.inside("pidof", program).stdout == ""
