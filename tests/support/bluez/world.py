"""All that a test may do: to the machine, to bluetoothd, to the air, and to the thermometers in it.

The world outlives bluetoothd: thermometers, what they were asked, and what is arranged to go wrong stay over restarts.
"""

import asyncio
import math
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from tests.support.bluez.daemon import Daemon
from tests.support.bluez.device import Advertisement, Device
from tests.support.bluez.faults import Fault, Faults
from tests.support.bluez.peers import Characteristic, Operation, Peers, full


@dataclass
class _Plugged:
    address: str
    powered: bool
    monitors: bool


class World:
    """Its public methods are called from the test's process: what they take and return must pickle."""

    def __init__(self, bus: str) -> None:
        self._bus = bus
        self._plugged: dict[str, _Plugged] = {}
        self._faults = Faults()
        self._peers = Peers()
        self._daemon: Daemon | None = None
        self._unfinished: Awaitable[None] | None = None
        self._flood: asyncio.Task[None] | None = None
        self._sent = 0

    async def settled(self) -> None:
        """Wait until what the last method began is done, and the bus has all that is said of it."""
        unfinished, self._unfinished = self._unfinished, None
        if unfinished:
            await unfinished
        if self._daemon and self._daemon.alive:
            await self._daemon.flushed()

    # The machine

    def plug(self, adapter: str, address: str, *, powered: bool = True, monitors: bool = True) -> None:
        """An adapter; passive scanning needs `monitors`, which bluetoothd has with --experimental only."""
        self._plugged[adapter] = _Plugged(address, powered, monitors)
        if self._daemon and self._daemon.alive:
            self._daemon.plug(adapter, address, powered=powered, monitors=monitors)

    def unplug(self, adapter: str = "hci0") -> None:
        del self._plugged[adapter]
        if self._daemon and self._daemon.alive:
            self._daemon.unplug(adapter)

    def power(self, *, on: bool, adapter: str = "hci0") -> None:
        self._plugged[adapter].powered = on
        if self._daemon and self._daemon.alive:
            self._daemon.adapters[adapter].power(on=on)

    # The daemon

    def start(self) -> None:
        self._unfinished = self._start()

    def terminate(self) -> None:
        """SIGTERM: objects are removed."""
        self._unfinished = self._running().end()

    def kill(self) -> None:
        """SIGKILL: nothing more is said."""
        self._running().die()

    def misbehave(
        self,
        member: str,
        *,
        address: str = "",
        uuid: str = "",
        error: str = "",
        text: str = "",
        after: float = 0,
        times: float = math.inf,
    ) -> None:
        """From now on, calls of this method ("*": of any) are late by so many seconds (`NEVER`: are not answered).

        With `error`, a name like "org.bluez.Error.Failed", they are refused then.
        """
        self._faults.add(Fault(member, address, full(uuid) if uuid else "", error, text, after, times))

    def behave(self) -> None:
        self._faults.clear()

    # The air

    def advertise(
        self, address: str, data: Mapping[str, bytes], *, rssi: int = -60, name: str = "", adapter: str = "hci0"
    ) -> bool:
        """One advertisement with data of services, by their UUIDs, four digits or all. Whether anybody listened."""
        heard = Advertisement(address, {full(uuid): value for uuid, value in data.items()}, rssi, name)
        return self._running().adapters[adapter].hear(heard)

    def listeners(self, adapter: str = "hci0") -> int:
        """How many scan there. A passive scan counts from when its monitor is known, a moment after its start."""
        return self._running().adapters[adapter].listeners

    def shows(self, address: str, adapter: str = "hci0") -> bool:
        """Whether there is an object for it."""
        return address in self._running().adapters[adapter].devices

    def remember(self, seconds: float) -> None:
        """How long a device is shown after its last advertisement."""
        self._peers.lost_after = seconds

    def lose(self, address: str, adapter: str = "hci0") -> None:
        """As if it had been silent for so long."""
        self._running().adapters[adapter].lose(self._device(address, adapter))

    def flood(self, advertisements: Sequence[tuple[str, Mapping[str, bytes]]], rate: float, seconds: float) -> None:
        """These, over and over, so many a second, for so long. `flooded` tells how it goes."""
        heard = [
            Advertisement(address, {full(uuid): value for uuid, value in data.items()}, -60, "")
            for address, data in advertisements
        ]
        self._sent = 0
        self._flood = asyncio.ensure_future(self._pour(heard, rate, seconds))

    def flooded(self) -> tuple[int, bool]:
        """How many were sent, and whether that was all. An error that ended it is raised."""
        assert self._flood is not None, "no flood was ordered"
        if self._flood.done():
            self._flood.result()
        return self._sent, self._flood.done()

    # The thermometers

    def pair(self, address: str, adapter: str = "hci0") -> None:
        """It is known, and stays so, from the next start of the daemon or plugging of the adapter on."""
        self._peers.get(address).paired = adapter

    def offer(self, address: str, service: str, uuid: str, flags: Sequence[str], value: bytes = b"") -> None:
        """A characteristic, for the next who connects. Flags: read, write, write-without-response, notify."""
        made = Characteristic(full(service), full(uuid), tuple(flags), value)
        self._peers.get(address).characteristics.append(made)

    def set_value(self, address: str, uuid: str, value: bytes) -> None:
        """What is read from now on."""
        self._peers.get(address).characteristic(uuid).value = value

    def notify(self, address: str, uuid: str, value: bytes, adapter: str = "hci0") -> bool:
        """Whether there was a link, and a subscription."""
        device = self._running().adapters[adapter].devices.get(address)
        return device is not None and device.notify(uuid, value)

    def drop(self, address: str, adapter: str = "hci0") -> None:
        """The thermometer ends the link."""
        self._device(address, adapter).unlink()

    def operations(self, address: str) -> list[Operation]:
        """What it was asked, in order, also what has got no answer."""
        return self._peers.get(address).operations

    def links(self) -> tuple[int, int]:
        """How many there are, and how many there were at most at one time."""
        return self._peers.linked, self._peers.most_linked

    async def _start(self) -> None:
        if self._daemon:
            self._daemon.die()  # it may have been left without a bus
        daemon = Daemon(self._bus, self._faults, self._peers)
        await daemon.start()
        for name, plugged in self._plugged.items():
            daemon.plug(name, plugged.address, powered=plugged.powered, monitors=plugged.monitors)
        self._daemon = daemon

    def _running(self) -> Daemon:
        assert self._daemon is not None, "the daemon was never started"
        return self._daemon

    def _device(self, address: str, adapter: str) -> Device:
        return self._running().adapters[adapter].devices[address]

    async def _pour(self, heard: Sequence[Advertisement], rate: float, seconds: float) -> None:
        daemon = self._running()
        adapter = daemon.adapters["hci0"]
        now = asyncio.get_running_loop().time
        began = now()
        for advertisement in cycle(heard):
            if now() >= began + seconds:
                break
            while self._sent >= (now() - began) * rate:
                await daemon.flushed()
                await asyncio.sleep(0.005)
            adapter.hear(advertisement)
            self._sent += 1
