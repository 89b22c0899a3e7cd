"""motes-lywsd03mmc polls thermometers of all firmwares through bleak and a bluetoothd that is played.

MOTES_TEST_PYTHON is the Python that runs the program, where it is to be another one, with another bleak.
"""

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.bluez.bus import Bus
from tests.support.bluez.faults import NEVER
from tests.support.bluez.peers import Operation, full
from tests.support.bluez.standin import HCI0, standin
from tests.support.bluez.world import World
from tests.support.namespaces import until
from tests.support.program import ROOT, Program, free_port

PYTHON = os.environ.get("MOTES_TEST_PYTHON", sys.executable)
# With shorter intervals than people may ask for.
PROGRAM = """
from motes.shared import options

options.interval = lambda least, why: options.TIMEOUT

from motes.exporters.lywsd03mmc.program import main

main()
"""
STOCK, PVVX, ATC = "A4:C1:38:00:00:01", "A4:C1:38:00:00:02", "A4:C1:38:00:00:03"
XIAOMI = "ebe0{}-7a0a-4b0c-8a1a-6ff2997da3a6"
SERVICE, MEASUREMENT, INTERVAL = XIAOMI.format("ccb0"), XIAOMI.format("ccc1"), XIAOMI.format("ccd8")
SAYS_NOTHING = {"fe95": bytes.fromhex("30585b0501")}


@pytest.fixture
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with Bus(tmp_path_factory.mktemp("bus")) as bus:
        yield bus


@pytest.fixture
def world(bus: Bus, tmp_path: Path) -> Iterator[World]:
    """Three thermometers, which advertise while they are not connected to."""
    with standin(bus, tmp_path / "standin.log") as world:
        world.offer(STOCK, "180a", "2a26", ["read"], b"1.0.0_0130")
        world.offer(STOCK, "180f", "2a19", ["read", "notify"], b"\x64")
        world.offer(STOCK, SERVICE, MEASUREMENT, ["read", "notify"], bytes.fromhex("3efe4ad60b"))
        world.offer(STOCK, SERVICE, INTERVAL, ["write"])
        for address in (PVVX, ATC):
            world.offer(address, "180f", "2a19", ["read", "notify"], b"\x57")
            world.offer(address, "181a", "2a1f", ["read", "notify"], b"\xd2\x00")
            world.offer(address, "181a", "2a6f", ["read", "notify"], b"\x3e\x13")
            world.offer(address, "1f10", "1f1f", ["read", "notify", "write-without-response"])
        world.offer(PVVX, "180a", "2a28", ["read"], b"V4.7")
        world.offer(PVVX, "181a", "2a6e", ["read", "notify"], b"\x35\x08")
        yield world


class Polling:
    """The program, on a bus; `air` has thermometers advertise until something is true."""

    def __init__(self, world: World, program: Program) -> None:
        self.world = world
        self.program = program

    def page(self) -> str:
        return self.program.get("/metrics")

    def counted(self, name: str, address: str, reason: str = "") -> float:
        """In all, or for this reason."""
        series = rf'^thermometer_{name}_total{{mac="{mac(address)}",.*{reason}.*}} (\S+)$'
        return sum(map(float, re.findall(series, self.page(), re.MULTILINE)))

    def values(self, address: str) -> dict[str, float]:
        """Readings, but for the strength of the signal."""
        found = re.findall(
            rf'^thermometer_(\w+_(?:celsius|ratio|volts)){{mac="{mac(address)}",\S+ (\S+)$', self.page(), re.MULTILINE
        )
        return {name: float(value) for name, value in found}

    def failed(self, address: str, reason: str = "") -> float:
        return self.counted("poll_failures", address, reason)

    def polled(self, address: str) -> float:
        """How often with success. What fails meanwhile makes it less."""
        return self.counted("polls", address) - self.failed(address)

    def until(self, condition: Callable[[], object], what: str, *, silent: tuple[str, ...] = ()) -> None:
        """Wait, while all but some advertise."""

        def holds() -> object:
            for address in (STOCK, PVVX, ATC):
                if address not in silent:
                    self.world.advertise(address, SAYS_NOTHING)
            return condition()

        until(holds, what, lambda: self.page() + self.program.log(), within=90)


def mac(address: str) -> str:
    return address.replace(":", "")


Start = Callable[..., Polling]


@pytest.fixture
def start(bus: Bus, world: World, tmp_path: Path) -> Iterator[Start]:
    programs: list[Program] = []

    def start(*flags: str) -> Polling:
        port = free_port()
        command = (PYTHON, "-c", PROGRAM, f"-l=127.0.0.1:{port}", "--log.level=debug")
        log = tmp_path / "program.log"
        made = Program(
            (*command, "--ble.poll-interval=2s", *flags), port, log, ready="/-/ready",
            PYTHONPATH=str(ROOT / ".src"), DBUS_SYSTEM_BUS_ADDRESS=bus.address,
        )  # fmt: skip
        programs.append(made)
        return Polling(world, made)

    yield start
    for program in programs:
        program.__exit__(None, None, None)


def test_all_firmwares(world: World, start: Start) -> None:
    there = start(STOCK, PVVX, mac(ATC).lower())
    there.until(lambda: all(there.polled(address) > 0 for address in (STOCK, ATC)), "polls of two")
    assert there.values(STOCK) == {"temperature_celsius": -4.5, "humidity_ratio": 74, "battery_volts": 3.03}
    assert there.values(ATC) == {"temperature_celsius": 21, "humidity_ratio": 49.26, "battery_ratio": 87}
    assert 'firmware="stock",version="1.0.0_0130"' in there.page()
    assert 'firmware="atc1441",version=""' in there.page()
    assert world.operations(STOCK)[:6] == [
        Operation("Connect"),
        Operation("ReadValue", full("2a26")),
        Operation("StartNotify", MEASUREMENT),
        Operation("WriteValue", INTERVAL, b"\xf4\x01\x00", "request"),
        Operation("ReadValue", MEASUREMENT),
        Operation("Disconnect"),
    ]


def test_pvvx_tells_its_voltage(world: World, start: Start) -> None:
    there = start(PVVX)
    asked = Operation("WriteValue", full("1f1f"), b"\x33\x01", "command")
    there.until(lambda: asked in world.operations(PVVX), "the command")
    assert world.notify(PVVX, "1f1f", b"\x33\x01")
    assert world.notify(PVVX, "1f1f", bytes.fromhex("33 b80b 3801 8813 0000 00 00000000"))
    there.until(lambda: there.polled(PVVX) > 0, "a poll")
    expected = {"temperature_celsius": 21.01, "humidity_ratio": 49.26, "battery_ratio": 87, "battery_volts": 3}
    assert there.values(PVVX) == expected
    assert 'firmware="pvvx",version="V4.7"' in there.page()


def test_two_at_once(world: World, start: Start) -> None:
    for address in (STOCK, ATC):
        world.misbehave("ReadValue", address=address, after=3, times=2)
    there = start(STOCK, ATC)
    there.until(lambda: all(there.polled(address) > 0 for address in (STOCK, ATC)), "polls of two")
    assert world.links()[1] == 2
    until(lambda: world.links()[0] == 0, "links to be ended")


def test_without_listening(start: Start) -> None:
    there = start("--ble.scan=off", ATC)
    there.until(lambda: there.polled(ATC) >= 2, "polls")
    assert "thermometer_rssi_dbm{" not in there.page()


def test_a_value_that_is_notified(world: World, start: Start) -> None:
    world.misbehave("ReadValue", uuid=MEASUREMENT, after=NEVER)
    there = start(STOCK)
    there.until(lambda: world.notify(STOCK, MEASUREMENT, bytes.fromhex("3e014ad60b")), "a subscription")
    there.until(lambda: there.polled(STOCK) > 0, "a poll")
    assert there.values(STOCK)["temperature_celsius"] == 3.18


def test_one_that_hangs_delays_no_other(world: World, start: Start) -> None:
    world.misbehave("Connect", address=STOCK, after=NEVER)
    there = start(STOCK, ATC)
    there.until(lambda: there.polled(ATC) >= 2, "the other")
    assert there.polled(STOCK) == 0
    there.until(lambda: there.failed(STOCK, "timeout"), "a failure")
    # It is given up, or else it may be connected later, and silent for good.
    assert world.operations(STOCK)[-1] == Operation("Disconnect")
    world.behave()
    there.until(lambda: there.polled(STOCK) > 0, "the one, once it answers")


def test_a_link_that_is_lost(world: World, start: Start) -> None:
    world.misbehave("ReadValue", address=ATC, after=NEVER)
    there = start(ATC)
    there.until(lambda: world.links()[0], "a link")
    world.drop(ATC)
    there.until(lambda: there.failed(ATC, "disconnected") == 1, "a failure")
    assert there.failed(ATC, "timeout") == 0
    world.behave()
    there.until(lambda: there.polled(ATC) > 0, "another poll")


@pytest.mark.parametrize("error", ["Failed", "InProgress", "NotReady"])
def test_refusals(world: World, start: Start, error: str) -> None:
    world.misbehave("Connect", address=ATC, error=f"org.bluez.Error.{error}", text="le-connection-abort", times=1)
    there = start(ATC)
    there.until(lambda: there.polled(ATC) > 0, "another poll")
    assert there.failed(ATC, "connect") == 1


def test_one_that_is_not_there(start: Start) -> None:
    there = start(STOCK, ATC)
    there.until(lambda: there.failed(STOCK, "not_found"), "it to be missed", silent=(STOCK,))
    assert there.polled(ATC) > 0
    there.until(lambda: there.polled(STOCK) > 0, "it to be polled when it comes")


def cut_power(world: World) -> Callable[[], None]:
    world.power(on=False)
    return lambda: world.power(on=True)


def pull_adapter(world: World) -> Callable[[], None]:
    world.unplug()
    return lambda: world.plug("hci0", HCI0)


def kill_daemon(world: World) -> Callable[[], None]:
    world.kill()
    return world.start


@pytest.mark.parametrize("interrupt", [cut_power, pull_adapter, kill_daemon])
@pytest.mark.parametrize("linked", [False, True])
def test_recovers(world: World, start: Start, interrupt: Callable[[World], Callable[[], None]], linked: bool) -> None:
    there = start(ATC)
    there.until(lambda: there.polled(ATC) > 0, "a poll")
    if linked:
        world.misbehave("ReadValue", after=NEVER)
        there.until(lambda: world.links()[0], "a link")
    mend = interrupt(world)
    until(lambda: there.failed(ATC), "a failure", there.page)
    world.behave()
    mend()
    before = there.polled(ATC)
    there.until(lambda: there.polled(ATC) > before, "polls again")


def test_a_connection_that_was_left(world: World, start: Start) -> None:
    """By a program that was killed. BlueZ keeps it, and who is connected does not advertise."""
    world.misbehave("ReadValue", after=NEVER)
    before = start(ATC)
    before.until(lambda: world.links()[0], "a link")
    before.program.process.kill()
    before.program.process.wait()
    assert world.links()[0] == 1
    world.behave()
    there = start(ATC)
    until(lambda: world.links()[0] == 0, "the end of it", there.program.log)
    there.until(lambda: there.polled(ATC) > 0, "a poll")


@pytest.mark.parametrize("hanging", [Operation("Connect"), Operation("ReadValue", full("2a1f"))])
@pytest.mark.parametrize("hopeless", [False, True])
def test_stopping_ends_the_connection(world: World, start: Start, hanging: Operation, hopeless: bool) -> None:
    world.misbehave(hanging.method, after=NEVER)
    there = start(ATC)
    there.until(lambda: hanging in world.operations(ATC), "a call that hangs")
    if hopeless:
        world.misbehave("Disconnect", after=NEVER)
    there.program.process.send_signal(signal.SIGTERM)
    assert there.program.process.wait(10) == 0
    assert Operation("Disconnect") in world.operations(ATC)
    assert hopeless or world.links()[0] == 0
    assert "level=error" not in there.program.log()
    assert "Traceback" not in there.program.log()
