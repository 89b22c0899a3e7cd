"""Asking a connected thermometer: stock firmware, ATC1441's or pvvx's.

Source: the characteristics that payloads.py decodes, read or subscribed to as each allows.
Errors: a characteristic that fails, is silent, or says what cannot be, costs its own value and no other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from motes.exporters.lywsd03mmc import payloads
from motes.exporters.lywsd03mmc.payloads import Decoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol, TypeVar

    _Answer = TypeVar("_Answer")

    class Characteristic(Protocol):
        @property
        def uuid(self) -> str: ...
        @property
        def properties(self) -> Sequence[str]: ...

    class Service(Protocol):
        @property
        def uuid(self) -> str: ...
        @property
        def characteristics(self) -> Iterable[Characteristic]: ...

    class Client(Protocol):
        """What is used here of bleak's BleakClient, which takes its own characteristics only."""

        @property
        def services(self) -> Iterable[Service]: ...
        async def read_gatt_char(self, which: Any, /) -> bytes | bytearray: ...
        async def write_gatt_char(self, which: Any, data: bytes, /, response: bool) -> object: ...
        async def start_notify(self, which: Any, callback: Callable[[Any, bytearray], None], /) -> object: ...


# An interval of 500 ms, little-endian.
_SLOWER = b"\xf4\x01\x00"
# One measurement, please.
_MEASURE = b"\x33\x01"

# Seconds that a request may take: with an interval of half a second and some packets lost, it takes some.
_ANSWER = 10.0
# Stock firmware notifies every few seconds.
_FIRST_VALUE = 20.0
# Current releases of pvvx's answer at once, older ones after their next measurement, which is not worth the battery.
_VOLTAGE = 5.0


class Polled:
    """What has been told so far: values by the end of their metric's name. `error` is what went wrong last."""

    __slots__ = ("error", "firmware", "values", "version")

    def __init__(self) -> None:
        self.firmware = ""
        self.version = ""
        self.values: dict[str, float] = {}
        self.error: Exception | None = None


async def read(client: "Client", polled: Polled) -> None:
    """Ask for all there is. A value is in `polled` as soon as it has come, for the link may be lost at any time."""
    conversation = _Conversation(client, polled)
    if polled.firmware == "stock":
        await conversation.with_stock()
    else:
        await conversation.with_custom()


class _Told:
    """The first values of a characteristic that can be, whether they were read or notified."""

    def __init__(self, decode: Decoder) -> None:
        self._decode = decode
        self._came = asyncio.Event()
        self.values: dict[str, float] = {}

    def take(self, _: object, data: bytes | bytearray) -> None:
        self.values = self.values or self._decode(bytes(data))
        if self.values:
            self._came.set()

    async def wait(self) -> None:
        await self._came.wait()


class _Conversation:
    """Requests that do not fail, and do not last."""

    def __init__(self, client: "Client", polled: Polled) -> None:
        self._client = client
        self._polled = polled
        self._there: dict[str, Characteristic] = {}
        services = list(client.services)
        for each in [each for service in services for each in service.characteristics]:
            self._there.setdefault(each.uuid, each)
        polled.firmware = payloads.recognise([*self._there, *[service.uuid for service in services]])

    async def with_stock(self) -> None:
        """A longer interval spares the battery and makes all slow that comes after it, so it is asked for late."""
        await self._read_version(payloads.FIRMWARE_REVISION)
        which = self._there.get(payloads.STOCK_MEASUREMENT)
        if which is None:
            return
        told = _Told(payloads.decode_stock)
        subscribed = await self._subscribe(which, told)
        if interval := self._there.get(payloads.STOCK_INTERVAL):
            await self._write(interval, _SLOWER)
        reading = asyncio.create_task(self._read(which, told))
        try:
            await (self._attempt(told.wait(), _FIRST_VALUE) if subscribed else reading)
        finally:
            reading.cancel()
        self._keep(told)

    async def with_custom(self) -> None:
        if not await self._obtain(payloads.TEMPERATURE, payloads.decode_temperature):
            await self._obtain(payloads.TEMPERATURE_TENTHS, payloads.decode_temperature_tenths)
        await self._obtain(payloads.HUMIDITY, payloads.decode_humidity)
        await self._obtain(payloads.BATTERY, payloads.decode_battery)
        if self._polled.firmware == "pvvx":
            await self._read_version(payloads.SOFTWARE_REVISION)
            await self._measure()

    async def _obtain(self, uuid: str, decode: Decoder) -> bool:
        """Read it, or wait until it is notified where that gives nothing; say whether there is a value."""
        if which := self._there.get(uuid):
            told = _Told(decode)
            await self._read(which, told)
            if not told.values and await self._subscribe(which, told):
                await self._attempt(told.wait())
            return self._keep(told)
        return False

    async def _measure(self) -> None:
        """pvvx's firmware has the voltage nowhere else. What is known already was asked for, and stays."""
        if which := self._there.get(payloads.CUSTOM_COMMAND):
            told = _Told(payloads.decode_measurement)
            if await self._subscribe(which, told) and await self._write(which, _MEASURE):
                await self._attempt(told.wait(), _VOLTAGE)
            self._keep(told)

    def _keep(self, told: _Told) -> bool:
        self._polled.values = told.values | self._polled.values
        return bool(told.values)

    async def _read_version(self, uuid: str) -> None:
        if which := self._there.get(uuid):
            answer = await self._attempt(self._client.read_gatt_char(which))
            self._polled.version = payloads.decode_version(bytes(answer or b""))

    async def _read(self, which: "Characteristic", told: _Told) -> None:
        if "read" in which.properties:
            told.take(which, await self._attempt(self._client.read_gatt_char(which)) or b"")

    async def _subscribe(self, which: "Characteristic", told: _Told) -> bool:
        return "notify" in which.properties and await self._done(self._client.start_notify(which, told.take))

    async def _write(self, which: "Characteristic", data: bytes) -> bool:
        return await self._done(self._client.write_gatt_char(which, data, response="write" in which.properties))

    async def _done(self, request: Awaitable[object]) -> bool:
        """Whether it succeeded."""

        async def done() -> bool:
            await request
            return True

        return bool(await self._attempt(done()))

    async def _attempt(self, request: "Awaitable[_Answer]", limit: float = _ANSWER) -> "_Answer | None":
        """Its answer; None where it fails or takes too long."""
        try:
            async with asyncio.timeout(limit):
                return await request
        except Exception as error:  # noqa: BLE001 - bleak 0.20 lets AssertionError and others out of a lost link
            self._polled.error = error
            return None
