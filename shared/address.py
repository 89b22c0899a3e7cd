"""Addresses to listen on, from text and back.

    HOST:PORT  [V6]:PORT  [V6%IFACE]:PORT  :PORT  dev:IFACE:PORT  unix:/PATH  fd:  fd:NAME

A host is a literal address, or `localhost`, which is 127.0.0.1; `[::]:PORT` is `:PORT`, both families.
Errors: ValueError with what is wrong and what would be right.
"""

from collections.abc import Sequence
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

_LOOPBACK = "lo"
_ANY_IPV4 = "0.0.0.0"  # noqa: S104 - recognised here, chosen by nobody but the user
_MAPPED = bytes(10) + b"\xff\xff"
_IFNAMSIZ = 16  # linux/if.h, with the zero at the end
_SUN_PATH = 108  # linux/un.h, with the zero at the end


class Address:
    """One place to listen: `kind` is "tcp", "unix" or "fd".

    `host` is empty where every address of both families is meant, `device` where any interface is;
    `path` is the unix socket's, `name` the service manager's for its sockets (empty: all of them).
    """

    __slots__ = ("device", "host", "kind", "name", "path", "port")

    def __init__(
        self, kind: str, *, host: str = "", port: int = 0, device: str = "", path: str = "", name: str = ""
    ) -> None:
        self.kind = kind
        self.host = host
        self.port = port
        self.device = device
        self.path = path
        self.name = name

    def __str__(self) -> str:
        if self.kind == "unix":
            return f"unix:{self.path}"
        if self.kind == "fd":
            return f"fd:{self.name}"
        if not self.host:
            return f"dev:{self.device}:{self.port}" if self.device else f":{self.port}"
        if ":" not in self.host:
            return f"{self.host}:{self.port}"
        return f"[{self.host}%{self.device}]:{self.port}" if self.follows else f"[{self.host}]:{self.port}"

    def __repr__(self) -> str:
        return f"<Address {self}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    @property
    def loopback(self) -> bool:
        return self.host == "::1" or self.host.startswith("127.")

    @property
    def follows(self) -> bool:
        """Whether it stands and falls with an interface. A loopback address is on `lo` for company's sake only."""
        return bool(self.device) and not self.loopback

    @property
    def everywhere(self) -> bool:
        """Whether every interface is meant."""
        return self.kind == "tcp" and not self.device and self.host in ("", _ANY_IPV4)


def parse(spec: str) -> Address:
    if spec.startswith("unix:"):
        return _unix(spec, spec.removeprefix("unix:"))
    if spec.startswith("fd:"):
        return Address("fd", name=spec.removeprefix("fd:"))
    host, colon, port = spec.rpartition(":")
    if not colon:
        raise ValueError(f'"{spec}" has no port: write {_with_port(spec)}')
    number = _port(spec, port)
    if host.startswith("dev:") or host == "dev":
        return Address("tcp", device=_interface(spec, host[4:]), port=number)
    return _tcp(spec, host, number)


def check(addresses: Sequence[Address]) -> None:
    """Refuse two that cannot both be listened on."""
    for index, later in enumerate(addresses):
        for earlier in addresses[:index]:
            if overlap(earlier, later):
                raise ValueError(clash(earlier, later))


def clash(earlier: Address, later: Address) -> str:
    return f"{earlier} and {later} overlap: leave one out, or give it another port or path"


def overlap(one: Address, other: Address) -> bool:
    """Whether the kernel would refuse the second; it does so where no more than the device tells two apart."""
    if one.kind != other.kind:
        return False
    if one.kind == "unix":
        return one.path == other.path
    if one.kind == "fd":
        return one.name == other.name or not one.name or not other.name
    if one.port != other.port or not one.port:
        return False
    if one.device and other.device and one.device != other.device:
        return False
    return _same_host(one.host, other.host)


def packed(host: str) -> bytes:
    """Four or sixteen bytes; an IPv4-mapped address gives four. OSError for anything but a literal address."""
    if ":" not in host:
        return inet_pton(AF_INET, host)
    whole = inet_pton(AF_INET6, host)
    return whole[12:] if whole.startswith(_MAPPED) else whole


def _tcp(spec: str, host: str, port: int) -> Address:
    bracketed = host.startswith("[") and host.endswith("]")
    literal, percent, zone = host[1:-1].partition("%") if bracketed else (host, "", "")
    device = _interface(spec, zone) if percent else ""
    if not bracketed and ":" in host:
        raise ValueError(f'"{spec}": an IPv6 address stands in brackets, as in [fd00::1]:9100')
    if bracketed and ":" not in literal:
        raise ValueError(f'"{spec}": only an IPv6 address stands in brackets')
    return _on_device(spec, _literal(spec, literal), port, device)


def _on_device(spec: str, host: str, port: int, device: str) -> Address:
    address = Address("tcp", host=host, port=port, device=device)
    if device and (address.loopback or ":" not in host):
        raise ValueError(f'"{spec}": this address takes no interface (dev:{device}:{port} takes no address)')
    if _link_local(host) and not device:
        raise ValueError(f'"{spec}": a link-local address needs its interface, as in [{host}%wg0]:{port}')
    if address.loopback:
        address.device = _LOOPBACK
    return address


def _literal(spec: str, host: str) -> str:
    """The canonical form; empty for every address of both families."""
    if host in ("", "localhost"):
        return host and "127.0.0.1"
    try:
        whole = packed(host)
    except OSError:
        raise ValueError(
            f'"{spec}": "{host}" is no address; names are not looked up, write it in digits, as in 127.0.0.1:9100'
        ) from None
    if len(whole) == 4:
        return inet_ntop(AF_INET, whole)
    return inet_ntop(AF_INET6, whole) if any(whole) else ""


def _port(spec: str, word: str) -> int:
    if word.isascii() and word.isdigit() and len(word) <= 5 and int(word) <= 65535:
        return int(word)
    raise ValueError(f'"{spec}": "{word}" is no port; it is a number up to 65535, as in :9100')


def _interface(spec: str, name: str) -> str:
    # As dev_valid_name() in the kernel has it.
    bad = not name or name in (".", "..") or len(name.encode("utf-8", "surrogateescape")) >= _IFNAMSIZ
    if bad or any(character in "/:" or character.isspace() for character in name):
        raise ValueError(f'"{spec}": "{name}" is no interface name; write dev:wg0:9100 or [fe80::1%wg0]:9100')
    return name


def _unix(spec: str, path: str) -> Address:
    if not path.startswith("/") or path.endswith("/") or "\0" in path:
        raise ValueError(f'"{spec}": a unix socket has an absolute path, as in unix:/run/motes/node.sock')
    if len(path.encode("utf-8", "surrogateescape")) >= _SUN_PATH:
        raise ValueError(f'"{spec}": the path of a unix socket is at most {_SUN_PATH - 1} bytes long')
    return Address("unix", path=path)


def _with_port(spec: str) -> str:
    if spec.isascii() and spec.isdigit():
        return f"127.0.0.1:{spec}, or :{spec} for every interface"
    return f"{spec}:9100" if spec else "127.0.0.1:9100"


def _link_local(host: str) -> bool:
    return ":" in host and packed(host)[0] == 0xFE and packed(host)[1] & 0xC0 == 0x80


def _same_host(one: str, other: str) -> bool:
    if one == other or not one or not other:
        return True
    return _ANY_IPV4 in (one, other) and ":" not in one + other
