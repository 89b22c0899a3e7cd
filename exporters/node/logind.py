"""Sessions of people who are logged in.

Source: org.freedesktop.login1 over D-Bus, see org.freedesktop.login1(5).
Unit:   sessions, of each seat (those from elsewhere have none) by whether they are remote, by their type and class.
Errors: without D-Bus, logind, or an answer in time this collector fails. A session that ends meanwhile is left out.
"""

from collections.abc import Iterator
from functools import lru_cache

from motes.exporters.node._dbus import Refused, system_bus
from motes.exporters.node._dbus_message import Call, get
from motes.exporters.node.host import Host
from motes.shared.collector import Failed
from motes.shared.exposition import Family, labels
from motes.shared.frame import Frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LOGIND, _MANAGER = "org.freedesktop.login1", "org.freedesktop.login1.Manager"
_PATH, _SESSION = "/org/freedesktop/login1", "org.freedesktop.login1.Session"
_PROPERTIES = ("Class", "Remote", "Type")
_OTHER = "other"  # than those that there were in systemd 229
_CLASSES = (_OTHER, "user", "greeter", "lock-screen", "background")
_TYPES = (_OTHER, "unspecified", "tty", "x11", "wayland", "mir", "web")
_REMOTE = ("true", "false")
_HELP = "Sessions that logind knows of."

# Class, whether it is remote, seat, type.
_Session = tuple[str, str, str, str]


class Collector:
    """Keeps a connection."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._bus = system_bus()

    def collect(self) -> Iterator[Family]:
        calls = [Call(_LOGIND, _PATH, _MANAGER, member) for member in ("ListSeats", "ListSessions")]
        seats, listed = [_known(told) for told in self._bus.ask(calls, self._host.deadline)]
        every = _all(tuple([seat for seat, _ in seats]))
        sessions = list(self._sessions(listed))
        sets = tuple([labels(**dict(zip(("class", "remote", "seat", "type"), one, strict=True))) for one in every])
        yield _frame(sets).fill([sessions.count(one) for one in every])

    def _sessions(self, listed: "list[Any]") -> Iterator[_Session]:
        calls = [get(_LOGIND, path, _SESSION, name) for *_, path in listed for name in _PROPERTIES]
        told = self._bus.ask(calls, self._host.deadline)
        for at, (_, _, _, seat, _) in enumerate(listed):
            found = told[3 * at : 3 * at + 3]
            if not any(isinstance(one, Refused) for one in found):
                kind, remote, type = found
                yield (
                    kind if kind in _CLASSES else _OTHER,
                    str(remote).lower(),
                    seat,
                    type if type in _TYPES else _OTHER,
                )


def _known(told: "Any") -> "Any":
    if isinstance(told, Refused):
        raise Failed(f"logind does not answer: {told}")
    return told


@lru_cache(maxsize=1)
def _all(seats: tuple[str, ...]) -> list[_Session]:
    """Every kind of session that could be, those without a seat last."""
    return [
        (kind, remote, seat, type)
        for remote in _REMOTE
        for type in _TYPES
        for kind in _CLASSES
        for seat in (*seats, "")
    ]


@lru_cache(maxsize=1)
def _frame(label_sets: tuple[bytes, ...]) -> Frame:
    return Frame([("gauge", "node_logind_sessions", _HELP, label_sets)])
