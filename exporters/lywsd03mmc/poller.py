"""Polling thermometers: each is found, connected to, asked and left alone again, on a schedule of its own.

Errors: a poll that gives nothing is counted with one of REASONS, logged when they begin and when they end, and made
        again soon, then less and less often. Whatever does not answer is given up in time, and devices that failed
        have a place to connect of their own, so that they keep no other waiting.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from motes.exporters.lywsd03mmc import gatt, mac
from motes.shared import log
from motes.shared.backoff import Backoff

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from bleak.backends.device import BLEDevice
    from motes.exporters.lywsd03mmc.thermometers import Thermometers

    class Client(gatt.Client, Protocol):
        """What is used here of bleak's BleakClient."""

        async def connect(self) -> object: ...
        async def disconnect(self) -> object: ...

    Find = Callable[[str, float], Awaitable[BLEDevice | None]]
    # A client of a device, what to call when the link is lost, and the seconds to connect in.
    Connect = Callable[[BLEDevice, Callable[[object], None], float], Client]

REASONS = {
    "not_found": "it is not heard",
    "connect": "it cannot be connected to",
    "timeout": "it did not answer in time",
    "disconnected": "the connection was lost",
    "no_values": "it told nothing of use",
    "failed": "a defect",
}

# How many may be connected at once, of those that are well and of those whose last poll failed.
_PLACES = {True: 2, False: 1}
# Seconds to connect in, discovery of services included. Who needs more than others can wait for gets it from then on.
_CONNECTING = {True: 10.0, False: 30.0}
# bleak takes back a connection that is not made in time, for which it waits without a limit.
_TAKING_BACK = 3.0
_FINDING = 30.0
_ASKING = 30.0
# It takes BlueZ two seconds.
_DISCONNECTING = 5.0
# What stopping may cost. BlueZ finishes what it has been told.
_STOPPING = 0.4
# Between the first polls of two devices, at most.
_APART = 2.0
# From the first failure to the next poll, and after many.
_SOON, _LATE = 30.0, 600.0
# Readings outlive one poll that fails.
_LIVES, _LEAST_TTL = 2.5, 60.0


class Failure(Exception):
    """Why a poll gave nothing: one of REASONS, and the error that may tell more."""

    def __init__(self, reason: str, error: Exception | None = None) -> None:
        told = f": {type(error).__name__}: {error}" if error and str(error) else ""
        super().__init__(REASONS[reason] + told)
        self.reason = reason


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


class _Link:
    """A connection that may be lost while something waits for an answer over it."""

    def __init__(self) -> None:
        self.lost = False
        self._limit: asyncio.Timeout | None = None

    def lose(self, _: object) -> None:
        self.lost = True
        if self._limit and not self._limit.expired():
            self._limit.reschedule(0)

    async def wait_for(self, asking: Awaitable[None]) -> None:
        """TimeoutError when the link is lost, too."""
        try:
            async with asyncio.timeout(_ASKING) as self._limit:
                await asking
        finally:
            self._limit = None


def bleak_client(device: "BLEDevice", lost: Callable[[object], None], limit: float) -> "Client":
    from bleak import BleakClient  # noqa: PLC0415 - megabytes, for those who poll

    return BleakClient(device, lost, timeout=limit)


class Poller:
    """Polls devices by address, each once in so many seconds. `find` waits for a device to be heard."""

    def __init__(
        self,
        addresses: Iterable[str],
        interval: float,
        *,
        find: "Find",
        thermometers: "Thermometers",
        connect: "Connect" = bleak_client,
    ) -> None:
        self._patients = [_Patient(address, interval) for address in addresses]
        self._interval = interval
        self._find = find
        self._thermometers = thermometers
        self._connect = connect
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
        polled = gatt.Polled()
        try:
            await self._visit(patient, polled)
        except Failure as failure:
            self._fail(patient, failure)
        except Exception as error:  # noqa: BLE001 - one device's trouble is not the others'
            self._fail(patient, Failure("failed", error))
        else:
            self._succeed(patient, polled)

    async def _visit(self, patient: _Patient, polled: gatt.Polled) -> None:
        device = await self._found(patient.address)
        if patient.failing == "not_found":
            patient.backoff.reset()
        limit = _CONNECTING[patient.well]
        async with self._places[patient.well]:
            log.debug("connecting", mac=mac.compact(patient.address))
            link = _Link()
            client = self._connect(device, link.lose, limit)
            try:
                patient.slow = await _open(client, limit) > _CONNECTING[True]
                await _ask(client, link, polled)
            finally:
                # A device that stays connected is silent, and stays so when the program has ended.
                await _close(client)

    async def _found(self, address: str) -> "BLEDevice":
        within = min(_FINDING, self._interval)
        try:
            async with asyncio.timeout(within):
                device = await self._find(address, within)
        except TimeoutError:
            device = None
        if device is None:
            raise Failure("not_found")
        return device

    def _succeed(self, patient: _Patient, polled: gatt.Polled) -> None:
        if patient.failing:
            log.info("thermometer polled again", mac=mac.compact(patient.address))
        patient.failing = ""
        patient.backoff.reset()
        ttl = max(_LEAST_TTL, _LIVES * self._interval)
        self._thermometers.polled(
            patient.address, polled.values, firmware=polled.firmware, version=polled.version, ttl=ttl
        )

    def _fail(self, patient: _Patient, failure: Failure) -> None:
        if not patient.failing:
            log.warn("poll failed", mac=mac.compact(patient.address), reason=failure.reason, err=failure)
        patient.failing = failure.reason
        self._thermometers.poll_failed(patient.address, failure.reason)


async def _open(client: "Client", limit: float) -> float:
    """The seconds that it took."""
    now = asyncio.get_running_loop().time
    began = now()
    try:
        async with asyncio.timeout(limit + _TAKING_BACK):
            await client.connect()
    except TimeoutError as error:
        raise Failure("timeout", error) from error
    except Exception as error:
        raise Failure("connect", error) from error
    return now() - began


async def _ask(client: "Client", link: _Link, polled: gatt.Polled) -> None:
    """Failure when nothing at all has come."""
    try:
        await link.wait_for(gatt.read(client, polled))
    except Exception as error:  # noqa: BLE001 - what was told before counts
        polled.error = error
    if not polled.values:
        late = isinstance(polled.error, TimeoutError)
        raise Failure("disconnected" if link.lost else "timeout" if late else "no_values", polled.error)


async def _close(client: "Client") -> None:
    try:
        async with asyncio.timeout(_DISCONNECTING):
            await client.disconnect()
    except Exception as error:  # noqa: BLE001 - it may be gone, and BlueZ as well
        log.debug("not disconnected", err=f"{type(error).__name__}: {error}")


async def _stop(tasks: "list[asyncio.Task[None]]") -> None:
    """End them: the first time they disconnect, the second time they do not wait for it any longer."""
    for _ in range(2):
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_STOPPING)
