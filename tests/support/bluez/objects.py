"""The objects that a D-Bus service shows: paths, with interfaces, with properties; and the signals that tell of them.

Answers what every object answers (ObjectManager, Properties, Peer). Specification: D-Bus, "Standard Interfaces".
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dbus_fast import Message, Variant

MANAGER = "org.freedesktop.DBus.ObjectManager"
PROPERTIES = "org.freedesktop.DBus.Properties"
PEER = "org.freedesktop.DBus.Peer"
ERROR = "org.freedesktop.DBus.Error"

Properties = dict[str, Variant]
Answer = tuple[str, list[Any]]
NOTHING: Answer = ("", [])


class Failure(Exception):
    """An error as D-Bus carries it: a name, and a text."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class Objects:
    """Clients see what is added here, and hear of it by `send`."""

    def __init__(self, send: Callable[[Message], object]) -> None:
        self._send = send
        self._tree: dict[str, dict[str, Properties]] = {}

    def add(self, path: str, interfaces: dict[str, Properties]) -> None:
        self._tree[path] = interfaces
        self._say("/", MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, interfaces])

    def remove(self, path: str) -> None:
        """An object and everything below it, the lowest first."""
        below = [known for known in self._tree if known == path or known.startswith(f"{path}/")]
        for gone in sorted(below, reverse=True):
            self._say("/", MANAGER, "InterfacesRemoved", "oas", [gone, list(self._tree.pop(gone))])

    def change(self, path: str, interface: str, changed: Mapping[str, Variant], gone: Iterable[str] = ()) -> None:
        properties = self._tree[path][interface]
        properties.update(changed)
        for name in gone:
            properties.pop(name, None)
        self._say(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, changed, list(gone)])

    def check(self, call: Message) -> None:
        """Failure where the object, or its interface, is not there. What libdbus answers then."""
        if call.interface in (MANAGER, PEER) or call.interface in self._tree.get(call.path or "", ()):
            return
        if call.interface == PROPERTIES and call.path in self._tree:
            return
        raise unknown(call, "UnknownMethod" if call.path in self._tree else "UnknownObject")

    def answer(self, call: Message) -> Answer:
        """To a call of a standard interface; Failure for any other."""
        match call.interface, call.member, call.body:
            case "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", []:
                return "a{oa{sa{sv}}}", [self._tree]
            case "org.freedesktop.DBus.Properties", "GetAll", [str(interface)]:
                return "a{sv}", [self._properties(call, interface)]
            case "org.freedesktop.DBus.Properties", "Get", [str(interface), str(name)]:
                return "v", [self._property(call, interface, name)]
            case "org.freedesktop.DBus.Peer", "Ping", []:
                return NOTHING
        raise unknown(call)

    def _properties(self, call: Message, interface: str) -> Properties:
        try:
            return self._tree[call.path or ""][interface]
        except KeyError:
            raise Failure(f"{ERROR}.InvalidArgs", f"No such interface '{interface}'") from None

    def _property(self, call: Message, interface: str, name: str) -> Variant:
        try:
            return self._properties(call, interface)[name]
        except KeyError:
            raise Failure(f"{ERROR}.InvalidArgs", f"No such property '{name}'") from None

    def _say(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        self._send(Message.new_signal(path, interface, member, signature, body))


def unknown(call: Message, kind: str = "UnknownMethod") -> Failure:
    what = f'Method "{call.member}" with signature "{call.signature}" on interface "{call.interface}" doesn\'t exist\n'
    return Failure(f"{ERROR}.{kind}", what)
