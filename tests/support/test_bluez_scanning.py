"""The org.bluez that is played, seen by an unmodified bleak that scans: it must show what bluetoothd was seen to do."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
from bleak import BleakScanner
from bleak.assigned_numbers import AdvertisementDataType
from bleak.backends.bluezdbus.manager import get_global_bluez_manager
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakDBusError, BleakError

from tests.support.bluez.bus import Bus
from tests.support.bluez.faults import NEVER
from tests.support.bluez.happenings import HAPPENS, off_and_on
from tests.support.bluez.loop import Loop
from tests.support.bluez.standin import HCI0, standin
from tests.support.bluez.world import World
from tests.support.namespaces import until

ONE, OTHER = "A4:C1:38:00:00:01", "A4:C1:38:00:00:02"
Mode = Literal["active", "passive"]
MODES: list[Mode] = ["active", "passive"]


@pytest.fixture
def world(bus: Bus, tmp_path: Path) -> Iterator[World]:
    with standin(bus, tmp_path / "bluez.log") as playing:
        yield playing


class Heard(NamedTuple):
    address: str
    rssi: int
    data: dict[str, bytes]  # by four digits of the UUID


class Scanner:
    """A BleakScanner, and what it has called back."""

    def __init__(self, loop: Loop, mode: Mode) -> None:
        self.heard: list[Heard] = []
        self.mode = mode
        self._loop = loop
        self.scanner = loop(self._make())

    def start(self, world: World) -> None:
        self._loop(self.scanner.start())
        until(world.listeners, "that the scan is known")

    def stop(self) -> None:
        self._loop(self.scanner.stop())

    def hears(self, *heard: Heard) -> None:
        """These, and nothing else, since the last time."""
        until(lambda: len(self.heard) >= len(heard), "so many callbacks", lambda: str(self.heard))
        assert self.heard == list(heard)
        self.heard.clear()

    async def _make(self) -> BleakScanner:
        kind = AdvertisementDataType.SERVICE_DATA_UUID16
        patterns = [(0, kind, uuid) for uuid in (b"\x1a\x18", b"\xd2\xfc")]
        return BleakScanner(self._call_back, scanning_mode=self.mode, bluez={"or_patterns": patterns})

    def _call_back(self, device: BLEDevice, said: AdvertisementData) -> None:
        data = {uuid[4:8]: value for uuid, value in said.service_data.items()}
        self.heard.append(Heard(device.address, said.rssi, data))


@pytest.fixture(params=MODES)
def scanner(request: pytest.FixtureRequest, loop: Loop, world: World) -> Scanner:
    started = Scanner(loop, request.param)
    started.start(world)
    return started


@pytest.fixture
def active(loop: Loop, world: World) -> Scanner:
    started = Scanner(loop, "active")
    started.start(world)
    return started


@pytest.fixture
def passive(loop: Loop, world: World) -> Scanner:
    started = Scanner(loop, "passive")
    started.start(world)
    return started


def test_says_each_advertisement_where_one_scans_actively(world: World, active: Scanner) -> None:
    for _ in range(3):
        assert world.advertise(ONE, {"181a": b"\1"}, rssi=-60)
    active.hears(*[Heard(ONE, -60, {"181a": b"\1"})] * 3)


def test_says_what_changes_where_one_scans_passively(world: World, passive: Scanner) -> None:
    for rssi, data in ((-60, b"\1"), (-60, b"\1"), (-67, b"\1"), (-67, b"\2"), (-68, b"\2"), (-76, b"\2")):
        assert world.advertise(ONE, {"181a": data}, rssi=rssi)
    said = ((-60, b"\1"), (-60, b"\2"), (-68, b"\2"), (-76, b"\2"))
    passive.hears(*[Heard(ONE, rssi, {"181a": data}) for rssi, data in said])


def test_says_what_a_monitor_matches(world: World, passive: Scanner) -> None:
    assert not world.advertise(ONE, {"fe95": b"\1"})
    assert not world.advertise(ONE, {"fe95": b"\1"}, name="\x1a\x18")  # no data of a service
    assert not world.advertise(ONE, {"0018e95f-0000-1000-8000-00805f9b181a": b"\1"})
    assert world.advertise(OTHER, {"fcd2": b"\1"})
    passive.hears(Heard(OTHER, -60, {"fcd2": b"\1"}))


def test_says_everything_to_everybody_while_one_scans_actively(world: World, active: Scanner, passive: Scanner) -> None:
    assert world.advertise(ONE, {"fe95": b"\1"})
    for scanner in (active, passive):
        scanner.hears(Heard(ONE, -60, {"fe95": b"\1"}))


def test_takes_the_signal_back_when_nobody_scans_actively_any_more(
    world: World, active: Scanner, passive: Scanner
) -> None:
    world.advertise(ONE, {"181a": b"\1"})
    active.hears(Heard(ONE, -60, {"181a": b"\1"}))
    active.stop()
    passive.hears(Heard(ONE, -60, {"181a": b"\1"}), Heard(ONE, -127, {"181a": b"\1"}))


def test_hears_with_the_adapter_that_scans(world: World, loop: Loop) -> None:
    world.power(on=False)
    world.plug("hci1", "00:11:22:33:44:66")
    loop(Scanner(loop, "active").scanner.start())
    assert (world.listeners("hci0"), world.listeners("hci1")) == (0, 1)
    assert not world.advertise(ONE, {"181a": b"\1"})
    assert world.advertise(ONE, {"181a": b"\1"}, adapter="hci1")


def test_keeps_the_data_of_other_services(world: World, scanner: Scanner) -> None:
    world.advertise(ONE, {"181a": b"\1"})
    world.advertise(ONE, {"fcd2": b"\2"})
    scanner.hears(Heard(ONE, -60, {"181a": b"\1"}), Heard(ONE, -60, {"181a": b"\1", "fcd2": b"\2"}))


def test_gives_names(world: World, active: Scanner) -> None:
    world.advertise(ONE, {}, name="ATC_000001")
    active.hears(Heard(ONE, -60, {}))
    assert [device.name for device in active.scanner.discovered_devices] == ["ATC_000001"]


def test_forgets_who_is_silent(world: World, scanner: Scanner) -> None:
    world.advertise(ONE, {"181a": b"\1"})
    world.advertise(OTHER, {"181a": b"\2"})
    world.advertise(ONE, {"181a": b"\3"})
    world.remember(0)
    until(lambda: len(scanner.heard) == 5, "that both are forgotten", lambda: str(scanner.heard))
    until(lambda: scanner.scanner.discovered_devices == [], "that bleak has forgotten them, too")
    assert scanner.heard[:3] == [
        Heard(ONE, -60, {"181a": b"\1"}),
        Heard(OTHER, -60, {"181a": b"\2"}),
        Heard(ONE, -60, {"181a": b"\3"}),
    ]
    # What bleak makes of the RSSI's removal.
    last = [Heard(OTHER, -127, {"181a": b"\2"}), Heard(ONE, -127, {"181a": b"\3"})]
    assert sorted(scanner.heard[3:]) == sorted(last)


def test_keeps_who_is_paired(world: World, loop: Loop) -> None:
    world.pair(ONE)
    world.unplug()
    world.plug("hci0", HCI0)
    scanner = Scanner(loop, "active")
    scanner.start(world)
    world.advertise(ONE, {"181a": b"\1"})
    world.advertise(OTHER, {"181a": b"\1"})
    until(lambda: len(scanner.scanner.discovered_devices) == 2, "two devices")
    world.remember(0)
    until(lambda: len(scanner.scanner.discovered_devices) == 1, "that one is forgotten")
    assert scanner.scanner.discovered_devices[0].address == ONE


def test_is_silent_when_nobody_listens(world: World, loop: Loop) -> None:
    assert not world.advertise(ONE, {"181a": b"\1"})
    for mode in MODES:
        scanner = Scanner(loop, mode)
        scanner.start(world)
        assert world.advertise(ONE, {"181a": b"\1"})
        scanner.stop()
        assert not world.advertise(ONE, {"181a": b"\1"})


def test_forgets_scans_of_who_has_gone(world: World) -> None:
    for mode in MODES:
        with Loop() as other:
            Scanner(other, mode).start(world)
            assert world.advertise(ONE, {"181a": b"\1"})
            other(_leave_the_bus())
        until(lambda: not world.advertise(ONE, {"181a": b"\1"}), "that nobody listens")


async def _leave_the_bus() -> None:
    manager = await get_global_bluez_manager()
    assert manager._bus
    manager._bus.disconnect()


@pytest.mark.parametrize("happen", HAPPENS)
def test_says_nothing_to_old_scanners_after(
    world: World, loop: Loop, scanner: Scanner, happen: Callable[[World], None]
) -> None:
    resumes = happen is off_and_on and scanner.mode == "passive"
    happen(world)
    assert world.advertise(ONE, {"181a": b"\1"}) is resumes
    if resumes:
        scanner.hears(Heard(ONE, -60, {"181a": b"\1"}))
        scanner.stop()
    else:
        with pytest.raises(BleakDBusError, match="Failed" if scanner.mode == "active" else "DoesNotExist"):
            scanner.stop()
    after = Scanner(loop, scanner.mode)
    after.start(world)
    assert world.advertise(OTHER, {"181a": b"\2"})
    after.hears(Heard(OTHER, -60, {"181a": b"\2"}))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("before", "error"),
    [
        (lambda world: world.power(on=False), "No powered Bluetooth adapters"),
        (lambda world: world.unplug(), "No Bluetooth adapters"),
        (lambda world: world.terminate(), "ServiceUnknown"),
        (lambda world: world.kill(), "ServiceUnknown"),
        (lambda world: world.misbehave("*", error="org.freedesktop.DBus.Error.NoReply"), "NoReply"),
    ],
    ids=["off", "unplugged", "terminated", "killed", "unwell"],
)
def test_is_no_use_while(world: World, loop: Loop, mode: Mode, before: Callable[[World], None], error: str) -> None:
    before(world)
    with pytest.raises(BleakError, match=error):
        Scanner(loop, mode).start(world)


def test_scans_passively_only_with_experimental(world: World, loop: Loop) -> None:
    world.unplug()
    world.plug("hci0", HCI0, monitors=False)
    with pytest.raises(BleakError, match="experimental"):
        Scanner(loop, "passive").start(world)
    Scanner(loop, "active").start(world)


def test_refuses_a_second_scan(world: World, loop: Loop, active: Scanner) -> None:
    world.misbehave("StartDiscovery", error="org.bluez.Error.InProgress", text="Operation already in progress", times=1)
    with pytest.raises(BleakDBusError, match="InProgress"):
        Scanner(loop, "active").start(world)
    with pytest.raises(BleakDBusError, match="InProgress"):  # a client has one
        Scanner(loop, "active").start(world)
    active.stop()
    Scanner(loop, "active").start(world)


def test_is_not_ready_while_off(world: World, loop: Loop, active: Scanner) -> None:
    world.power(on=False)
    active.stop()  # bleak takes this refusal for granted
    with pytest.raises(BleakDBusError, match="NotReady"):
        loop(_scan_with_hci0())


async def _scan_with_hci0() -> None:
    manager = await get_global_bluez_manager()
    await manager.active_scan("/org/bluez/hci0", {}, _ignore, _ignore)


def _ignore(*_heard: object) -> None:
    pass


@pytest.mark.parametrize(
    ("mode", "method"), [("active", "StartDiscovery"), ("passive", "RegisterMonitor"), ("active", "*")]
)
def test_answers_nothing_while_it_hangs(world: World, loop: Loop, mode: Mode, method: str) -> None:
    world.misbehave(method, after=NEVER)
    scanner = Scanner(loop, mode)
    with pytest.raises(asyncio.TimeoutError):
        loop(asyncio.wait_for(scanner.scanner.start(), 0.2))
    assert not world.advertise(ONE, {"181a": b"\1"})


def test_is_shown_only_to_whom_the_bus_allows_it(bus: Bus, world: World, loop: Loop) -> None:
    bus.deny(send_destination="org.bluez", send_member="StartDiscovery", send_interface="org.bluez.Adapter1")
    with pytest.raises(BleakDBusError, match="AccessDenied"):
        Scanner(loop, "active").start(world)
    Scanner(loop, "passive").start(world)
    bus.deny(send_destination="org.bluez")
    with pytest.raises(BleakDBusError, match="AccessDenied"), Loop() as other:
        Scanner(other, "passive").start(world)
    bus.allow()
    Scanner(loop, "active").start(world)


def test_is_gone_with_the_bus(bus: Bus, world: World, scanner: Scanner, loop: Loop) -> None:
    bus.stop()
    with pytest.raises(FileNotFoundError), Loop() as other:
        Scanner(other, scanner.mode).start(world)
    bus.start()
    world.start()
    after = Scanner(loop, scanner.mode)
    after.start(world)
    assert world.advertise(ONE, {"181a": b"\1"})
    after.hears(Heard(ONE, -60, {"181a": b"\1"}))


def test_floods(world: World, active: Scanner) -> None:
    said = [(f"A4:C1:38:00:00:{nth % 20:02X}", {"181a": bytes([nth])}) for nth in range(100)]
    world.flood(said, rate=2000, seconds=0.2)
    until(lambda: world.flooded()[1], "the end of the flood")
    sent, _ = world.flooded()
    until(lambda: len(active.heard) == sent, f"{sent} callbacks", lambda: str(len(active.heard)))
    assert [heard.data["181a"][0] for heard in active.heard[:300]] == [nth % 100 for nth in range(min(sent, 300))]
