"""A device as bluetoothd shows it: org.bluez.Device1, and below it, while there is a link, its services.

What bluetoothd 5.66 was seen to do: data of a service stays until it is replaced, and data of others beside it;
a device goes 30 s after its last advertisement, its RSSI a moment before it; one that is paired stays.
"""

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

from dbus_fast import Message, Variant

from tests.support.bluez.objects import NOTHING, Answer, Failure, Objects, Properties, unknown
from tests.support.bluez.peers import Characteristic, Operation, Peer, Peers, full

DEVICE = "org.bluez.Device1"
SERVICE = "org.bluez.GattService1"
CHARACTERISTIC = "org.bluez.GattCharacteristic1"
ERROR = "org.bluez.Error"
_OF_THE_SIG = full("")[4:]


class Advertisement(NamedTuple):
    address: str
    data: dict[str, bytes]  # of a service, by its full UUID
    rssi: int
    name: str

    def structures(self) -> Iterator[tuple[int, bytes]]:
        """Type and content of what is in the packet. Core Specification Supplement, part A, 1.2 and 1.11."""
        yield 0x09, self.name.encode()
        for uuid, data in self.data.items():
            if uuid == full(uuid[4:8]):
                yield 0x16, bytes.fromhex(uuid[4:8])[::-1] + data
            else:
                yield 0x21, bytes.fromhex(uuid.replace("-", ""))[::-1] + data


class Device:
    def __init__(self, objects: Objects, adapter: str, peer: Peer, peers: Peers) -> None:
        self.path = f"{adapter}/dev_{peer.address.replace(':', '_')}"
        self.linked = False
        self.peer = peer
        self._adapter = adapter
        self._objects = objects
        self._peers = peers
        self._data: dict[str, bytes] = {}
        self._rssi: int | None = None
        self._name = ""
        self._heard = 0.0
        self._characteristics: dict[str, Characteristic] = {}

    def show(self, first: Properties) -> None:
        """All at once: clients hear of a new device together with what it says."""
        self._objects.add(self.path, {DEVICE: self._first_properties() | first})

    @property
    def forgotten(self) -> bool:
        """Whether it is to go: neither heard of for long, nor linked, nor paired."""
        silent = _now() - self._heard
        return silent > self._peers.lost_after and not self.linked and not self.peer.paired

    def hear(self, heard: Advertisement, least_change: int) -> Properties:
        """What is new: other data, or a signal at least so much stronger or weaker."""
        self._heard = _now()
        changed: Properties = {}
        if any(self._data.get(uuid) != data for uuid, data in heard.data.items()):
            self._data.update(heard.data)
            changed["ServiceData"] = Variant("a{sv}", {uuid: Variant("ay", data) for uuid, data in self._data.items()})
        if self._rssi is None or abs(heard.rssi - self._rssi) >= least_change:
            self._rssi = heard.rssi
            changed["RSSI"] = Variant("n", heard.rssi)
        if heard.name != self._name:
            self._name = heard.name
            changed |= {"Name": Variant("s", heard.name), "Alias": Variant("s", heard.name)}
        return changed

    def change(self, changed: Properties) -> None:
        if changed:
            self._objects.change(self.path, DEVICE, changed)

    def fade(self) -> None:
        """Nobody listens any more, or it has not been heard for long."""
        if self._rssi is not None:
            self._rssi = None
            self._objects.change(self.path, DEVICE, {}, ("RSSI",))

    def remove(self) -> None:
        self.unlink()
        self.fade()
        self._objects.remove(self.path)

    def link(self) -> None:
        if self.linked:
            return
        self.linked = True
        self._peers.link()
        self._objects.change(self.path, DEVICE, {"Connected": Variant("b", True)})
        self._show_services()
        self._objects.change(self.path, DEVICE, {"ServicesResolved": Variant("b", True)})

    def unlink(self) -> None:
        if not self.linked:
            return
        self.linked = False
        self._heard = _now()
        self._peers.unlink()
        no = Variant("b", False)
        self._objects.change(self.path, DEVICE, {"ServicesResolved": no, "Connected": no})
        for path, characteristic in self._characteristics.items():
            characteristic.notifying = False
            self._objects.remove(path.rpartition("/")[0])
        self._characteristics.clear()

    def uuid(self, path: str) -> str:
        """Of the characteristic at this path; "" where there is none."""
        characteristic = self._characteristics.get(path)
        return characteristic.uuid if characteristic else ""

    def notify(self, uuid: str, value: bytes) -> bool:
        """Whether anybody was told."""
        found = [(path, known) for path, known in self._characteristics.items() if known.uuid == full(uuid)]
        for path, characteristic in found:
            if characteristic.notifying:
                self._say_value(path, value)
                return True
        return False

    def record(self, call: Message) -> None:
        """What is asked, whatever becomes of it."""
        uuid = self.uuid(call.path or "")
        match call.interface, call.body:
            case "org.bluez.GattCharacteristic1", [bytes(value), dict(how)]:
                self.peer.operations.append(Operation(call.member or "", uuid, value, how["type"].value))
            case "org.bluez.GattCharacteristic1" | "org.bluez.Device1", _:
                self.peer.operations.append(Operation(call.member or "", uuid))

    def answer(self, call: Message) -> Answer:
        """To a call of Device1."""
        if call.member not in ("Connect", "Disconnect"):
            raise unknown(call)
        if call.member == "Connect":
            self.link()
        else:
            # bluetoothd answers first, and bleak 0.20, which hangs up at the news, relies on it.
            asyncio.get_running_loop().call_soon(self.unlink)
        return NOTHING

    def answer_characteristic(self, call: Message) -> Answer:
        path = call.path or ""
        characteristic = self._characteristics[path]
        match call.member, call.body:
            case "ReadValue", [dict()]:
                return self._read(path, characteristic)
            case "WriteValue", [bytes(), dict(how)]:
                return _written(characteristic, how["type"].value)
            case "StartNotify", []:
                return self._set_notifying(path, characteristic, notifying=True)
            case "StopNotify", []:
                return self._set_notifying(path, characteristic, notifying=False)
        raise unknown(call)

    def _read(self, path: str, characteristic: Characteristic) -> Answer:
        if "read" not in characteristic.flags:
            raise Failure(f"{ERROR}.NotPermitted", "Read not permitted")
        # bluetoothd tells everybody of a value that one has read.
        self._say_value(path, characteristic.value)
        return "ay", [characteristic.value]

    def _set_notifying(self, path: str, characteristic: Characteristic, *, notifying: bool) -> Answer:
        if "notify" not in characteristic.flags:
            raise Failure(f"{ERROR}.NotSupported", "Operation is not supported")
        characteristic.notifying = notifying
        self._objects.change(path, CHARACTERISTIC, {"Notifying": Variant("b", notifying)})
        return NOTHING

    def _say_value(self, path: str, value: bytes) -> None:
        self._objects.change(path, CHARACTERISTIC, {"Value": Variant("ay", value)})

    def _show_services(self) -> None:
        services = list(dict.fromkeys(known.service for known in self.peer.characteristics))
        for number, service in enumerate(services, start=1):
            path = f"{self.path}/service{number * 256:04x}"
            self._objects.add(path, {SERVICE: _service_properties(service, self.path)})
            inside = [known for known in self.peer.characteristics if known.service == service]
            for handle, characteristic in enumerate(inside, start=number * 256 + 1):
                below = f"{path}/char{handle:04x}"
                self._characteristics[below] = characteristic
                self._objects.add(below, {CHARACTERISTIC: _characteristic_properties(characteristic, path)})

    def _first_properties(self) -> Properties:
        """What there is before anything was heard: a device without a name is called by its address."""
        booleans = ("Paired", "Bonded", "Trusted", "Blocked", "LegacyPairing", "Connected", "ServicesResolved")
        properties = {name: Variant("b", False) for name in booleans}
        properties |= {name: Variant("b", bool(self.peer.paired)) for name in ("Paired", "Bonded")}
        return properties | {
            "Address": Variant("s", self.peer.address),
            "AddressType": Variant("s", "public"),
            "Alias": Variant("s", self.peer.address.replace(":", "-")),
            "Adapter": Variant("o", self._adapter),
            "UUIDs": Variant("as", []),
        }


def _written(characteristic: Characteristic, manner: str) -> Answer:
    if {"request": "write", "command": "write-without-response"}[manner] not in characteristic.flags:
        raise Failure(f"{ERROR}.NotPermitted", "Write not permitted")
    return NOTHING


def _service_properties(uuid: str, device: str) -> Properties:
    return {"UUID": Variant("s", uuid), "Device": Variant("o", device), "Primary": Variant("b", True)}


def _characteristic_properties(characteristic: Characteristic, service: str) -> Properties:
    return {
        "UUID": Variant("s", characteristic.uuid),
        "Service": Variant("o", service),
        "Value": Variant("ay", b""),
        "Flags": Variant("as", list(characteristic.flags)),
        "Notifying": Variant("b", False),
        "MTU": Variant("q", 23),
    }


def _now() -> float:
    return asyncio.get_running_loop().time()
