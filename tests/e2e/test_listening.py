"""motes-lywsd03mmc beside an org.bluez that is played: it listens, through whatever happens there."""

import itertools
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.exporters.lywsd03mmc import encoders
from tests.support.bluez.bus import Bus
from tests.support.bluez.happenings import HAPPENS
from tests.support.bluez.standin import HCI0
from tests.support.bluez.world import World
from tests.support.namespaces import until
from tests.support.program import HERE as MACHINE
from tests.support.program import ROOT, Program, free_port
from tests.support.thermometers import PYTHONS, Thermometers

HERE = "A4:C1:38:00:00:01"
MAC = "A4C138000001"
THERE = "A4:C1:38:00:00:02"

Start = Callable[..., Thermometers]


@pytest.fixture(params=PYTHONS)
def start(request: pytest.FixtureRequest, bus: Bus, tmp_path: Path) -> Iterator[Start]:
    """Starts the program, with either bleak."""
    started: list[Thermometers] = []

    def run(*flags: str, **environment: str) -> Thermometers:
        python = PYTHONS[request.param]
        started.append(Thermometers(tmp_path / "log", *flags, python=python, **bus.environment, **environment))
        return started[-1]

    yield run
    for program in started:
        program.__exit__(None, None, None)


def pvvx(count: int, hundredths: int, address: str = HERE) -> dict[str, bytes]:
    return {"181a": encoders.pvvx(bytes.fromhex(address.replace(":", "")), hundredths, 4712, 2912, 83, count, 4)}


def hears(program: Thermometers, world: World, hundredths: int) -> None:
    """One measurement after the other, until it is on the page: whoever begins to listen may miss some."""
    counts = itertools.count()

    def heard() -> bool:
        world.advertise(HERE, pvvx(next(counts) % 256, hundredths))
        return program.value("temperature_celsius", mac=MAC) == hundredths / 100

    until(heard, f"{hundredths / 100} degrees", program.log)


@pytest.mark.parametrize(("scan", "mode"), [("auto", "passive"), ("passive", "passive"), ("active", "active")])
def test_listens(start: Start, world: World, scan: str, mode: str) -> None:
    program = start(f"--ble.scan={scan}", f"--ble.name={HERE}=living room")
    until(program.listens, "listening", program.log)
    assert program.value("scanner_info", adapter="hci0", mode=mode) == 1
    hears(program, world, 2150)
    hears(program, world, -453)
    assert program.value("humidity_ratio", mac=MAC, sensor="LYWSD03MMC") == 47.12
    assert program.value("rssi_dbm", mac=MAC) == -60
    assert program.value("info", mac=MAC, name="living room", firmware="pvvx") == 1
    assert program.value("scanner_restarts_total") == 0
    assert program.problem() == ""


def test_listens_actively_where_it_cannot_passively(start: Start, world: World) -> None:
    world.unplug()
    world.plug("hci0", HCI0, monitors=False)
    program = start()
    until(program.listens, "listening", program.log)
    assert program.value("scanner_info", mode="active") == 1
    hears(program, world, 2150)


def test_does_not_listen_actively_when_told_not_to(start: Start, world: World) -> None:
    world.unplug()
    world.plug("hci0", HCI0, monitors=False)
    program = start("--ble.scan=passive")
    until(lambda: program.problem() == "no_passive", "a problem", program.log)
    world.unplug()
    world.plug("hci0", HCI0)
    until(program.listens, "listening", program.log)


@pytest.mark.parametrize("adapter", ["hci1", "1", "00:11:22:33:44:66"])
def test_takes_the_adapter_that_is_named(start: Start, world: World, adapter: str) -> None:
    world.plug("hci1", "00:11:22:33:44:66")
    program = start("-i", adapter)
    until(program.listens, "listening", program.log)
    assert program.value("scanner_info", adapter="hci1") == 1


def test_takes_another_adapter_where_the_first_is_off(start: Start, world: World) -> None:
    world.power(on=False)
    world.plug("hci1", "00:11:22:33:44:66")
    program = start()
    until(program.listens, "listening", program.log)
    assert program.value("scanner_info", adapter="hci1") == 1


@pytest.mark.parametrize("scan", ["passive", "active"])
@pytest.mark.parametrize("happen", HAPPENS)
def test_goes_on_after(start: Start, world: World, scan: str, happen: Callable[[World], None]) -> None:
    program = start(f"--ble.scan={scan}")
    hears(program, world, 2150)
    for count in (2, 3):
        happen(world)
        hears(program, world, 2150 + count)
    until(lambda: program.value("scanner_restarts_total"), "a restart that is counted", program.log)


@pytest.mark.parametrize(
    ("before", "problem", "after"),
    [
        (lambda world: world.power(on=False), "powered_off", lambda world: world.power(on=True)),
        (lambda world: world.unplug(), "no_adapter", lambda world: world.plug("hci0", HCI0)),
        (lambda world: world.terminate(), "no_bluez", lambda world: world.start()),
        (
            lambda world: world.misbehave("*", error="org.freedesktop.DBus.Error.AccessDenied"),
            "denied",
            lambda world: world.behave(),
        ),
        (
            lambda world: world.misbehave("*", error="org.bluez.Error.Failed"),
            "no_bluez",
            lambda world: world.behave(),
        ),
    ],
    ids=["off", "unplugged", "not-running", "denied", "failing"],
)
def test_says_what_is_missing_and_works_when_it_is_there(
    start: Start,
    world: World,
    before: Callable[[World], None],
    problem: str,
    after: Callable[[World], None],
) -> None:
    before(world)
    program = start()
    until(lambda: program.problem() == problem, f"the problem {problem}", program.log)
    assert program.value("scanner_up") == 0
    assert program.log().count("no Bluetooth") == 1
    after(world)
    until(program.listens, "listening", program.log)
    hears(program, world, 2150)


def test_says_that_the_bus_is_missing_and_works_when_it_is_there(start: Start, bus: Bus, world: World) -> None:
    bus.stop()
    program = start()
    until(lambda: program.problem() == "no_bus", "a problem", program.log)
    bus.start()
    world.start()
    hears(program, world, 2150)
    bus.stop()
    until(lambda: program.problem() == "no_bus", "a problem", program.log)
    bus.start()
    world.start()
    hears(program, world, 2050)


def test_says_that_scanning_is_forbidden(start: Start, bus: Bus, world: World) -> None:
    bus.deny(send_destination="org.bluez", send_interface="org.bluez.Adapter1", send_member="StartDiscovery")
    program = start("--ble.scan=active")
    until(lambda: program.problem() == "denied", "a problem", program.log)
    bus.allow()
    hears(program, world, 2150)


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("raise ModuleNotFoundError('No module', name='dbus_fast')", "problem=no_bleak err=.* advice=.*python3-bleak"),
        ("def", "problem=failed err=.SyntaxError"),
        ("raise SystemExit", "problem=failed err=.SystemExit"),
    ],
)
def test_says_that_bleak_is_missing_or_broken_and_works_when_it_is_there(
    start: Start, world: World, tmp_path: Path, broken: str, told: str
) -> None:
    folder = tmp_path / "broken"
    (folder / "dbus_fast").mkdir(parents=True)
    module = folder / "dbus_fast" / "__init__.py"
    module.write_text(broken)
    program = start(PYTHONPATH=f"{folder}:{ROOT / '.src'}", PYTHONDONTWRITEBYTECODE="1")
    until(program.problem, "a problem", program.log)
    assert re.search(told, program.log())
    module.unlink()
    module.parent.rmdir()
    hears(program, world, 2150)


def test_prints_one_page_once_all_are_heard(bus: Bus, world: World) -> None:
    flags = ("--once", "--ble.devices=configured", f"--ble.name={HERE}=living room", "--scrape.timeout=1m")
    command = (sys.executable, "-m", "motes.exporters.lywsd03mmc.program", *flags)
    environment = {**os.environ, **bus.environment, "PYTHONPATH": str(ROOT / ".src")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as program:
        until(lambda: world.advertise(HERE, pvvx(1, 2150)), "somebody who listens")
        printed, _ = program.communicate(timeout=60)
    assert program.returncode == 0
    assert f'\nthermometer_temperature_celsius{{mac="{MAC}",sensor="LYWSD03MMC"}} 21.5\n' in printed


def test_prints_one_page_without_bluetooth(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "motes.exporters.lywsd03mmc.program", "--once", "--scrape.timeout=1m")
    nowhere = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/nothing"}
    environment = {**os.environ, **nowhere, "PYTHONPATH": str(ROOT / ".src")}
    done = subprocess.run(command, capture_output=True, env=environment, text=True, check=False, timeout=50)
    assert done.returncode == 0
    assert 'thermometer_problem_info{problem="no_bus"' in done.stdout


def test_the_rest_of_the_daemon_does_not_notice(tmp_path: Path) -> None:
    port = free_port()
    file = tmp_path / "motes.toml"
    file.write_text(f"""
        [web]
        listen-address = ["127.0.0.1:{port}"]
        [node]
        "collector.disable-defaults" = true
        "collector.loadavg" = true
        [lywsd03mmc]
        name = {{ "A4:C1:38:00:00:01" = "living room" }}
    """)
    command = (sys.executable, "-m", "motes.shared.motesd", f"--config.file={file}")
    nowhere = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/nothing", "PYTHONPATH": str(ROOT / ".src")}
    with Program(command, port, tmp_path / "log", ready="/-/ready", machine=MACHINE, **nowhere) as program:
        until(lambda: "thermometer_problem_info" in program.get("/metrics/lywsd03mmc"), "a problem", program.log)
        page = program.get("/metrics")
    assert "\nnode_load1 " in page
    assert 'motes_exporter_success{exporter="lywsd03mmc"} 1\n' in page
    assert 'thermometer_info{mac="A4C138000001",sensor="LYWSD03MMC",name="living room"' in page


def test_ends_at_once(start: Start, world: World) -> None:
    program = start()
    until(program.listens, "listening", program.log)
    program.process.terminate()
    assert program.process.wait(30) == 0
    assert world.advertise(HERE, pvvx(1, 2150)) is False
