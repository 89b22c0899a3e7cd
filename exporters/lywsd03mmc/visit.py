"""One visit to a thermometer with bleak: connect, ask, and leave it alone again.

Errors: Failure, with one of REASONS. bleak's own errors differ from version to version, so all that it raises counts.
"""

import asyncio
from collections.abc import Awaitable, Callable

from motes.exporters.lywsd03mmc import gatt
from motes.shared import log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from bleak.backends.device import BLEDevice

    class Client(gatt.Client, Protocol):
        """What is used here of bleak's BleakClient."""

        async def connect(self) -> object: ...
        async def disconnect(self) -> object: ...

    # Makes a client of a device; it is told what to call when the link is lost, and the seconds to connect in.
    Connect = Callable[[BLEDevice, Callable[[object], None], float], Client]

REASONS = {
    "not_found": "it is not heard",
    "connect": "it cannot be connected to",
    "timeout": "it did not answer in time",
    "disconnected": "the connection was lost",
    "no_values": "it told nothing of use",
    "failed": "a defect",
}

# bleak takes back a connection that is not made in time, for which it waits without a limit.
_TAKING_BACK = 3.0
_ASKING = 30.0
# It takes BlueZ two seconds.
_DISCONNECTING = 5.0


class Failure(Exception):
    """Why a poll gave nothing: one of REASONS, and the error that may tell more."""

    def __init__(self, reason: str, error: Exception | None = None) -> None:
        told = f": {type(error).__name__}: {error}" if error and str(error) else ""
        super().__init__(REASONS[reason] + told)
        self.reason = reason


def bleak_client(device: "BLEDevice", lost: Callable[[object], None], limit: float) -> "Client":
    from bleak import BleakClient  # noqa: PLC0415 - megabytes, for those who poll

    return BleakClient(device, lost, timeout=limit)


class Visit:
    """To one device, with so many seconds to connect in; `connecting` is what that took."""

    def __init__(self, device: "BLEDevice", limit: float, connect: "Connect" = bleak_client) -> None:
        self.connecting = 0.0
        self.polled = gatt.Polled()
        self._limit = limit
        self._lost = False
        self._asking: asyncio.Timeout | None = None
        self._client = connect(device, self._lose, limit)

    async def pay(self) -> gatt.Polled:
        """What it told; Failure when that is nothing at all."""
        try:
            await self._connect()
            if not any(True for _ in self._client.services):
                # Now and then BlueZ tells of services too late: https://github.com/bluez/bluez/issues/1489
                await self._disconnect()
                await self._connect()
            await self._ask()
        finally:
            # A device that stays connected is silent, and stays so when the program has ended.
            await self._disconnect()
        return self.polled

    async def _connect(self) -> None:
        now = asyncio.get_running_loop().time
        began = now()
        try:
            async with asyncio.timeout(self._limit + _TAKING_BACK):
                await self._client.connect()
        except TimeoutError as error:
            raise Failure("timeout", error) from error
        except Exception as error:
            raise Failure("connect", error) from error
        self.connecting = now() - began

    async def _ask(self) -> None:
        polled = self.polled
        try:
            await self._while_linked(gatt.read(self._client, polled))
        except Exception as error:  # noqa: BLE001 - what was told before counts
            polled.error = error
        if not polled.values:
            late = isinstance(polled.error, TimeoutError)
            raise Failure("disconnected" if self._lost else "timeout" if late else "no_values", polled.error)

    async def _while_linked(self, asking: Awaitable[None]) -> None:
        """TimeoutError when the link is lost, too: some versions of bleak go on waiting for an answer over it."""
        try:
            async with asyncio.timeout(_ASKING) as self._asking:
                await asking
        finally:
            self._asking = None

    def _lose(self, _: object) -> None:
        self._lost = True
        if self._asking and not self._asking.expired():
            self._asking.reschedule(0)

    async def _disconnect(self) -> None:
        try:
            async with asyncio.timeout(_DISCONNECTING):
                await self._client.disconnect()
        except Exception as error:  # noqa: BLE001 - it may be gone, and BlueZ as well
            log.debug("not disconnected", err=f"{type(error).__name__}: {error}")
