"""An adapter as bluetoothd shows it: org.bluez.Adapter1, perhaps AdvertisementMonitorManager1, and its devices.

What bluetoothd 5.66 was seen to do: an active scan ends with the power and stays ended; monitors of a passive one
stay. While anybody scans actively every advertisement is told, as its signal; otherwise one that a monitor matches,
and only what changed in it, the signal by 8 dB.
"""

from dbus_fast import Message, Variant

from tests.support.bluez.device import ERROR, Advertisement, Device
from tests.support.bluez.objects import NOTHING, Answer, Failure, Objects, Properties, unknown
from tests.support.bluez.peers import Peers

ADAPTER = "org.bluez.Adapter1"
MONITORS = "org.bluez.AdvertisementMonitorManager1"
MONITOR = "org.bluez.AdvertisementMonitor1"
_PASSIVE_LEAST_CHANGE = 8

Pattern = tuple[int, int, bytes]  # where it begins, type of the structure, content


class Adapter:
    def __init__(
        self, objects: Objects, peers: Peers, name: str, address: str, *, powered: bool, monitors: bool
    ) -> None:
        self.path = f"/org/bluez/{name}"
        self.devices: dict[str, Device] = {}
        self._objects = objects
        self._peers = peers
        self._powered = powered
        self._scanning: set[str] = set()  # who wants an active scan
        self._monitors: dict[tuple[str, str], list[Pattern]] = {}  # by who it is, and where it is his
        interfaces = {ADAPTER: _properties(name, address, powered=powered)}
        if monitors:
            interfaces[MONITORS] = {"SupportedMonitorTypes": Variant("as", ["or_patterns"])}
            interfaces[MONITORS]["SupportedFeatures"] = Variant("as", [])
        self._objects.add(self.path, interfaces)
        for peer in peers.paired(name):
            self.devices[peer.address] = Device(objects, self.path, peer, peers)
            self.devices[peer.address].show({})

    @property
    def listeners(self) -> int:
        return len(self._scanning) + sum(bool(patterns) for patterns in self._monitors.values())

    def power(self, *, on: bool) -> None:
        changed = {"Powered": Variant("b", on)}
        if not on:
            self._forget_all()
        if not on and self._scanning:
            self._scanning.clear()
            changed["Discovering"] = Variant("b", False)
        self._powered = on
        self._objects.change(self.path, ADAPTER, changed)

    def remove(self) -> None:
        for device in self.devices.values():
            device.remove()
        self._objects.remove(self.path)

    def leave(self, client: str) -> None:
        """A client has gone; links that it asked for stay."""
        self._scanning.discard(client)
        self._monitors = {whose: patterns for whose, patterns in self._monitors.items() if whose[0] != client}

    def monitor(self, client: str, path: str, patterns: list[Pattern]) -> None:
        """A client shows a monitor that it has registered."""
        if (client, path) in self._monitors:
            self._monitors[client, path] = patterns

    def hear(self, heard: Advertisement) -> bool:
        """Whether anybody wanted to know."""
        if not self._powered or not (self._scanning or self._matches(heard)):
            return False
        device = self.devices.get(heard.address)
        if device is not None:
            device.change(device.hear(heard, 0 if self._scanning else _PASSIVE_LEAST_CHANGE))
            return True
        self.devices[heard.address] = device = Device(
            self._objects, self.path, self._peers.get(heard.address), self._peers
        )
        device.show(device.hear(heard, 0))
        return True

    def sweep(self) -> None:
        """Let go of whom nobody has heard for long."""
        for device in [device for device in self.devices.values() if device.forgotten]:
            self.lose(device)

    def lose(self, device: Device) -> None:
        if self.devices.pop(device.peer.address, None):
            device.remove()

    def answer(self, call: Message) -> Answer:
        """To a call of Adapter1, or of its manager of monitors."""
        match call.member, call.body:
            case "SetDiscoveryFilter", [dict()]:
                pass
            case "StartDiscovery", []:
                self._start(call.sender or "")
            case "StopDiscovery", []:
                self._stop(call.sender or "")
            case "RemoveDevice", [str(path)]:
                self._remove_device(path)
            case "RegisterMonitor", [str(path)]:
                self._register(call.sender or "", path)
            case "UnregisterMonitor", [str(path)]:
                self._unregister(call.sender or "", path)
            case _:
                raise unknown(call)
        return NOTHING

    def _matches(self, heard: Advertisement) -> bool:
        structures = list(heard.structures())
        return any(
            type == kind and content[start : start + len(wanted)] == wanted
            for patterns in self._monitors.values()
            for start, kind, wanted in patterns
            for type, content in structures
        )

    def _forget_all(self) -> None:
        for device in list(self.devices.values()):
            device.unlink()
            if device.peer.paired:
                device.fade()
            else:
                self.lose(device)

    def _start(self, client: str) -> None:
        self._check_power()
        if client in self._scanning:
            raise Failure(f"{ERROR}.InProgress", "Operation already in progress")
        self._scanning.add(client)
        self._objects.change(self.path, ADAPTER, {"Discovering": Variant("b", True)})

    def _stop(self, client: str) -> None:
        self._check_power()
        if client not in self._scanning:
            raise Failure(f"{ERROR}.Failed", "No discovery started")
        self._scanning.discard(client)
        if not self._scanning:
            for device in self.devices.values():
                device.fade()
            self._objects.change(self.path, ADAPTER, {"Discovering": Variant("b", False)})

    def _check_power(self) -> None:
        if not self._powered:
            raise Failure(f"{ERROR}.NotReady", "Resource Not Ready")

    def _remove_device(self, path: str) -> None:
        device = next((device for device in self.devices.values() if device.path == path), None)
        if device is None:
            raise Failure(f"{ERROR}.DoesNotExist", "Does Not Exist")
        device.peer.paired = ""
        self.lose(device)

    def _register(self, client: str, path: str) -> None:
        if (client, path) in self._monitors:
            raise Failure(f"{ERROR}.AlreadyExists", "Already Exists")
        self._monitors[client, path] = []

    def _unregister(self, client: str, path: str) -> None:
        if self._monitors.pop((client, path), None) is None:
            raise Failure(f"{ERROR}.DoesNotExist", "Does Not Exist")


def _properties(name: str, address: str, *, powered: bool) -> Properties:
    return {
        "Address": Variant("s", address),
        "AddressType": Variant("s", "public"),
        "Name": Variant("s", name),
        "Alias": Variant("s", name),
        "Powered": Variant("b", powered),
        "Discovering": Variant("b", False),
        "UUIDs": Variant("as", []),
        "Roles": Variant("as", ["central", "peripheral"]),
    }
