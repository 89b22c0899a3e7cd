"""motesd with everything on, as service managers run it: as nobody, with sockets, under supervision, to its end."""

import os
import shlex
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from time import CLOCK_MONOTONIC, clock_gettime_ns

import pytest

from tests.e2e.test_program import SOURCE, events
from tests.e2e.test_third_party import install
from tests.support.household import COMMAND, EXPORTERS, LIVING_ROOM, Household, motesd
from tests.support.namespaces import WITHIN, until
from tests.support.nobody import AS_NOBODY, NOBODY
from tests.support.page import Page
from tests.support.program import HERE, Program, free_port

# What each exporter says when it has all that there is.
READINGS = ("node_load1", "thermometer_temperature_celsius", "card10_temperature_celsius", "firefox_restorable_tabs")
HANGS = "tests.support.bad.plugins:bad_sleeps"
# They come first, for what hangs is to hang before the others have anything to do.
HANGING = '[scrape]\ntimeout = "2s"\n[bad-sleeps]\n[theirs]\nends = "never"\n'
BY_NAME = """[node]
listen = ["fd:node"]
[card10-bme680]
device = ["/nonexistent/tty"]
listen = ["fd:badges"]
"""
TABS = 3


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that everybody may enter."""
    with tempfile.TemporaryDirectory(prefix="motes") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture
def house(folder: Path) -> Iterator[Household]:
    """Nobody's own."""
    with Household(folder) as house:
        house.save_session(TABS)
        house.belongs_to(NOBODY)
        yield house


class Manager:
    """Whom the program tells how it does. It reads all, as a manager does, for what is not read is lost."""

    def __init__(self, path: Path) -> None:
        self.environment = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "400000"}
        self.alive = 0
        self._told: SimpleQueue[dict[str, str]] = SimpleQueue()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        path.chmod(0o777)
        Thread(target=self._read, daemon=True).start()

    def told(self) -> dict[str, str]:
        """The next message that is more than a sign of life."""
        return self._told.get(timeout=WITHIN)

    def _read(self) -> None:
        while message := self._socket.recv(4096).decode():
            if message == "WATCHDOG=1":
                self.alive += 1
            else:
                self._told.put(dict(line.split("=", 1) for line in message.split("\n")))
        self._socket.close()

    def close(self) -> None:
        """An empty message is its own."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
            sending.sendto(b"", self.environment["NOTIFY_SOCKET"])


@pytest.fixture
def manager(folder: Path) -> Iterator[Manager]:
    manager = Manager(folder / "notify")
    yield manager
    manager.close()


def names(program: Program, path: str = "/metrics") -> set[str]:
    return {name for name, _ in Page(program.get(path)).values}


def serves_all(house: Household, program: Program) -> None:
    """Sooner or later."""

    def missing() -> set[str]:
        house.advertise(LIVING_ROOM, 20.5)
        return set(READINGS) - names(program)

    until(lambda: not missing(), "all readings", lambda: f"{missing()}\n{program.log()}")


def status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def children(pid: int) -> list[str]:
    return [name for task in Path(f"/proc/{pid}/task").iterdir() for name in (task / "children").read_text().split()]


def ends(program: Program) -> None:
    """By itself, when it is told to."""
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(WITHIN) == 0, program.log()
    assert events(program.log())[-1]["msg"] == "stopped"


def test_as_nobody_without_any_capability(house: Household) -> None:
    with motesd(house, *AS_NOBODY) as program:
        serves_all(house, program)
        found = status(program.process.pid)
        assert set(found["Uid"].split() + found["Gid"].split()) == {str(NOBODY)}
        assert {found[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {f"{0:016x}"}
        assert (found["NoNewPrivs"], found["Groups"]) == ("1", "")
        values = Page(program.get("/metrics")).values
        assert [value for (name, _), value in values.items() if name == "motes_exporter_success"] == [1, 1, 1]
        assert sum(value for (name, _), value in values.items() if name == "firefox_restorable_tabs") == TABS
        ends(program)
        wrong = [event for event in events(program.log()) if event["level"] in ("warn", "error")]
        assert {event.get("exporter") for event in wrong} <= {"node"}, "some of the kernel's files are root's alone"


def test_what_the_manager_is_told(house: Household, manager: Manager) -> None:
    with motesd(house, *AS_NOBODY, **manager.environment) as program:
        ready = manager.told()
        status = f"serving {','.join(EXPORTERS)} on 127.0.0.1:{program.port}"
        assert ready == {"READY": "1", "STATUS": status}
        before = clock_gettime_ns(CLOCK_MONOTONIC) // 1000
        program.process.send_signal(signal.SIGHUP)
        reloading = manager.told()
        assert reloading.keys() == {"RELOADING", "MONOTONIC_USEC"}
        assert before <= int(reloading["MONOTONIC_USEC"]) <= clock_gettime_ns(CLOCK_MONOTONIC) // 1000
        assert manager.told() == ready
        ends(program)
        assert manager.told() == {"STOPPING": "1"}


def test_stops_while_everything_hangs_or_works(house: Household, manager: Manager) -> None:
    environment = {"PYTHONPATH": install(house.folder, **{"bad-sleeps": HANGS}), **manager.environment}
    with motesd(house, *AS_NOBODY, more=HANGING, **environment) as program:
        assert "READY" in manager.told()
        serves_all(house, program)
        alive = manager.alive
        until(lambda: manager.alive > alive + 1, "signs of life: what hangs is no reason to be killed")
        house.badge.measures(takes=2)
        typed = len(house.badge.typed)
        until(lambda: len(house.badge.typed) > typed, "that the badge is asked", program.log)
        with subprocess.Popen(["curl", "--silent", f"{program.url}/metrics"], stdout=subprocess.DEVNULL) as scraper:
            ends(program)
            scraper.wait(WITHIN)
        assert manager.told() == {"STOPPING": "1"}
    until(lambda: house.bus.clients() <= 2, "that nobody is on the bus but BlueZ and who asks")


def test_sockets_by_name(folder: Path) -> None:
    """As systemd hands them over, once somebody connects to one of them."""
    ports = {"node": free_port(), "badges": free_port()}
    file = folder / "motes.toml"
    file.write_text(BY_NAME)
    listen = [f"--listen=127.0.0.1:{port}" for port in ports.values()]
    activate = ("systemd-socket-activate", *listen, f"--fdname={':'.join(ports)}", "--setenv=PYTHONPATH")
    command = (*AS_NOBODY, *activate, *COMMAND, f"--config.file={file}")
    with Program(command, ports["node"], folder / "log", ready="/-/ready", PYTHONPATH=SOURCE) as program:
        assert "node_load1" in names(program)
        assert "card10_up" not in names(program)
        program.url = f"http://127.0.0.1:{ports['badges']}"
        assert "card10_up" in names(program)
        assert "node_load1" not in names(program)
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(WITHIN) == 0
        listened = [line for line in program.log().splitlines() if "msg=listening" in line]
        assert [event["address"] for event in events("\n".join(listened))] == ["fd:node", "fd:badges"]


def test_stays_in_the_foreground_and_leaves_nothing(folder: Path) -> None:
    """It is the process that was started, has no other, writes no file, and its log to standard error alone."""
    port, home, log = free_port(), folder / "home", folder / "log"
    home.mkdir()
    home.chmod(0o777)
    there = ("sh", "-c", 'cd "$1" && exec 2>>"$2" && shift 2 && exec "$@"', "sh", str(home), str(log))
    command = (*there, *AS_NOBODY, *COMMAND, f"--web.listen-address=127.0.0.1:{port}")
    environment = {"PYTHONPATH": SOURCE, "HOME": str(home), "XDG_CONFIG_HOME": ""}
    with Program(command, port, folder / "output", ready="/-/ready", machine=HERE, **environment) as program:
        assert "node_load1" in names(program)
        pid = program.process.pid
        assert f"pid={pid}," in HERE.attempt("ss", "-Hltnp", f"sport = :{port}").stdout
        assert children(pid) == []
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(WITHIN) == 0
        assert program.log() == ""
    assert list(home.iterdir()) == []
    assert events(log.read_text())[-1]["msg"] == "stopped"


def test_supervised_by_runit(folder: Path) -> None:
    port, service = free_port(), folder / "motesd"
    service.mkdir()
    words = shlex.join([*AS_NOBODY, *COMMAND, f"--web.listen-address=127.0.0.1:{port}"])
    script(service / "run", f"exec {words} 2>&1")
    script(service / "finish", 'echo "$1 $2" >>ended')

    def pid() -> str:
        return (service / "supervise" / "pid").read_text().strip()

    def tell(word: str) -> None:
        done = HERE.attempt("sv", "-w", str(int(WITHIN)), word, str(service))
        assert done.returncode == 0, done.stdout

    def serving(times: int) -> None:
        until(lambda: program.log().count("msg=serving") == times, f"it serves for the {times}. time", program.log)

    environment = {"PYTHONPATH": SOURCE, "HOME": str(folder), "XDG_CONFIG_HOME": ""}
    with Program(
        ("runsv", str(service)), port, folder / "log", ready="/-/ready", machine=HERE, **environment
    ) as program:
        first = pid()
        assert children(program.process.pid) == [first]
        os.kill(int(first), signal.SIGKILL)
        serving(2)
        second = pid()
        assert second != first
        tell("hup")
        until(lambda: "configuration read" in program.log(), "that it has read its configuration again", program.log)
        assert pid() == second
        tell("term")
        serving(3)
        tell("down")
        tell("exit")
        assert program.process.wait(WITHIN) == 0
    assert (service / "ended").read_text() == "-1 9\n0 0\n0 0\n"


def script(file: Path, text: str) -> None:
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
