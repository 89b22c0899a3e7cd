"""Thermometers as they are, whoever listens: what they offer over GATT, and what was done to them."""

from dataclasses import dataclass, field
from typing import NamedTuple


class Operation(NamedTuple):
    """Something that a client asked: the method of org.bluez, and of what; of a write the bytes and the manner."""

    method: str
    uuid: str = ""
    value: bytes = b""
    manner: str = ""  # "request" (an answer is wanted) or "command"


@dataclass
class Characteristic:
    service: str
    uuid: str
    flags: tuple[str, ...]
    value: bytes
    notifying: bool = False


@dataclass
class Peer:
    """Told apart by its address. `paired` names the adapter that it is paired with."""

    address: str
    paired: str = ""
    characteristics: list[Characteristic] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)

    def characteristic(self, uuid: str) -> Characteristic:
        """The first with this UUID. StopIteration where there is none."""
        return next(found for found in self.characteristics if found.uuid == full(uuid))


def full(uuid: str) -> str:
    """A UUID as org.bluez writes it; of four digits, one of the Bluetooth SIG's."""
    return f"0000{uuid}-0000-1000-8000-00805f9b34fb" if len(uuid) == 4 else uuid


class Peers:
    """All of them; how many have a link now, and had at most at one time; how long one is remembered when silent."""

    def __init__(self) -> None:
        self._known: dict[str, Peer] = {}
        self.linked = 0
        self.most_linked = 0
        self.lost_after = 30.0

    def get(self, address: str) -> Peer:
        return self._known.setdefault(address, Peer(address))

    def paired(self, adapter: str) -> list[Peer]:
        return [peer for peer in self._known.values() if peer.paired == adapter]

    def link(self) -> None:
        self.linked += 1
        self.most_linked = max(self.most_linked, self.linked)

    def unlink(self) -> None:
        self.linked -= 1
