"""BlueZ seen over D-Bus: which adapters there are, and word when that changes.

bleak listens and connects; what it says where it cannot differs from version to version, and it does not say when a
scanner has gone deaf. So what is there is looked at here, before, and watched meanwhile.
Source: org.bluez.Adapter(5), org.bluez.AdvertisementMonitorManager(5), the D-Bus specification.
Errors: Problem.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from dbus_fast import AuthError, BusType, DBusError, Message, MessageType
from dbus_fast.aio import MessageBus
from motes.exporters.lywsd03mmc.station import Problem

_BLUEZ = "org.bluez"
_ADAPTER = "org.bluez.Adapter1"
_DEVICE = "org.bluez.Device1"
_MONITORS = "org.bluez.AdvertisementMonitorManager1"
_DBUS = "org.freedesktop.DBus"
_OBJECTS = "org.freedesktop.DBus.ObjectManager"
_ERROR = "org.freedesktop.DBus.Error."
# Starting bluetoothd on demand takes a moment.
_ANSWER_WITHIN = 10.0
_SIGNALS = (
    f"sender='{_DBUS}',interface='{_DBUS}',member='NameOwnerChanged',arg0='{_BLUEZ}'",
    f"sender='{_BLUEZ}',interface='{_OBJECTS}',member='InterfacesAdded'",
    f"sender='{_BLUEZ}',interface='{_OBJECTS}',member='InterfacesRemoved'",
    f"sender='{_BLUEZ}',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',arg0='{_ADAPTER}'",
)
_WATCHED = {_ADAPTER, _MONITORS}


class Adapter:
    """`passive` is whether BlueZ listens passively with it."""

    def __init__(self, name: str, address: str, *, powered: bool, passive: bool) -> None:
        self.name = name
        self.address = address
        self.powered = powered
        self.passive = passive


class Bluez:
    """A connection to the system bus, on which is watched for adapters and bluetoothd to come, go, or be turned on."""

    def __init__(self, bus: MessageBus) -> None:
        self._changed = asyncio.Event()
        self._bus = bus
        self._lost = asyncio.ensure_future(self._await_loss())

    @classmethod
    @asynccontextmanager
    async def connected(cls) -> AsyncIterator["Bluez"]:
        """One for as long as the `with` lasts."""
        bluez = cls(await _connected())
        try:
            await bluez._subscribe()
            yield bluez
        finally:
            bluez._lost.cancel()
            _drop(bluez._bus)

    @property
    def lost(self) -> bool:
        """Whether the connection is gone."""
        return self._lost.done()

    async def changes_within(self, seconds: float) -> bool:
        """Wait for a change, for so long; whether there was one since the adapter was looked up."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def adapter(self, wanted: str) -> Adapter:
        """The adapter of this name or address; of any, if it is empty, the first that is on. It is on."""
        self._changed.clear()
        if self.lost:
            raise Problem("no_bus", "the connection to the system bus is lost")
        (objects,) = await self._call(_BLUEZ, "/", _OBJECTS, "GetManagedObjects")
        adapters = [_adapter(path, found) for path, found in sorted(objects.items()) if _ADAPTER in found]
        matching = [each for each in adapters if not wanted or wanted.upper() in (each.name.upper(), each.address)]
        if not matching:
            there = ", ".join([f"{each.name} ({each.address})" for each in adapters])
            raise Problem(
                "no_adapter", f"there is no {wanted or 'adapter'}" + (f"; there are {there}" if there else "")
            )
        for each in matching:
            if each.powered:
                return each
        raise Problem("powered_off", f"{matching[0].name} is off")

    async def devices(self, address: str) -> dict[str, dict[str, Any]]:
        """The properties of a device, by its object's path: each adapter has one of its own."""
        (objects,) = await self._call(_BLUEZ, "/", _OBJECTS, "GetManagedObjects")
        devices = {path: _values(found[_DEVICE]) for path, found in objects.items() if _DEVICE in found}
        return {path: each for path, each in devices.items() if each["Address"] == address}

    async def disconnect(self, address: str) -> bool:
        """End the connection to a device, whoever has asked for it; whether there was one."""
        paths = [path for path, each in (await self.devices(address)).items() if each["Connected"]]
        for path in paths:
            await self._call(_BLUEZ, path, _DEVICE, "Disconnect")
        return bool(paths)

    async def _subscribe(self) -> None:
        self._bus.add_message_handler(self._hear)
        for signal in _SIGNALS:
            await self._call(_DBUS, "/org/freedesktop/DBus", _DBUS, "AddMatch", f"type='signal',{signal}")

    async def _call(self, to: str, path: str, interface: str, member: str, *words: str) -> list[Any]:
        """The body of the answer; Problem without one."""
        message = Message(
            destination=to, path=path, interface=interface, member=member, signature="s" * len(words), body=list(words)
        )
        try:
            reply = await asyncio.wait_for(self._bus.call(message), _ANSWER_WITHIN)
        except TimeoutError:
            raise Problem("no_answer", f"{to} has not answered {member}") from None
        except (DBusError, EOFError, OSError) as error:
            raise Problem("no_bus", error) from error
        if reply is None or reply.message_type is MessageType.ERROR:
            raise _refused(reply)
        body: list[Any] = reply.body
        return body

    def _hear(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.member == "NameOwnerChanged":
            self._changed.set()
        elif message.member in ("InterfacesAdded", "InterfacesRemoved"):
            # Those of devices come often.
            if not _WATCHED.isdisjoint(message.body[1]):
                self._changed.set()
        elif message.member == "PropertiesChanged" and "Powered" in message.body[1]:
            self._changed.set()

    async def _await_loss(self) -> None:
        try:
            await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
        except Exception:  # noqa: BLE001 - whatever it died of, it is gone
            pass
        self._changed.set()


async def _connected() -> MessageBus:
    """What is wrong with an address differs from version to version, and so does when it is told."""
    try:
        bus = MessageBus(bus_type=BusType.SYSTEM)
    except Exception as error:
        raise _unreachable(error) from error
    try:
        return await asyncio.wait_for(bus.connect(), _ANSWER_WITHIN)
    except TimeoutError:
        _drop(bus)
        raise Problem("no_bus", "the system bus does not answer") from None
    except Exception as error:
        _drop(bus)
        raise _unreachable(error) from error


def _unreachable(error: Exception) -> Problem:
    return Problem("denied" if isinstance(error, PermissionError | AuthError) else "no_bus", error)


def _drop(bus: MessageBus) -> None:
    try:
        bus.disconnect()
    except Exception:  # noqa: BLE001 - it is gone already
        pass


def _refused(reply: Message | None) -> Problem:
    name = reply.error_name or "" if reply else ""
    told = f"{name}: {reply.body[0]}" if reply and reply.body else name
    if name in (_ERROR + "AccessDenied", _ERROR + "AuthFailed"):
        return Problem("denied", told)
    if name in (_ERROR + "NoReply", _ERROR + "TimedOut", _ERROR + "Timeout"):
        return Problem("no_answer", told)
    # ServiceUnknown, NameHasNoOwner, and the many ways in which starting it can fail.
    return Problem("no_bluez", told)


def _values(variants: dict[str, Any]) -> dict[str, Any]:
    return {name: variant.value for name, variant in variants.items()}


def _adapter(path: str, found: dict[str, Any]) -> Adapter:
    properties = _values(found[_ADAPTER])
    types = found.get(_MONITORS, {}).get("SupportedMonitorTypes")
    return Adapter(
        path.rpartition("/")[2],
        properties.get("Address", "").upper(),
        powered=bool(properties.get("Powered")),
        passive=types is not None and "or_patterns" in types.value,
    )
