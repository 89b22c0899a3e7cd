"""What a test has arranged to go wrong: calls that are late, never answered, or answered with an error."""

import asyncio
import math
from dataclasses import dataclass

from tests.support.bluez.objects import Failure

NEVER = math.inf


@dataclass
class Fault:
    """Meets calls of a method ("*": of any), perhaps of one device or one characteristic only, so many times."""

    member: str
    address: str
    uuid: str
    error: str
    text: str
    after: float
    times: float

    def meets(self, member: str, address: str, uuid: str) -> bool:
        return (
            self.times > 0
            and self.member in ("*", member)
            and self.address in ("", address)
            and self.uuid in ("", uuid)
        )


class Faults:
    def __init__(self) -> None:
        self._arranged: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """It comes before those that are there already."""
        self._arranged.insert(0, fault)

    def clear(self) -> None:
        """Calls from now on; who was never to be answered still is not."""
        self._arranged.clear()

    async def meet(self, member: str, address: str, uuid: str) -> None:
        fault = next((fault for fault in self._arranged if fault.meets(member, address, uuid)), None)
        if fault is None:
            return
        fault.times -= 1
        await asyncio.sleep(fault.after)
        if fault.error:
            raise Failure(fault.error, fault.text)
