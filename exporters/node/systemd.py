"""systemd's units, and what it says of itself.

Source: org.freedesktop.systemd1 over D-Bus, see org.freedesktop.systemd1(5): the system bus; systemd's own socket with
        the flag `collector.systemd.private`, and for root where there is no bus.
Unit:   seconds since 1970, of systemd's microseconds; tasks; connections.
Errors: without D-Bus, or without an answer in time, this collector fails. A property that a unit does not have (it is
        gone, systemd is too old) is left out; a type is empty then.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from os import geteuid

from motes.exporters.node._dbus import Bus, Refused, system_bus
from motes.exporters.node._dbus_message import Call, get
from motes.exporters.node._systemd import RESTARTS, SOCKETS, START_TIME, TASKS, TIMERS, TYPES, Property
from motes.exporters.node.host import Host
from motes.shared.collector import Failed
from motes.shared.exposition import Family, Value, counter, gauge, labels
from motes.shared.frame import Frame
from motes.shared.options import BOOLEAN, Option
from motes.shared.re2 import REGEX, compile_re2

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PREFIX = "collector.systemd."
_INCLUDE, _EXCLUDE = _PREFIX + "unit-include", _PREFIX + "unit-exclude"
_TASKS, _RESTARTS = _PREFIX + "enable-task-metrics", _PREFIX + "enable-restarts-metrics"
_START_TIMES, _PRIVATE = _PREFIX + "enable-start-time-metrics", _PREFIX + "private"
_ALL, _UNWANTED = compile_re2(".+"), compile_re2(r".+\.(automount|device|mount|scope|slice)")
OPTIONS = (
    Option(_INCLUDE, REGEX, _ALL, "Units to serve, by their whole name.", aliases=(_PREFIX + "unit-whitelist",)),
    Option(_EXCLUDE, REGEX, _UNWANTED, "Of these, units to leave out.", aliases=(_PREFIX + "unit-blacklist",)),
    Option(_PRIVATE, BOOLEAN, False, "Talk to systemd itself and not over D-Bus; for root alone.", hidden=True),
    Option(_TASKS, BOOLEAN, False, "Serve how many tasks each service has and may have."),
    Option(_RESTARTS, BOOLEAN, False, "Serve how often each service was restarted."),
    Option(_START_TIMES, BOOLEAN, False, "Serve when each unit became active."),
)

_PRIVATE_SOCKET = "unix:path=/run/systemd/private"
_SYSTEMD, _MANAGER = "org.freedesktop.systemd1", "org.freedesktop.systemd1.Manager"
_PATH = "/org/freedesktop/systemd1"
_STATES = ("active", "activating", "deactivating", "inactive", "failed")
_VERSION = re.compile(r"[0-9]{3,}(\.[0-9]+)?")
# The first version that tells of the whole system's state, and of timers.
_OF_TIMERS = 212


class _Unit:
    """One of ListUnits' answer."""

    __slots__ = ("loaded", "name", "path", "state")

    def __init__(self, told: "tuple[Any, ...]") -> None:
        self.name, _, self.loaded, self.state, _, _, self.path, *_ = told


class Collector:
    """Keeps connections."""

    def __init__(self, host: Host) -> None:
        self._host = host
        private = Bus(_PRIVATE_SOCKET, peer=True)
        self._bus = private if host.flags[_PRIVATE] else system_bus()
        self._otherwise = None if self._bus is private or geteuid() else private

    def collect(self) -> Iterator[Family]:
        told = [get(_SYSTEMD, _PATH, _MANAGER, name) for name in ("Version", "Virtualization", "SystemState")]
        version, virtualization, state, listed = self._ask([*told, Call(_SYSTEMD, _PATH, _MANAGER, "ListUnits")])
        number, name = _parse_version(version)
        yield gauge(
            "node_systemd_version", "systemd's version; all of it is in the label.", {labels(version=name): number}
        )
        kind = "unknown" if isinstance(virtualization, Refused) else virtualization or "none"
        info = {labels(virtualization_type=kind): 1}
        yield gauge("node_systemd_virtualization_info", "What the machine runs in; the value is always 1.", info)
        units = [_Unit(one) for one in _known(listed)]
        yield gauge("node_systemd_units", "Units, by their state.", _summary(units))
        yield from self._of_units([one for one in units if self._is_wanted(one)], number)
        if number >= _OF_TIMERS:
            running = int(_known(state) == "running")
            yield gauge("node_systemd_system_running", "Whether the whole system is up, with nothing failed.", running)

    def _is_wanted(self, unit: _Unit) -> bool:
        flags = self._host.flags
        is_named = flags[_INCLUDE].fullmatch(unit.name) and not flags[_EXCLUDE].fullmatch(unit.name)
        return bool(is_named) and unit.loaded == "loaded"

    def _of_units(self, units: Sequence[_Unit], version: float) -> Iterator[Family]:
        properties = [*TYPES, *SOCKETS, *(TIMERS if version >= _OF_TIMERS else ())]
        properties += [
            *(RESTARTS if self._host.flags[_RESTARTS] else ()),
            *(TASKS if self._host.flags[_TASKS] else ()),
        ]
        wanted = [(unit, one) for one in properties for unit in units if unit.name.endswith(one.suffix)]
        if self._host.flags[_START_TIMES]:
            wanted += [(unit, START_TIME) for unit in units if unit.state == "active"]
        told = self._ask([get(_SYSTEMD, unit.path, one.interface, one.name) for unit, one in wanted])
        found: dict[Property, dict[str, Any]] = {}
        for (unit, one), value in zip(wanted, told, strict=True):
            if not isinstance(value, Refused):
                found.setdefault(one, {})[unit.name] = value
        types = {name: kind for one in TYPES for name, kind in found.pop(one, {}).items()}
        yield _states(units, types)
        if self._host.flags[_START_TIMES]:
            found.setdefault(START_TIME, {}).update({unit.name: 0 for unit in units if unit.state != "active"})
        for one, values in found.items():
            yield _family(one, values)

    def _ask(self, calls: "Sequence[Call]") -> "list[Any]":
        try:
            return self._bus.ask(calls, self._host.deadline)
        except OSError:
            if self._otherwise is None:
                raise
        return self._otherwise.ask(calls, self._host.deadline)


def _known(told: "Any") -> "Any":
    if isinstance(told, Refused):
        raise Failed(f"systemd does not answer: {told}")
    return told


def _parse_version(told: "str | Refused") -> tuple[float, str]:
    """252.39 of "252.39-1~deb12u2"; 0, and no name, for what is no version."""
    found = None if isinstance(told, Refused) else _VERSION.search(told)
    return (float(found[0]), found.string) if found else (0, "")


def _summary(units: Sequence[_Unit]) -> dict[bytes, Value]:
    states = [unit.state for unit in units]
    return {labels(state=state): states.count(state) for state in dict.fromkeys([*_STATES, *states])}


def _states(units: "Sequence[_Unit]", types: dict[str, str]) -> Family:
    frame = _frame(tuple([(unit.name, types.get(unit.name, "")) for unit in units]))
    return frame.fill([int(unit.state == state) for unit in units for state in _STATES])


# Made anew only when units come or go.
@lru_cache(maxsize=1)
def _frame(units: tuple[tuple[str, str], ...]) -> Frame:
    sets = [labels(name=name, state=state, type=kind) for name, kind in units for state in _STATES]
    return Frame([("gauge", "node_systemd_unit_state", "Whether the unit is in this state.", sets)])


def _family(one: Property, values: "dict[str, Any]") -> Family:
    kind, name, help = one.family
    samples = {labels(name=unit): value for unit, told in values.items() if (value := one.value(told)) is not None}
    return (counter if kind == "counter" else gauge)(name, help, samples)
