"""Who can reach what is served: each address to listen on, and what is in its way.

Linux answers packets for any of its addresses on any of its interfaces (the weak host model, RFC 1122, 3.3.4.2): an
address alone is no limit, and only `dev:` is. What a firewall does is not looked at.
"""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence

from motes.shared import sockets
from motes.shared.address import Address
from motes.shared.finding import BAD, GOOD, NOTE, Finding
from motes.shared.person import taken

Interfaces = Mapping[str, Sequence[str]]

_LIMIT = "or name those who may connect in web.allow"


class Exposure:
    """`allow` are those who may connect, `interfaces` this machine's addresses by interface."""

    def __init__(self, allow: Sequence[str], interfaces: Interfaces, *, socket_mode: int, socket_group: str) -> None:
        self._interfaces = interfaces
        self._everybody = not allow or any(not ipaddress.ip_network(each).prefixlen for each in allow)
        self._limit = "web.allow permits everybody" if allow else "nothing limits who may connect"
        if not self._everybody:
            self._limit = f"only {', '.join(allow)} may connect (web.allow)"
        self._mode = socket_mode
        self._group = socket_group

    def of(self, address: Address, names: Sequence[str]) -> Iterator[Finding]:
        """What there is to say of one address, where these exporters are served."""
        whom = f"{address} ({', '.join(sorted(names))})"
        if address.kind == "fd":
            yield Finding(GOOD, f"{whom}: sockets of the service manager: who reaches them, its socket unit says")
            return
        if address.kind == "unix":
            yield self._by_socket(whom)
            yield from taken.path(address.path, self._group)
            return
        yield self._by_tcp(address, whom)
        yield from taken.port(address)

    def _by_socket(self, whom: str) -> Finding:
        if self._mode & 0o002:
            told = f"{whom}: every user and program of this machine reaches it (mode {self._mode:04o})"
            return Finding(NOTE, told, "web.socket-mode 0660, and the proxy's group in web.socket-group")
        group = f", and the group {self._group or 'of the program'}" if self._mode & 0o020 else ""
        return Finding(GOOD, f"{whom}: reached by its own user{group} (mode {self._mode:04o})")

    def _by_tcp(self, address: Address, whom: str) -> Finding:
        if address.loopback:
            return Finding(GOOD, f"{whom}: reached from this machine alone, by all of its users")
        if address.everywhere:
            return self._by_everybody(address, whom)
        if address.follows:
            return self._by_interface(address, whom)
        return self._by_address(address, whom)

    def _by_everybody(self, address: Address, whom: str) -> Finding:
        outside = {name: there for name, there in self._interfaces.items() if name != "lo" and there}
        reached = ", ".join(f"{name} ({', '.join(there)})" for name, there in outside.items()) or "none yet but lo"
        told = f"{whom}: reached through EVERY interface, those to come as well: {reached}; {self._limit}"
        if not self._everybody:
            return Finding(NOTE, told, f"dev:IFACE:{address.port} limits it further")
        name = next(iter(outside), "wg0")
        return Finding(BAD, told, f"listen on 127.0.0.1:{address.port} or dev:{name}:{address.port}, {_LIMIT}")

    def _by_interface(self, address: Address, whom: str) -> Finding:
        there = self._interfaces.get(address.device)
        if there is None:
            known = ", ".join(self._interfaces)
            told = f"{whom}: there is no interface {address.device}, and nothing listens until it is there"
            return Finding(BAD, told, f"bring it up, as by: wg-quick up {address.device}; there are {known}")
        if address.host and address.host not in there:
            told = f"{whom}: {address.host} is no address of {address.device}, which has {_some(there)}"
            return Finding(BAD, told, f"give it that address, or listen on dev:{address.device}:{address.port}")
        told = f"{whom}: reached through {address.device} alone, at {address.host or _some(there)}; {self._limit}"
        if self._everybody and any(map(_public, [address.host] if address.host else there)):
            return Finding(BAD, f"{told}, and the Internet may reach it", f"choose another interface, {_LIMIT}")
        return Finding(GOOD, told)

    def _by_address(self, address: Address, whom: str) -> Finding:
        holders = [name for name, there in self._interfaces.items() if address.host in there]
        if not holders and not sockets.is_local(address):
            told = f"{whom}: {address.host} is no address of this machine, and nobody reaches it until it is"
            return Finding(BAD, told, "bring up the interface that should have it, or correct it")
        holder = holders[0] if holders else "the interface"
        others = [name for name, there in self._interfaces.items() if there and name not in ("lo", holder)]
        told = f"{whom}: reached at {address.host}, which is {holder}'s; {self._limit}"
        if self._everybody and _public(address.host):
            return Finding(BAD, f"{told}, and the Internet may reach it", f"listen on dev:IFACE:PORT, {_LIMIT}")
        weak = f"; bound to an address, not to {holder}: neighbours reach it through {_some(others)} as well"
        if not others or not self._everybody:
            return Finding(GOOD, told)
        return Finding(NOTE, told + weak, f"listen on dev:{holder}:{address.port}, {_LIMIT}")


def _public(host: str) -> bool:
    """Whether an address is one of the Internet's."""
    return ipaddress.ip_address(host).is_global


def _some(words: Sequence[str]) -> str:
    return ", ".join(words) or "no address"
