"""A service on a bus, by dbus-fast: it answers calls by their path and member, or the property's name."""

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from types import TracebackType
from typing import Any, Self

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from tests.support.namespaces import WITHIN

# An answer's signature and value.
Answers = Mapping[tuple[str, str], tuple[str, Any]]


class Service:
    """Has its name from the beginning of the `with` to its end. To what it has no answer for, it never answers."""

    def __init__(self, address: str, name: str, answers: Answers) -> None:
        self._address = address
        self._name = name
        self._answers = answers
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._begin())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WITHIN)
        self._loop.close()

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(WITHIN)

    async def _begin(self) -> None:
        self._bus = await MessageBus(bus_address=self._address).connect()
        self._bus.add_message_handler(self._answer)
        await self._bus.request_name(self._name)

    async def _end(self) -> None:
        self._bus.disconnect()

    def _answer(self, call: Message) -> Message | bool:
        if call.message_type is not MessageType.METHOD_CALL:
            return False
        is_property = call.member == "Get"
        key = call.path or "", str(call.body[1] if is_property else call.member)
        if key not in self._answers:
            return True
        signature, value = self._answers[key]
        if is_property:
            return Message.new_method_return(call, "v", [Variant(signature, value)])
        return Message.new_method_return(call, signature, [value])
