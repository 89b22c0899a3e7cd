"""Clients as bleak has them, of thermometers that do what a test wants: nothing is sent anywhere."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

# An answer, or what makes one: it may take its time, or fail.
Answer = bytes | Callable[[], Awaitable[bytes]]


class Characteristic:
    def __init__(self, uuid: str, *properties: str, value: Answer = b"") -> None:
        self.uuid = uuid
        self.properties = properties
        self.value = value


class Service:
    def __init__(self, uuid: str, *characteristics: Characteristic) -> None:
        self.uuid = uuid
        self.characteristics = characteristics


async def hang() -> bytes:
    await asyncio.get_running_loop().create_future()
    raise AssertionError


async def refuse() -> bytes:
    raise RuntimeError("no")


def after(seconds: float, value: bytes) -> Callable[[], Awaitable[bytes]]:
    async def answer() -> bytes:
        await asyncio.sleep(seconds)
        return value

    return answer


class Client:
    """`did` is what was asked of it, in order. `notifies` has, by characteristic, values with the seconds until then.

    Notifications begin with the subscription, or with what is written to the same characteristic where it is in
    `commanded`. `connecting` is what connecting does.
    """

    def __init__(
        self,
        *services: Service,
        notifies: Mapping[str, Iterable[tuple[float, bytes]]] | None = None,
        commanded: Sequence[str] = (),
        connecting: Callable[[], Awaitable[object]] | None = None,
        disconnecting: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self.services = services
        self.did: list[tuple[object, ...]] = []
        self.connected = False
        self._notifies = notifies or {}
        self._commanded = commanded
        self._connecting = connecting
        self._disconnecting = disconnecting
        self._callbacks: dict[str, Callable[[object, bytearray], None]] = {}

    async def connect(self) -> None:
        self.did.append(("connect",))
        if self._connecting:
            await self._connecting()
        self.connected = True

    async def disconnect(self) -> None:
        self.did.append(("disconnect",))
        if self._disconnecting:
            await self._disconnecting()
        self.connected = False

    async def read_gatt_char(self, which: Characteristic, /) -> bytearray:
        self.did.append(("read", which.uuid))
        assert "read" in which.properties
        return bytearray(which.value if isinstance(which.value, bytes) else await which.value())

    async def write_gatt_char(self, which: Characteristic, data: bytes, /, response: bool) -> None:
        self.did.append(("write", which.uuid, data, response))
        assert ("write" if response else "write-without-response") in which.properties
        if not isinstance(which.value, bytes):
            await which.value()
        self._notify(which.uuid)

    async def start_notify(self, which: Characteristic, callback: Callable[[object, bytearray], None], /) -> None:
        self.did.append(("subscribe", which.uuid))
        assert "notify" in which.properties
        self._callbacks[which.uuid] = callback
        if which.uuid not in self._commanded:
            self._notify(which.uuid)

    def _notify(self, uuid: str) -> None:
        for seconds, value in self._notifies.get(uuid, ()):
            asyncio.get_running_loop().call_later(seconds, self._callbacks[uuid], None, bytearray(value))
