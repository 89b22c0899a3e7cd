"""Polling thermometers: each is found and visited on a schedule of its own.

Errors: a poll that fails is counted with its reason, logged when they begin to and when they do no longer, and made
        again soon, then less and less often. Whatever does not answer is given up in time, and devices that failed
        have a place to connect of their own, so that they keep no other waiting.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from motes.exporters.lywsd03mmc import mac
from motes.exporters.lywsd03mmc.bluez import Bluez
from motes.exporters.lywsd03mmc.station import Problem
from motes.exporters.lywsd03mmc.thermometers import LEAST_TTL
from motes.exporters.lywsd03mmc.visit import Failure, Visit, bleak_client
from motes.shared import log
from motes.shared.backoff import Backoff

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bleak.backends.device import BLEDevice
    from motes.exporters.lywsd03mmc.gatt import Polled
    from motes.exporters.lywsd03mmc.thermometers import Thermometers
    from motes.exporters.lywsd03mmc.visit import Connect

    # A device by its address, as soon as it is heard, within so many seconds.
    Find = Callable[[str, float], Awaitable[BLEDevice | None]]
    Release = Callable[[str], Awaitable[bool]]

# How many may be connected at once, of those that are well and of those whose last poll failed.
_PLACES = {True: 2, False: 1}
# Seconds to connect in, discovery of services included. Who needs more than others can wait for gets it from then on.
_CONNECTING = {True: 10.0, False: 30.0}
_FINDING = 30.0
# What finding may take besides, where a device is not heard and BlueZ is asked for it.
_LOOKING = 5.0
# Between the first polls of two devices, at most.
_APART = 2.0
# From the first failure to the next poll, and after many.
_SOON, _LATE = 30.0, 600.0
# Readings outlive one poll that fails.
_LIVES = 2.5
# What stopping may cost. BlueZ finishes what it has been told.
_STOPPING = 0.4


class _Patient:
    """A device, the reason why its last poll failed, if it did, and whether connecting takes it long."""

    def __init__(self, address: str, interval: float) -> None:
        self.address = address
        self.failing = ""
        self.slow = False
        self.backoff = Backoff(min(interval, _SOON), max(interval, _LATE))

    @property
    def well(self) -> bool:
        return not self.slow and self.failing in ("", "not_found")


async def release(address: str) -> bool:
    """End a connection that BlueZ has to a device, by which it is silent; whether there was one."""
    try:
        async with Bluez.connected() as bluez:
            return await bluez.disconnect(address)
    except Problem:
        return False


class Poller:
    """Polls devices by address, each once in so many seconds."""

    def __init__(
        self,
        addresses: Iterable[str],
        interval: float,
        *,
        find: "Find",
        thermometers: "Thermometers",
        connect: "Connect" = bleak_client,
        release: "Release" = release,
    ) -> None:
        self._patients = [_Patient(address, interval) for address in addresses]
        self._interval = interval
        self._find = find
        self._thermometers = thermometers
        self._connect = connect
        self._release = release
        self._places = {well: asyncio.Semaphore(number) for well, number in _PLACES.items()}

    async def run(self) -> None:
        """For ever, until it is cancelled."""
        apart = min(_APART, self._interval / max(1, len(self._patients)))
        tasks = [asyncio.create_task(self._attend(each, nth * apart)) for nth, each in enumerate(self._patients)]
        try:
            # Nothing but a defect ends one of them.
            await asyncio.gather(*map(asyncio.shield, tasks))
        finally:
            await _stop(tasks)

    async def _attend(self, patient: _Patient, delay: float) -> None:
        """Poll one device again and again, at times that do not depend on how long it takes."""
        now = asyncio.get_running_loop().time
        due = now() + delay
        while True:
            await asyncio.sleep(due - now())
            await self._poll(patient)
            due = max(due + self._interval, now())
            if patient.failing:
                pause = patient.backoff.next()
                due = now() + (min(pause, self._interval) if patient.failing == "not_found" else pause)

    async def _poll(self, patient: _Patient) -> None:
        try:
            polled = await self._visit(patient)
        except Failure as failure:
            self._fail(patient, failure)
        except Exception as error:  # noqa: BLE001 - one device's trouble is not the others'
            self._fail(patient, Failure("failed", error))
        else:
            self._succeed(patient, polled)

    async def _visit(self, patient: _Patient) -> "Polled":
        device = await self._found(patient.address)
        if patient.failing == "not_found":
            patient.backoff.reset()
        limit = _CONNECTING[patient.well]
        async with self._places[patient.well]:
            log.debug("connecting", mac=mac.compact(patient.address))
            visit = Visit(device, limit, self._connect)
            polled = await visit.pay()
        patient.slow = visit.connecting > _CONNECTING[True]
        return polled

    async def _found(self, address: str) -> "BLEDevice":
        device = await self._heard(address)
        if device is None and await self._release(address):
            # An earlier run was killed while it was connected: BlueZ goes on for it.
            log.info("connection ended that was left", mac=mac.compact(address))
            device = await self._heard(address)
        if device is None:
            raise Failure("not_found")
        return device

    async def _heard(self, address: str) -> "BLEDevice | None":
        within = min(_FINDING, self._interval)
        try:
            async with asyncio.timeout(within + _LOOKING):
                return await self._find(address, within)
        except TimeoutError:
            return None

    def _succeed(self, patient: _Patient, polled: "Polled") -> None:
        if patient.failing:
            log.info("thermometer polled again", mac=mac.compact(patient.address))
        patient.failing = ""
        patient.backoff.reset()
        ttl = max(LEAST_TTL, _LIVES * self._interval)
        self._thermometers.polled(
            patient.address, polled.values, firmware=polled.firmware, version=polled.version, ttl=ttl
        )

    def _fail(self, patient: _Patient, failure: Failure) -> None:
        if not patient.failing:
            log.warn("poll failed", mac=mac.compact(patient.address), reason=failure.reason, err=failure)
        patient.failing = failure.reason
        self._thermometers.poll_failed(patient.address, failure.reason)


async def _stop(tasks: "list[asyncio.Task[None]]") -> None:
    """End them: the first time they disconnect, the second time they do not wait for it any longer."""
    for _ in range(2):
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_STOPPING)
