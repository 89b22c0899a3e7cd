"""The scripts for runit and nitro, in a Debian: runsv runs the ones, and the others run as nitro would run them."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import openrc
from tests.support.namespaces import WITHIN, until
from tests.support.openrc import Machine
from tests.support.program import ROOT

PAGE = "http://127.0.0.1:9101/metrics"
ARGS = "--web.listen-address=127.0.0.1:9101"


@pytest.fixture(scope="module")
def booted(packages: Path) -> Iterator[Machine]:
    with Machine(openrc.base(), packages) as machine:
        machine.run(
            "sh", "-euc", "cd /given; dpkg --install motes-core_*.deb motes-node_*.deb; rc-service motes-node stop"
        )
        yield machine


def folder(machine: Machine, supervisor: str) -> str:
    """With the scripts, and an option in `conf`."""
    made = f"/etc/{supervisor}/motes-node"
    for script in (ROOT / "packaging" / supervisor).rglob("*"):
        if script.is_file():
            path = f"{made}/{script.relative_to(ROOT / 'packaging' / supervisor)}"
            machine.write(path, script.read_text())
            machine.run("chmod", "755", path)
    machine.write(f"{made}/conf", f'ARGS="{ARGS}"\n')
    return made


def facts(machine: Machine, number: int) -> tuple[str, str]:
    """The user it is, and whether it can become another."""
    told = dict(line.split(":", 1) for line in machine.run("cat", f"/proc/{number}/status").splitlines())
    return told["Uid"].split()[0], told["NoNewPrivs"].strip()


def test_runit(booted: Machine, tmp_path: Path) -> None:
    service = folder(booted, "runit")

    def sv(word: str) -> subprocess.CompletedProcess[str]:
        return booted.inside("sv", "-w", str(int(WITHIN)), word, service)

    def status() -> str:
        return sv("status").stdout

    def logged() -> str:
        return booted.inside("cat", "/var/log/motes-node/current").stdout

    runsv = booted.start("runsv", service, log=tmp_path / "log")
    first = booted.answering("motes-node", PAGE)
    assert facts(booted, first) == (booted.run("id", "-u", "_motes").strip(), "1")
    booted.kill(first)
    second = booted.answering("motes-node", PAGE, unlike=first)
    until(lambda: logged().count("msg=serving") == 2, "that it is logged", logged)
    booted.write(f"{service}/conf", 'ARGS="--nonsense"\n')
    booted.kill(second)
    until(lambda: "unknown option --nonsense" in logged(), "that it says why", logged)
    until(lambda: "want up" not in status() and status().startswith("down:"), "that it stays away", status)
    assert booted.processes("motes-node") == []
    assert sv("exit").returncode == 0
    assert runsv.wait(WITHIN) == 0


def test_nitro(booted: Machine, tmp_path: Path) -> None:
    service = folder(booted, "nitro")
    assert booted.inside("sh", "-c", f"cd {service} && exec ./setup").returncode == 0
    running = booted.start("sh", "-c", f"cd {service} && exec ./run", log=tmp_path / "log")
    number = booted.answering("motes-node", PAGE)
    assert facts(booted, number) == (booted.run("id", "-u", "_motes").strip(), "1")
    booted.kill(number, "TERM")
    assert running.wait(WITHIN) == 0
    booted.write(f"{service}/conf", 'ARGS="--nonsense"\n')
    assert booted.inside("sh", "-c", f"cd {service} && exec ./setup").returncode == 111
