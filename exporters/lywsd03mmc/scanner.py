"""Listening for advertisements with bleak, through whatever happens to the adapter, to bluetoothd and to the bus.

A scanner can go deaf without a word: after a power cycle, a restart of bluetoothd, or an adapter that was unplugged.
So it is started anew when BlueZ changes, and when nothing was heard of any device for a while.
Errors: none that is raised; the station has the problem, and it is tried again for ever.
"""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from motes.exporters.lywsd03mmc import library_bus
from motes.exporters.lywsd03mmc.bluez import Adapter, Bluez
from motes.exporters.lywsd03mmc.frames import SERVICES
from motes.exporters.lywsd03mmc.station import Problem, Station
from motes.exporters.lywsd03mmc.thermometers import NOT_HEARD, Thermometers
from motes.shared import garbage, log
from motes.shared.backoff import Backoff
from motes.shared.readings import boottime

if TYPE_CHECKING:
    from bleak import BleakScanner
    from bleak.args.bluez import BlueZScannerArgs
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData

# Silence of every device, in seconds, after which the scanner is taken for deaf; longer where the next one is, too.
_SILENT_AFTER = 90.0
_MOST_SILENCE = 360.0
# How often to see which devices BlueZ has still, and whether all is silent.
_LOOK_EVERY = 10.0
_START_WITHIN = 30.0
_STOP_WITHIN = 3.0
_MOST_BACKOFF = 15.0
# BlueZ has such a device for good, heard or not.
_KEPT = ("Paired", "Trusted", "Blocked", "Connected")
# An adapter that comes says so several times.
_SETTLES_WITHIN = 0.5

Mode = Literal["active", "passive"]


class Scanner:
    """`adapter` is a name or an address, or empty; `scan` is auto, passive, active or off.

    `wanted` are the addresses that `find` may be asked for. With off, it scans while somebody waits for one of them,
    and what is heard is nobody's reading.
    """

    def __init__(
        self, thermometers: Thermometers, station: Station, *, adapter: str, scan: str, wanted: Iterable[str] = ()
    ) -> None:
        self._thermometers = thermometers
        self._station = station
        self._adapter = adapter
        self._scan = scan
        self._devices: dict[str, BLEDevice] = {}
        self._found = {address: asyncio.Event() for address in wanted}
        self._searches = 0
        self._needed = asyncio.Event()
        if scan != "off":
            self._needed.set()
        self._last_heard = 0.0
        self._heard_anything = False
        self._is_silent = False
        self._backoff = Backoff(1.0, _MOST_BACKOFF)
        self._patience = Backoff(_SILENT_AFTER, _MOST_SILENCE)
        # In auto, passive is given up where it hears nothing at all, and tried again where active does not either.
        self._prefers_active = False

    async def run(self) -> None:
        """For ever, until it is cancelled."""
        while True:
            await self._needed.wait()
            try:
                async with Bluez.connected() as bluez:
                    await self._serve(bluez)
            except Problem as problem:
                self._station.fails(problem)
            await asyncio.sleep(self._backoff.next())

    async def find(self, address: str, within: float) -> "BLEDevice | None":
        """A device to connect to, as soon as it is heard; None if it is not within so many seconds.

        One that BlueZ has, but nothing new of, is as good: passively, a new scanner is not told of it.
        """
        self._searches += 1
        self._needed.set()
        try:
            await asyncio.wait_for(self._found[address].wait(), within)
        except TimeoutError:
            return await _shown(address)
        finally:
            self._searches -= 1
            if self._scan == "off" and not self._searches:
                self._needed.clear()
        return self._devices.get(address)

    async def _serve(self, bluez: Bluez) -> None:
        """Listen, again and again, with one connection to the bus; Problem when that is lost."""
        while self._needed.is_set():
            try:
                await self._listen(bluez, await bluez.adapter(self._adapter))
            except Problem as problem:
                if bluez.lost:
                    raise
                self._station.fails(problem)
            await bluez.changes_within(self._backoff.next())
            await asyncio.sleep(_SETTLES_WITHIN)

    async def _listen(self, bluez: Bluez, adapter: Adapter) -> None:
        """Until there is a reason to begin anew."""
        scanner, mode = await self._start(adapter)
        self._station.listens(adapter.name, mode)
        garbage.settle()
        self._last_heard = boottime()
        self._heard_anything = False
        try:
            await self._watch(bluez, scanner, mode)
        finally:
            self._station.deaf()
            self._lose(list(self._devices))
            await _stop(scanner)

    async def _watch(self, bluez: Bluez, scanner: "BleakScanner", mode: str) -> None:
        patience = self._patience.next()
        while self._needed.is_set():
            if await bluez.changes_within(_LOOK_EVERY):
                self._patience.reset()
                return
            self._look(scanner, mode)
            if self._heard_anything:
                self._hear_again()
            silence = boottime() - self._last_heard
            if silence > patience:
                tell = log.debug if self._is_silent else log.warn
                tell("heard nothing of any device, scanner started anew", seconds=round(silence), mode=mode)
                self._is_silent = True
                self._prefers_active = mode == "passive" and not self._heard_anything
                return

    def _hear_again(self) -> None:
        self._patience.reset()
        self._backoff.reset()
        if self._is_silent:
            log.info("devices are heard again")
            self._is_silent = False

    def _look(self, scanner: "BleakScanner", mode: str) -> None:
        """At the devices that BlueZ has. It forgets those that it does not hear for half a minute."""
        there = scanner.discovered_devices_and_advertisement_data
        if mode == "passive":
            for device, advertisement in there.values():
                self._see(device, advertisement)
        self._lose([address for address in self._devices if address not in there])
        library_bus.forget()

    def _see(self, device: "BLEDevice", advertisement: "AdvertisementData") -> None:
        """Passively, BlueZ tells of a device once, and again when it says something else.

        It has all to which there ever was a connection, heard or not: those that are polled, and perhaps others.
        """
        if advertisement.rssi == NOT_HEARD:
            return
        self._last_heard = boottime()
        _, properties = advertisement.platform_data
        kept = device.address in self._found or any(properties.get(name) for name in _KEPT)
        if self._scan != "off" and not kept:
            self._thermometers.present(device.address, advertisement.service_data)

    def _lose(self, addresses: Iterable[str]) -> None:
        for address in addresses:
            del self._devices[address]
            self._found[address].clear()

    def _hear(self, device: "BLEDevice", advertisement: "AdvertisementData") -> None:
        """bleak calls this for each advertisement, and for whatever else BlueZ says of a device."""
        if advertisement.rssi == NOT_HEARD:
            return
        self._station.advertisements += 1
        self._last_heard = boottime()
        self._heard_anything = True
        if device.address in self._found:
            self._devices[device.address] = device
            self._found[device.address].set()
        if self._scan != "off":
            self._thermometers.heard(device.address, advertisement.service_data, advertisement.rssi)

    async def _start(self, adapter: Adapter) -> "tuple[BleakScanner, Mode]":
        """A scanner that has begun, and its mode; Problem without one."""
        mode = self._mode(adapter)
        try:
            return await self._begin(adapter, mode), mode
        except Problem as problem:
            if self._scan != "auto" or mode != "passive":
                raise
            log.info("passive listening failed, active is tried", err=problem)
            self._prefers_active = True
            return await self._begin(adapter, "active"), "active"

    def _mode(self, adapter: Adapter) -> Mode:
        if self._scan == "passive" and not adapter.passive:
            raise Problem("no_passive")
        if self._scan == "auto":
            return "passive" if adapter.passive and not self._prefers_active else "active"
        return "passive" if self._scan == "passive" else "active"

    async def _begin(self, adapter: Adapter, mode: Mode) -> "BleakScanner":
        from bleak import BleakScanner  # noqa: PLC0415 - megabytes, for those who have an adapter
        from bleak.assigned_numbers import AdvertisementDataType  # noqa: PLC0415

        how: BlueZScannerArgs = {"adapter": adapter.name}
        if mode == "passive":
            # BlueZ is to tell of advertisements that have service data of ours, which begin with the service's UUID.
            kind = AdvertisementDataType.SERVICE_DATA_UUID16
            how["or_patterns"] = [(0, kind, bytes.fromhex(uuid[4:8])[::-1]) for uuid in SERVICES]
        # bleak took the adapter by itself before version 1, and takes it among BlueZ's arguments since.
        scanner = BleakScanner(self._hear, scanning_mode=mode, bluez=how, adapter=adapter.name)
        try:
            await asyncio.wait_for(scanner.start(), _START_WITHIN)
        except TimeoutError:
            library_bus.hang_up()
            raise Problem("no_answer", "BlueZ does not answer") from None
        except Exception as error:  # which ones there are differs from version to version
            await _stop(scanner)
            raise _problem(error) from error
        return scanner


async def _shown(address: str) -> "BLEDevice | None":
    """A device of whose signal BlueZ knows the strength."""
    from bleak.backends.device import BLEDevice  # noqa: PLC0415

    try:
        async with Bluez.connected() as bluez:
            devices = await bluez.devices(address)
    except Problem:
        return None
    for path, properties in devices.items():
        if "RSSI" in properties:
            # bleak wanted the strength before version 1.
            return BLEDevice(address, None, {"path": path, "props": properties}, rssi=properties["RSSI"])
    return None


def _problem(error: Exception) -> Problem:
    name = "denied" if "AccessDenied" in str(error) else "failed"
    return Problem(name, f"{type(error).__name__}: {error}")


async def _stop(scanner: "BleakScanner") -> None:
    try:
        await asyncio.wait_for(scanner.stop(), _STOP_WITHIN)
    except TimeoutError:
        # For bleak it has stopped, for BlueZ it has not: it would not let us start again.
        library_bus.hang_up()
    except Exception as error:  # noqa: BLE001 - BlueZ may have forgotten it already, or be gone
        log.debug("scanner not stopped", err=f"{type(error).__name__}: {error}")
