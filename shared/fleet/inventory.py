"""The inventory: one TOML file that tells of the monitor and of all hosts.

Errors: Misconfigured, with a line for each thing that is wrong and what would be right.
"""

import os
import stat
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from motes.shared.config import Misconfigured, near
from motes.shared.fleet import values
from motes.shared.fleet.table import Table
from motes.shared.fleet.values import Address, Endpoint, Interface

MONITOR, HOSTS = "monitor", "hosts"
DEFAULT_ROAD = "wireguard"
_INTERVAL = "30s"
# Tables of motes.toml that belong to no exporter.
COMMON = ("web", "scrape", "log")
_LONGEST_FILE = 16 << 20
STDIN = Path("/dev/stdin")


@dataclass(frozen=True)
class Monitor:
    """Who scrapes: its addresses within the tunnel, and how hosts reach it from outside."""

    addresses: tuple[Interface, ...] = ()
    endpoint: Endpoint | None = None
    public_key: str = ""
    ssh: Endpoint | None = None
    ssh_key: str = ""
    outside: tuple[Address, ...] = ()
    push: Endpoint | None = None
    certificate: str = ""
    interval: str = _INTERVAL


@dataclass(frozen=True)
class Host:
    """Who is scraped: by which road, and what it serves. `tables` are those of its motes.toml, as they were given."""

    name: str
    road: str = DEFAULT_ROAD
    addresses: tuple[Address, ...] = ()
    endpoint: Endpoint | None = None
    public_key: str = ""
    port: int = 0
    tunnel_key: str = ""
    certificate: str = ""
    password_hash: str = ""
    exporters: tuple[str, ...] = ("node",)
    labels: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """How the inventory has it."""
        return f"hosts.{self.name}"


@dataclass(frozen=True)
class Inventory:
    monitor: Monitor
    hosts: Sequence[Host]

    def by(self, road: str) -> list[Host]:
        """The hosts of one road."""
        return [host for host in self.hosts if host.road == road]


class Reader:
    """Reads an inventory; what is wrong is in `problems`."""

    def __init__(self, roads: Sequence[str], exporters: Sequence[str]) -> None:
        self.problems: list[str] = []
        self._roads = roads
        self._exporters = exporters

    def read(self, tables: dict[str, Any]) -> Inventory:
        for key in tables:
            if key not in (MONITOR, HOSTS):
                meant = near(key, (MONITOR, HOSTS))
                self.problems.append(
                    f"{key}: there are [{MONITOR}] and [{HOSTS}.NAME]" + (f" ([{meant}]?)" if meant else "")
                )
        if MONITOR not in tables:
            self.problems.append(f"[{MONITOR}] is missing")
        monitor = self._monitor(self._table(MONITOR, tables.get(MONITOR, {})))
        hosts = self._table(HOSTS, tables.get(HOSTS, {}))
        return Inventory(monitor, [self._host(name, hosts[name]) for name in sorted(hosts) if self._named(name, hosts)])

    def _table(self, title: str, given: object) -> dict[str, Any]:
        try:
            return values.table(given)
        except ValueError as error:
            self.problems.append(f"[{title}]: {error}")
            return {}

    def _named(self, name: str, all_names: Mapping[str, object]) -> bool:
        try:
            values.name(name)
        except ValueError as error:
            self.problems.append(f'[hosts."{name}"]: {error}')
            return False
        if name.lower() == MONITOR:
            self.problems.append(f"[hosts.{name}]: this name is the monitor's: choose another one")
            return False
        first = next(other for other in sorted(all_names) if other.lower() == name.lower())
        if first != name:
            self.problems.append(f"[hosts.{name}]: there is [hosts.{first}] already")
        return first == name

    def _monitor(self, given: dict[str, Any]) -> Monitor:
        table = Table(MONITOR, given, self.problems)
        monitor = Monitor(
            addresses=table.take("addresses", values.interfaces, ()),
            endpoint=table.take("endpoint", values.endpoint, None),
            public_key=table.take("public-key", values.key, ""),
            ssh=table.take("ssh", values.ssh, None),
            ssh_key=table.take("ssh-key", values.ssh_key, ""),
            outside=table.take("outside", values.addresses, ()),
            push=table.take("push", values.endpoint, None),
            certificate=table.take("certificate", values.certificate, ""),
            interval=table.take("interval", values.interval, _INTERVAL),
        )
        table.end()
        return monitor

    def _host(self, name: str, given: object) -> Host:
        table = Table(f"hosts.{name}", self._table(f"hosts.{name}", given), self.problems)
        host = Host(
            name,
            road=table.take("road", self._road, DEFAULT_ROAD),
            addresses=table.take("addresses", values.addresses, ()),
            endpoint=table.take("endpoint", values.endpoint, None),
            public_key=table.take("public-key", values.key, ""),
            port=table.take("port", values.port_of_ours, 0),
            tunnel_key=table.take("tunnel-key", values.ssh_key, ""),
            certificate=table.take("certificate", values.certificate, ""),
            password_hash=table.take("password-hash", values.password_hash, ""),
            exporters=table.take("exporters", self._names, ("node",)),
            labels=table.take("labels", values.labels, {}),
            tables=table.tables([*COMMON, *self._exporters], values.table),
        )
        table.end()
        for exporter in host.tables:
            if exporter not in (*COMMON, *host.exporters):
                table.complain(f'{exporter}: this is not among its exporters: exporters = […, "{exporter}"]')
        return host

    def _road(self, given: object) -> str:
        return _one_of(self._roads, values.text(given))

    def _names(self, given: object) -> tuple[str, ...]:
        names = [_one_of(self._exporters, name) for name in values.texts(given)]
        if len(set(names)) < len(names) or not names:
            raise ValueError("name each exporter once, and one at least")
        return tuple(names)


def load(path: Path) -> dict[str, Any]:
    """The tables of a file."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            if path != STDIN and not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Misconfigured([f"{path} is not a file"])
            os.set_blocking(file.fileno(), True)
            content = file.read(_LONGEST_FILE + 1)
    except OSError as error:
        raise Misconfigured([f"cannot read {path}: {error.strerror}"]) from None
    if len(content) > _LONGEST_FILE:
        raise Misconfigured([f"{path} has more than {_LONGEST_FILE >> 20} MiB"])
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Misconfigured([f"{path}: not UTF-8, as TOML is: line {line}"]) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Misconfigured([f"{path}: not TOML: {error}"]) from None


def _without_waiting(path: str, flags: int) -> int:
    """For somebody who writes, if this is a pipe."""
    return os.open(path, flags | os.O_NONBLOCK)


def _one_of(names: Sequence[str], name: str) -> str:
    if name in names:
        return name
    meant = near(name, names)
    raise ValueError(f'"{name}" is none of {", ".join(names)}' + (f" ({meant}?)" if meant else ""))
