"""The org.bluez that is played, seen by an unmodified bleak that connects, reads, writes and is notified."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bleak import BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.exc import BleakDBusError, BleakError

from tests.support.bluez.bus import Bus
from tests.support.bluez.faults import NEVER
from tests.support.bluez.loop import Loop
from tests.support.bluez.peers import Operation, full
from tests.support.bluez.standin import standin
from tests.support.bluez.world import World
from tests.support.namespaces import WITHIN, until

ONE, OTHER = "A4:C1:38:00:00:01", "A4:C1:38:00:00:02"
SERVICE = "ebe0ccb0-7a0a-4b0c-8a1a-6ff2997da3a6"
VALUE = "ebe0ccc1-7a0a-4b0c-8a1a-6ff2997da3a6"
COMMAND = "ebe0ccd8-7a0a-4b0c-8a1a-6ff2997da3a6"
BATTERY = full("2a19")


@pytest.fixture
def world(bus: Bus, tmp_path: Path) -> Iterator[World]:
    """With two thermometers."""
    with standin(bus, tmp_path / "bluez.log") as playing:
        for address in (ONE, OTHER):
            playing.offer(address, SERVICE, VALUE, ["read", "notify"], bytes.fromhex(address.replace(":", "")))
            playing.offer(address, SERVICE, COMMAND, ["write"])
            playing.offer(address, "180f", "2a19", ["read", "write-without-response"], b"\x64")
        yield playing


class Client:
    """A BleakClient for a device that advertises, and what it has called back."""

    def __init__(self, loop: Loop, world: World, address: str = ONE, within: float = 30) -> None:
        self.notified: list[bytes] = []
        self.lost = 0
        self._loop = loop
        found = loop(find(world, address))
        self.client = loop(self._make(found, within))

    def connect(self) -> "Client":
        self._loop(self._do_connect())
        return self

    def disconnect(self) -> None:
        self._loop(self._do_disconnect())

    def read(self, uuid: str) -> bytes:
        return bytes(self._loop(self.client.read_gatt_char(uuid)))

    def write(self, uuid: str, value: bytes, *, response: bool) -> None:
        self._loop(self.client.write_gatt_char(uuid, value, response))

    def subscribe(self, uuid: str) -> None:
        self._loop(self.client.start_notify(uuid, self._notified))

    async def _make(self, found: BLEDevice, within: float) -> BleakClient:
        return BleakClient(found, disconnected_callback=self._lost, timeout=within)

    async def _do_connect(self) -> None:
        await self.client.connect()

    async def _do_disconnect(self) -> None:
        await self.client.disconnect()

    def _notified(self, _characteristic: BleakGATTCharacteristic, value: bytearray) -> None:
        self.notified.append(bytes(value))

    def _lost(self, _client: BleakClient) -> None:
        self.lost += 1


async def find(world: World, address: str) -> BLEDevice:
    scanner = BleakScanner()
    await scanner.start()
    world.advertise(address, {"181a": b"\1"})
    while True:
        for device in scanner.discovered_devices:
            if device.address == address:
                await scanner.stop()
                return device
        await asyncio.sleep(0.01)


def test_two_at_once(world: World, loop: Loop) -> None:
    clients = [Client(loop, world, address).connect() for address in (ONE, OTHER)]
    assert world.links() == (2, 2)
    for client in clients:
        client.subscribe(VALUE)
    assert world.notify(ONE, VALUE, b"\1")
    assert world.notify(OTHER, VALUE, b"\2")
    for client, value in zip(clients, (b"\1", b"\2"), strict=True):
        until(lambda client=client: client.notified, "a notification")  # type: ignore[misc]
        assert client.notified == [value]
        client.disconnect()
        assert client.lost == 1
    assert world.links() == (0, 2)
    done = [Operation("Connect"), Operation("StartNotify", VALUE), Operation("Disconnect")]
    assert world.operations(ONE) == world.operations(OTHER) == done
    clients[0].connect()
    assert world.links() == (1, 2)


def test_reads_what_is_set(world: World, loop: Loop) -> None:
    client = Client(loop, world).connect()
    assert client.read(VALUE) == bytes.fromhex("a4c138000001")
    world.set_value(ONE, VALUE, b"\7")
    assert client.read(VALUE) == b"\7"
    assert client.read(BATTERY) == b"\x64"
    reads = [Operation("ReadValue", uuid) for uuid in (VALUE, VALUE, BATTERY)]
    assert world.operations(ONE) == [Operation("Connect"), *reads]


def test_notifies_of_what_is_read(world: World, loop: Loop) -> None:
    client = Client(loop, world).connect()
    client.subscribe(VALUE)
    read = client.read(VALUE)
    until(lambda: client.notified, "a notification")
    assert client.notified == [read]


def test_records_what_is_written(world: World, loop: Loop) -> None:
    client = Client(loop, world).connect()
    client.write(COMMAND, b"\xf4\x01", response=True)
    client.write(BATTERY, b"\x33\xff", response=False)
    assert world.operations(ONE) == [
        Operation("Connect"),
        Operation("WriteValue", COMMAND, b"\xf4\x01", "request"),
        Operation("WriteValue", BATTERY, b"\x33\xff", "command"),
    ]


def test_refuses_what_a_characteristic_has_not(world: World, loop: Loop) -> None:
    client = Client(loop, world).connect()
    with pytest.raises(BleakError, match=r"(?i)not permitted"):
        client.read(COMMAND)
    with pytest.raises(BleakError, match=r"(?i)not permitted|not support"):
        client.write(VALUE, b"\1", response=True)
    with pytest.raises(BleakDBusError, match="NotSupported"):
        client.subscribe(BATTERY)


def test_tells_nobody_who_has_not_subscribed(world: World, loop: Loop) -> None:
    assert not world.notify(ONE, VALUE, b"\1")
    client = Client(loop, world).connect()
    assert not world.notify(ONE, VALUE, b"\1")
    client.subscribe(VALUE)
    assert world.notify(ONE, VALUE, b"\1")
    client.disconnect()
    assert not world.notify(ONE, VALUE, b"\1")
    client.connect()
    assert not world.notify(ONE, VALUE, b"\1")


def test_answers_late_or_wrongly_or_never(world: World, loop: Loop) -> None:
    client = Client(loop, world).connect()
    world.misbehave("ReadValue", uuid=VALUE, error="org.bluez.Error.Failed", text="boo", times=1)
    with pytest.raises(BleakDBusError, match="boo"):
        client.read(VALUE)
    world.misbehave("ReadValue", address=ONE, after=0.05, times=1)
    assert client.read(VALUE) == bytes.fromhex("a4c138000001")
    world.misbehave("ReadValue", uuid=VALUE, after=NEVER)
    with pytest.raises(asyncio.TimeoutError):
        loop(asyncio.wait_for(client.client.read_gatt_char(VALUE), 0.2))
    assert client.read(BATTERY) == b"\x64"
    world.misbehave("ReadValue", address=OTHER, after=NEVER)
    assert client.read(BATTERY) == b"\x64"
    world.behave()
    assert client.read(VALUE) == bytes.fromhex("a4c138000001")


def test_fails_to_connect(world: World, loop: Loop) -> None:
    client = Client(loop, world)
    world.misbehave("Connect", address=ONE, error="org.bluez.Error.Failed", text="le-connection-refused", times=1)
    with pytest.raises(BleakDBusError, match="le-connection-refused"):
        client.connect()
    assert world.links() == (0, 0)
    world.misbehave("Connect", after=0.05)
    client.connect()
    assert world.links() == (1, 1)


def test_gives_up_a_connection_that_takes_too_long(world: World, loop: Loop) -> None:
    client = Client(loop, world, within=0.3)
    world.misbehave("Connect", address=ONE, after=NEVER)
    with pytest.raises(asyncio.TimeoutError):
        client.connect()
    assert world.operations(ONE) == [Operation("Connect"), Operation("Disconnect")]
    world.behave()
    client = Client(loop, world).connect()
    assert world.links() == (1, 1)


def test_links_nobody_who_has_given_up(world: World, loop: Loop) -> None:
    world.misbehave("Connect", after=0.5)
    with pytest.raises(asyncio.TimeoutError):
        Client(loop, world, ONE, within=0.2).connect()
    Client(loop, world, OTHER).connect()
    assert world.links() == (1, 1)


def test_finds_no_device_that_has_vanished(world: World, loop: Loop) -> None:
    client = Client(loop, world)
    world.lose(ONE)
    with pytest.raises(BleakError, match="not found"):
        client.connect()


def test_shows_who_is_silent_as_long_as_there_is_a_link(world: World, loop: Loop) -> None:
    client = Client(loop, world).connect()
    loop(find(world, OTHER))
    world.remember(0)
    until(lambda: not world.shows(OTHER), "that the other has vanished")
    assert client.read(BATTERY) == b"\x64"
    client.disconnect()
    until(lambda: not world.shows(ONE), "that it has vanished, too")


@pytest.mark.parametrize(
    "happen",
    [
        lambda world: world.drop(ONE),
        lambda world: world.power(on=False),
        lambda world: world.unplug(),
        lambda world: world.terminate(),
        lambda world: world.lose(ONE),
    ],
    ids=["drop", "off", "unplug", "terminate", "lose"],
)
def test_says_that_the_link_is_lost(world: World, loop: Loop, happen: Callable[[World], None]) -> None:
    client = Client(loop, world).connect()
    happen(world)
    until(lambda: client.lost, "a callback")
    assert not client.client.is_connected
    assert world.links() == (0, 1)


def test_says_nothing_of_the_link_when_killed(world: World, loop: Loop) -> None:
    client = Client(loop, world).connect()
    world.kill()
    with pytest.raises(BleakDBusError, match="ServiceUnknown"):
        client.read(VALUE)
    world.start()
    loop(find(world, OTHER))  # so that all that was said before has been heard
    assert client.lost == 0
    assert world.links() == (0, 1)


def test_breaks_off_a_request_when_the_daemon_ends(world: World, loop: Loop) -> None:
    client = Client(loop, world).connect()
    world.misbehave("ReadValue", after=NEVER)
    reading = loop.begin(client.client.read_gatt_char(VALUE))
    until(lambda: Operation("ReadValue", VALUE) in world.operations(ONE), "the request")
    world.kill()
    with pytest.raises(BleakDBusError, match="NoReply"):
        reading.result(WITHIN)
