"""LYWSD03MMC thermometers on the air, with the services and characteristics that each firmware has.

Values are bytes, as they are read and notified; a subscriber is told them twice a second.
"""

import asyncio
from collections.abc import Mapping
from struct import pack

from bumble.core import UUID, AdvertisingData
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address, OwnAddressType
from bumble.host import Host

from tests.support.bluetoothd.air import Air, Radio

_VENDOR = "ebe0{}-7a0a-4b0c-8a1a-6ff2997da3a6"
_PROPERTIES = Characteristic.Properties
_R, _W = _PROPERTIES.READ, _PROPERTIES.WRITE
_N, _C = _PROPERTIES.NOTIFY, _PROPERTIES.WRITE_WITHOUT_RESPONSE
_GATT = {"2a05": (_PROPERTIES.INDICATE, b"")}
# Custom firmware takes commands there; pvvx's answers this one with a measurement.
_COMMAND, _MEASURE = "1f1f", b"\x33"
_BETWEEN = 0.5  # seconds from one notification to the next
_ADVERTISING = 100  # milliseconds from one advertisement to the next

# By service and characteristic: what can be done with it, and its value. Names are short, "2a1f" or "ccc1".
Services = Mapping[str, Mapping[str, tuple[_PROPERTIES, bytes]]]

STOCK: Services = {
    "1801": _GATT,
    "180a": {"2a24": (_R, b"LYWSD03MMC"), "2a26": (_R, b"1.0.0_0130"), "2a27": (_R, b"B1.4")},
    "180f": {"2a19": (_R | _N, bytes([99]))},
    "ccb0": {
        "ccb7": (_R | _W, bytes(4)),
        "ccbe": (_R | _W, bytes(1)),
        "ccc1": (_R | _N, pack("<hBH", 2788, 67, 3016)),
        "ccc4": (_R, bytes([100])),
        "ccd8": (_W, b""),
    },
}
ATC1441: Services = {
    "1801": _GATT,
    "180f": {"2a19": (_R | _N, bytes([83]))},
    "181a": {"2a1f": (_R | _N, pack("<h", -45)), "2a6f": (_R | _N, pack("<H", 4700))},
    "1f10": {_COMMAND: (_N | _C, b"")},
}
PVVX: Services = {
    "1801": _GATT,
    "180a": {
        "2a24": (_R, b"LYWSD03MMC"),
        "2a26": (_R, b"github.com/pvvx"),
        "2a27": (_R, b"B1.4"),
        "2a28": (_R, b"V4.7"),
        "2a29": (_R, b"miaomiaoce.com"),
    },
    "180f": {"2a19": (_R | _N, bytes([83]))},
    "181a": {
        "2a1f": (_R | _N, pack("<h", -45)),
        "2a6e": (_R | _N, pack("<h", -453)),
        "2a6f": (_R | _N, pack("<H", 4712)),
    },
    "1f10": {_COMMAND: (_R | _N | _C, pack("<BHhHHBI", 0x33, 2912, -453, 4712, 7, 4, 0))},
}


class Thermometer:
    """On the air from its first advertisement. `written` is what others wrote, `connections` how often they came."""

    def __init__(self, air: Air, address: str, name: str, services: Services) -> None:
        self.address = address
        self.written: list[tuple[str, bytes]] = []
        self.connections = 0
        self.values = {short: value for each in services.values() for short, (_, value) in each.items()}
        self._air = air
        self._told: list[Characteristic[bytes]] = []
        self._answers: asyncio.Future[None] | None = None
        air.do(self._make(name, services))

    @property
    def mac(self) -> str:
        return self.address.replace(":", "")

    @property
    def connected(self) -> bool:
        return bool(self._device.connections)

    def advertise(self, service: str, data: bytes) -> None:
        """Send this as the data of a service from now on; while connected, afterwards."""
        self._air.do(self._advertise(service, data))

    def hush(self) -> None:
        """Advertise no longer, so that nobody can connect, either."""
        self._air.do(self._device.stop_advertising())

    def drop(self) -> None:
        """Let go of whoever is connected."""
        self._air.do(self._drop())

    async def _make(self, name: str, services: Services) -> None:
        self.radio = Radio(self._air.ether, self.address)
        host = Host()
        host.controller = self.radio
        address = Address(self.address, Address.PUBLIC_DEVICE_ADDRESS)
        # bumble's own service has a hash of what there is, which these do not have, and by which BlueZ saves asking.
        self._device = Device(config=DeviceConfiguration(name, address, gatt_service_enabled=False), host=host)
        for service, held in services.items():
            made = [self._characteristic(short, properties) for short, (properties, _) in held.items()]
            self._device.add_service(Service(_uuid(service), made))
        self._device.scan_response_data = bytes(AdvertisingData([(AdvertisingData.COMPLETE_LOCAL_NAME, name.encode())]))
        self._device.on(Device.EVENT_CONNECTION, self._connected)
        await self._device.power_on()

    def _characteristic(self, short: str, properties: _PROPERTIES) -> "Characteristic[bytes]":
        def read(_: Connection) -> bytes:
            return self.values[short]

        def write(connection: Connection, value: bytes) -> None:
            self.written.append((short, value))
            if short == _COMMAND and value.startswith(_MEASURE):
                self._answers = asyncio.ensure_future(self._answer(made, value))

        permissions = Characteristic.READABLE | Characteristic.WRITEABLE
        value = CharacteristicValue(read, write)
        made: Characteristic[bytes] = Characteristic(_uuid(short), properties, permissions, value)
        if properties & _N and short != _COMMAND:
            self._told.append(made)
        return made

    def _connected(self, connection: Connection) -> None:
        self.connections += 1
        notifying = asyncio.ensure_future(self._notify())
        connection.on(Connection.EVENT_DISCONNECTION, lambda _: notifying.cancel())

    async def _notify(self) -> None:
        while True:
            await asyncio.sleep(_BETWEEN)
            for characteristic in self._told:
                await self._device.notify_subscribers(characteristic)

    async def _answer(self, characteristic: "Characteristic[bytes]", command: bytes) -> None:
        """A command, which is acknowledged first."""
        for value in (command, self.values[_COMMAND]):
            await self._device.notify_subscribers(characteristic, value)

    async def _advertise(self, service: str, data: bytes) -> None:
        told = bytes.fromhex(service)[::-1] + data
        self._device.advertising_data = bytes(
            AdvertisingData([(AdvertisingData.FLAGS, b"\x06"), (AdvertisingData.SERVICE_DATA_16_BIT_UUID, told)])
        )
        if not self.connected:
            await self._device.start_advertising(
                own_address_type=OwnAddressType.PUBLIC,
                auto_restart=True,
                advertising_interval_min=_ADVERTISING,
                advertising_interval_max=_ADVERTISING,
            )

    async def _drop(self) -> None:
        for connection in list(self._device.connections.values()):
            await connection.disconnect()


def stock(air: Air, address: str) -> Thermometer:
    return Thermometer(air, address, "LYWSD03MMC", STOCK)


def atc1441(air: Air, address: str) -> Thermometer:
    return Thermometer(air, address, _custom(address), ATC1441)


def pvvx(air: Air, address: str) -> Thermometer:
    return Thermometer(air, address, _custom(address), PVVX)


def _custom(address: str) -> str:
    return "ATC_" + address.replace(":", "")[6:]


def _uuid(short: str) -> UUID:
    return UUID(_VENDOR.format(short) if short.startswith("cc") else short)
