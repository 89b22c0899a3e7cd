"""The scanner in this process, beside an org.bluez that is played: silence, presence, and devices to connect to."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from motes.exporters.lywsd03mmc import scanner as module
from motes.exporters.lywsd03mmc.scanner import Scanner
from motes.exporters.lywsd03mmc.station import Station
from motes.exporters.lywsd03mmc.thermometers import Thermometers

from tests.exporters.lywsd03mmc import encoders
from tests.support.bluez.bus import Bus
from tests.support.bluez.faults import NEVER
from tests.support.bluez.standin import HCI0, standin
from tests.support.bluez.world import World
from tests.support.namespaces import WITHIN

HERE = "A4:C1:38:00:00:01"
THERE = "A4:C1:38:00:00:02"
NOT_POLLED = "A4:C1:38:00:00:03"
FRAME = {"181a": encoders.pvvx(bytes.fromhex("A4C138000001"), 2150, 4712, 2912, 83, 1, 4)}

Scenario = Callable[["Rig"], Coroutine[None, None, None]]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """It is in a hurry: nobody is waited for as long as usual."""
    monkeypatch.setattr(module, "_LOOK_EVERY", 0.02)
    monkeypatch.setattr(module, "_SILENT_AFTER", 0.2)
    monkeypatch.setattr(module, "_MOST_SILENCE", 0.4)
    monkeypatch.setattr(module, "_SETTLES_WITHIN", 0.01)
    monkeypatch.setattr(module, "_MOST_BACKOFF", 0.1)
    with Bus(tmp_path) as bus, standin(bus, tmp_path / "bluez.log") as playing:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)
        yield playing


class Counting(Thermometers):
    """Counts what it is told."""

    def __init__(self) -> None:
        super().__init__(keys={}, names={})
        self.times_heard = self.times_present = 0
        self.present_ones: set[str] = set()

    def heard(self, address: str, service_data: Mapping[str, bytes], rssi: int) -> None:
        self.times_heard += 1
        super().heard(address, service_data, rssi)

    def present(self, address: str, service_data: Mapping[str, bytes]) -> None:
        self.times_present += 1
        self.present_ones.add(address)
        super().present(address, service_data)


class Rig:
    """A scanner at work."""

    def __init__(self, scan: str) -> None:
        self.thermometers = Counting()
        self.station = Station(scans=scan != "off")
        self.scanner = Scanner(self.thermometers, self.station, adapter="", scan=scan, wanted=(HERE, THERE))

    async def until(self, condition: Callable[[], object]) -> None:
        give_up = time.monotonic() + WITHIN
        while not condition():
            assert time.monotonic() < give_up
            await asyncio.sleep(0.01)


def run(scan: str, scenario: Scenario) -> None:
    async def both() -> None:
        rig = Rig(scan)
        task = asyncio.ensure_future(rig.scanner.run())
        try:
            await scenario(rig)
            assert not task.done()
        finally:
            task.cancel()

    asyncio.run(both())


def listens(rig: Rig, mode: str) -> bool:
    return rig.station.mode == mode


@pytest.mark.parametrize("address", ["nonsense", "unix:", "unixexec:path=/bin/true", "tcp:host=127.0.0.1,port=x"])
def test_says_that_a_bus_of_such_an_address_is_none(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)

    async def scenario(rig: Rig) -> None:
        await rig.until(lambda: rig.station.problem == "no_bus")

    run("active", scenario)


def test_starts_anew_after_silence_for_ever_and_says_so_once(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    logged: list[str] = []

    def said(what: str) -> int:
        logged.append(capfd.readouterr().err)
        return "".join(logged).count(what)

    async def falls_silent_and_is_heard(rig: Rig, times: int) -> None:
        restarts, heard = rig.station.restarts, rig.thermometers.times_heard
        await rig.until(lambda: rig.station.restarts >= restarts + 3)
        assert said("heard nothing of any device") == times
        await rig.until(lambda: world.advertise(HERE, FRAME) and rig.thermometers.times_heard > heard)
        await rig.until(lambda: said("devices are heard again") == times)

    async def scenario(rig: Rig) -> None:
        for times in (1, 2):
            await falls_silent_and_is_heard(rig, times)
        assert said("listening for thermometers") == 1

    run("active", scenario)


def test_gives_passive_up_where_it_hears_nothing_and_tries_it_again(world: World) -> None:
    async def scenario(rig: Rig) -> None:
        for mode in ("passive", "active", "passive", "active"):
            await rig.until(partial(listens, rig, mode))

    run("auto", scenario)


def test_stays_with_what_it_is_told(world: World) -> None:
    modes: list[str] = []

    def watched(rig: Rig) -> bool:
        modes.append(rig.station.mode)
        return rig.station.restarts >= 3

    async def scenario(rig: Rig) -> None:
        await rig.until(partial(watched, rig))

    run("passive", scenario)
    assert set(modes) <= {"passive", ""}


def test_a_device_that_says_the_same_is_there_while_bluez_has_it(world: World) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.until(lambda: world.advertise(NOT_POLLED, FRAME) and rig.thermometers.times_heard)
        looked = rig.thermometers.times_present
        # Far longer than silence is borne.
        await rig.until(lambda: rig.thermometers.times_present > looked + 50)
        assert rig.station.restarts == 0
        assert rig.thermometers.times_heard == 1
        world.lose(NOT_POLLED)
        await rig.until(lambda: rig.station.restarts >= 1)

    run("passive", scenario)


def test_a_device_that_bluez_keeps_is_not_there_by_that(world: World) -> None:
    """It keeps those that are paired with it, and those that were ever connected, which polled ones are."""
    paired = "A4:C1:38:00:00:04"
    world.pair(paired)
    world.unplug()
    world.plug("hci0", HCI0)

    async def scenario(rig: Rig) -> None:
        for address in (HERE, paired, NOT_POLLED):
            await rig.until(partial(world.advertise, address, FRAME))
        await rig.until(lambda: rig.thermometers.times_heard >= 3)
        looked = rig.thermometers.times_present
        await rig.until(lambda: rig.thermometers.times_present > looked + 50)
        assert rig.thermometers.present_ones == {NOT_POLLED}

    run("passive", scenario)


def test_goes_on_when_bluez_never_answers_that_it_has_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It thinks that we are listening still, and takes no second request from us."""
    monkeypatch.setattr(module, "_STOP_WITHIN", 0.2)
    world.misbehave("StopDiscovery", after=NEVER)

    async def scenario(rig: Rig) -> None:
        await rig.until(partial(listens, rig, "active"))
        world.plug("hci1", "00:11:22:33:44:66")
        await rig.until(lambda: rig.station.restarts)

    run("active", scenario)


def test_finds_who_is_heard(world: World) -> None:
    async def scenario(rig: Rig) -> None:
        assert await rig.scanner.find(HERE, 0.1) is None
        search = asyncio.ensure_future(rig.scanner.find(HERE, WITHIN))
        await rig.until(lambda: world.advertise(HERE, FRAME) and search.done())
        device = search.result()
        assert device is not None
        assert device.address == HERE
        assert await rig.scanner.find(THERE, 0.1) is None

    run("active", scenario)


def test_finds_who_says_nothing_new(world: World) -> None:
    """BlueZ does not tell a new scanner of it."""

    async def scenario(rig: Rig) -> None:
        await rig.until(lambda: world.advertise(HERE, FRAME) and rig.thermometers.times_heard)
        world.plug("hci1", "00:11:22:33:44:66")
        await rig.until(lambda: rig.station.restarts)
        device = await rig.scanner.find(HERE, 0.1)
        assert device is not None
        assert device.address == HERE
        assert await rig.scanner.find(THERE, 0.1) is None

    run("passive", scenario)


def test_does_not_find_who_has_gone(world: World) -> None:
    async def scenario(rig: Rig) -> None:
        search = asyncio.ensure_future(rig.scanner.find(HERE, WITHIN))
        await rig.until(lambda: world.advertise(HERE, FRAME) and search.done())
        world.lose(HERE)
        give_up = time.monotonic() + WITHIN
        while await rig.scanner.find(HERE, 0.01):
            assert time.monotonic() < give_up

    run("passive", scenario)


def test_with_scanning_off_it_scans_only_to_find(world: World) -> None:
    async def scenario(rig: Rig) -> None:
        # Passively, it may have been heard a moment before the scanner was there, and never again: it is asked for.
        search = asyncio.ensure_future(rig.scanner.find(HERE, WITHIN / 10))
        await rig.until(lambda: world.advertise(HERE, FRAME) and search.done())
        assert search.result() is not None
        await rig.until(lambda: not world.advertise(HERE, FRAME))
        assert rig.thermometers.times_heard == 0
        again = asyncio.ensure_future(rig.scanner.find(HERE, WITHIN / 10))
        await rig.until(lambda: world.advertise(HERE, FRAME) and again.done())
        assert again.result() is not None

    run("off", scenario)
