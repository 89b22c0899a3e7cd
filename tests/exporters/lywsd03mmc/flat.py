"""A flat whose thermometers are polled, in no time; and what becomes known of them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from motes.exporters.lywsd03mmc import payloads
from motes.exporters.lywsd03mmc.poller import Poller

from tests.support import instant
from tests.support.peripherals import Answer, Characteristic, Client, Service

SAID = bytes.fromhex("f8074ad60b")
VALUES = {"temperature_celsius": 20.4, "humidity_ratio": 74.0, "battery_volts": 3.03}
A, B = "A4:C1:38:00:00:0A", "A4:C1:38:00:00:0B"
Deed = Callable[[], Awaitable[object]]


def stock(measurement: Answer = SAID, connecting: Deed | None = None, disconnecting: Deed | None = None) -> Client:
    there = Characteristic(payloads.STOCK_MEASUREMENT, "read", value=measurement)
    return Client(Service(payloads.STOCK_SERVICE, there), connecting=connecting, disconnecting=disconnecting)


class Flat:
    """Thermometers by address, and what is known of them: when each was polled, and when and why one was not."""

    def __init__(self) -> None:
        self.clients: dict[str, Client] = {}
        self.absent: set[str] = set()
        self.lost: dict[str, Callable[[object], None]] = {}
        self.polls: dict[str, list[float]] = {}
        self.told: list[tuple[Mapping[str, float], str, str, float]] = []
        self.failures: dict[str, list[tuple[float, str]]] = {}
        self.most_connected = 0
        self.limits: list[float] = []
        self.left_connected: set[str] = set()

    def add(self, address: str, client: Client) -> None:
        self.clients[address] = client
        self.polls[address] = []
        self.failures[address] = []

    async def find(self, address: str, within: float) -> Any:
        if address in self.absent:
            await asyncio.sleep(within)
            return None
        return address

    async def release(self, address: str) -> bool:
        """Who was connected to before is heard again then."""
        left = address in self.left_connected
        self.left_connected.discard(address)
        if left:
            self.absent.remove(address)
        return left

    def connect(self, device: Any, lost: Callable[[object], None], limit: float) -> Client:
        self.lost[device] = lost
        self.limits.append(limit)
        self.most_connected = max(self.most_connected, 1 + sum(each.connected for each in self.clients.values()))
        return self.clients[device]

    def polled(self, address: str, values: Mapping[str, float], *, firmware: str, version: str, ttl: float) -> None:
        self.polls[address].append(instant.now())
        self.told.append((values, firmware, version, ttl))

    def poll_failed(self, address: str, reason: str) -> None:
        self.failures[address].append((round(instant.now(), 3), reason))

    def poller(self, interval: float) -> Poller:
        thermometers: Any = self
        return Poller(
            list(self.clients),
            interval,
            find=self.find,
            thermometers=thermometers,
            connect=self.connect,
            release=self.release,
        )

    def run(self, interval: float, seconds: float, meanwhile: Deed | None = None) -> None:
        """Poll for so long, while something else happens."""

        async def run() -> None:
            polling = asyncio.create_task(self.poller(interval).run())
            if meanwhile:
                await meanwhile()
            await asyncio.wait([polling], timeout=seconds - instant.now())
            polling.cancel()
            await asyncio.wait([polling])
            assert polling.cancelled()
            assert asyncio.all_tasks() == {asyncio.current_task()}

        instant.run(run())


def flat(**clients: Client) -> Flat:
    made = Flat()
    for name, client in clients.items():
        made.add({"a": A, "b": B}[name], client)
    return made
