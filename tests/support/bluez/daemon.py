"""One life of bluetoothd on the bus: takes the name org.bluez, answers calls, and ends politely or at once."""

import asyncio
import re
import traceback
from collections.abc import Coroutine
from typing import Any

from dbus_fast import Message, MessageFlag, MessageType
from dbus_fast import RequestNameReply as _Name
from dbus_fast.aio import MessageBus

from tests.support.bluez.adapter import ADAPTER, MONITOR, MONITORS, Adapter
from tests.support.bluez.device import CHARACTERISTIC, DEVICE, ERROR, Device
from tests.support.bluez.faults import Faults
from tests.support.bluez.objects import Answer, Failure, Objects
from tests.support.bluez.peers import Peers

_DBUS = "org.freedesktop.DBus"
_DEVICE = re.compile(r"(/org/bluez/\w+)/dev_(\w{17})")


class Daemon:
    """Lives from `start` until `end` or `die`, or until the bus is gone."""

    def __init__(self, address: str, faults: Faults, peers: Peers) -> None:
        self.adapters: dict[str, Adapter] = {}
        self.objects = Objects(self.send)
        self._bus = MessageBus(bus_address=address)
        self._ended = False
        self._faults = faults
        self._peers = peers
        self._under_way: dict[asyncio.Task[None], tuple[str, str]] = {}  # the calls: which method, of which device

    @property
    def alive(self) -> bool:
        return self._bus.connected and not self._ended

    async def start(self) -> None:
        await self._bus.connect()
        self._bus.add_message_handler(self._on_message)
        self._listen(f"sender='{_DBUS}',member='NameOwnerChanged'")
        while await self._bus.request_name("org.bluez") not in (_Name.PRIMARY_OWNER, _Name.ALREADY_OWNER):
            await asyncio.sleep(0.01)  # one that was killed just now may still have it
        self._sweeping = asyncio.ensure_future(self._sweep())

    def plug(self, name: str, address: str, *, powered: bool, monitors: bool) -> None:
        self.adapters[name] = Adapter(self.objects, self._peers, name, address, powered=powered, monitors=monitors)

    def unplug(self, name: str) -> None:
        self.adapters.pop(name).remove()

    async def end(self) -> None:
        """As at SIGTERM: everything is taken back first."""
        for name in list(self.adapters):
            self.unplug(name)
        await self.flushed()
        self.die()

    def die(self) -> None:
        """As at SIGKILL: nothing is said any more; who waits for an answer gets an error from the bus."""
        self._bus.disconnect()
        self._ended = True
        for adapter in self.adapters.values():
            for device in adapter.devices.values():
                device.unlink()

    async def flushed(self) -> None:
        """Wait until the bus has all that was sent to it."""
        await self._bus.call(_to_the_bus("GetId"))

    def send(self, message: Message) -> None:
        if self.alive:
            self._bus.send(message)

    async def _sweep(self) -> None:
        while self.alive:
            for adapter in self.adapters.values():
                adapter.sweep()
            await asyncio.sleep(0.05)

    def _listen(self, rule: str) -> None:
        self.send(_to_the_bus("AddMatch", f"type='signal',{rule}"))

    def _on_message(self, message: Message) -> bool:
        """Whether there is nothing left to do about it for dbus_fast."""
        if message.message_type is MessageType.METHOD_CALL:
            self._begin(self._serve(message), message)
        elif message.member == "NameOwnerChanged" and not message.body[2]:
            for adapter in self.adapters.values():
                adapter.leave(message.body[0])
        elif message.member == "InterfacesAdded" and MONITOR in message.body[1]:
            self._on_monitor(message)
        return message.message_type is MessageType.METHOD_CALL

    def _on_monitor(self, message: Message) -> None:
        path, interfaces = message.body
        patterns = [(start, kind, bytes(content)) for start, kind, content in interfaces[MONITOR]["Patterns"].value]
        for adapter in self.adapters.values():
            adapter.monitor(message.sender or "", path, patterns)

    def _begin(self, serving: Coroutine[Any, Any, None], call: Message) -> None:
        if call.member == "Disconnect":
            self._cancel("Connect", call.path or "")
        task = asyncio.ensure_future(serving)
        self._under_way[task] = (call.member or "", call.path or "")
        task.add_done_callback(self._under_way.pop)

    def _cancel(self, member: str, path: str) -> None:
        for task, about in self._under_way.items():
            if about == (member, path):
                task.cancel()

    async def _serve(self, call: Message) -> None:
        try:
            reply = Message.new_method_return(call, *await self._answer(call))
        except Failure as failure:
            reply = Message.new_error(call, failure.name, str(failure))
        except asyncio.CancelledError:
            reply = Message.new_error(call, f"{ERROR}.Failed", "br-connection-canceled")
        except Exception as defect:
            traceback.print_exception(defect)
            reply = Message.new_error(call, f"{ERROR}.Failed", f"a defect of the stand-in: {defect!r}")
        if not call.flags & MessageFlag.NO_REPLY_EXPECTED:
            self.send(reply)

    async def _answer(self, call: Message) -> Answer:
        device = self._device(call)
        address, uuid = "", ""
        if device is not None:
            device.record(call)
            address, uuid = device.peer.address, device.uuid(call.path or "")
        await self._faults.meet(call.member or "", address, uuid)
        self.objects.check(call)
        if call.interface in (ADAPTER, MONITORS):
            return self._answer_adapter(call)
        if device is not None and call.interface == DEVICE:
            return device.answer(call)
        if device is not None and call.interface == CHARACTERISTIC:
            return device.answer_characteristic(call)
        return self.objects.answer(call)

    def _answer_adapter(self, call: Message) -> Answer:
        adapter = next(adapter for adapter in self.adapters.values() if adapter.path == call.path)
        answer = adapter.answer(call)
        if call.member == "RegisterMonitor":
            self._listen(f"sender='{call.sender}',path='{call.body[0]}',member='InterfacesAdded'")
        return answer

    def _device(self, call: Message) -> Device | None:
        found = _DEVICE.match(call.path or "")
        if not found:
            return None
        adapters = (adapter for adapter in self.adapters.values() if adapter.path == found[1])
        return next((adapter.devices.get(found[2].replace("_", ":")) for adapter in adapters), None)


def _to_the_bus(member: str, *body: str) -> Message:
    return Message(
        destination=_DBUS,
        path="/org/freedesktop/DBus",
        interface=_DBUS,
        member=member,
        signature="s" * len(body),
        body=list(body),
    )
