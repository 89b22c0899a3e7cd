"""Values of an inventory, from TOML: names, addresses, keys, endpoints, labels.

Errors: ValueError with what is wrong and what would be right. A key is never repeated, for it may be the wrong one.
"""

import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv6Address,
    IPv6Interface,
    ip_address,
    ip_interface,
)

from motes.shared.options import INTEGER, TIMEOUT

Address = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ALPHANUMERIC = frozenset(_LETTERS + "0123456789")
_IN_NAMES = _ALPHANUMERIC | frozenset("-_.")
_IN_DOMAINS = _ALPHANUMERIC | frozenset("-.")
_LONGEST_NAME = 63
_LONGEST_DOMAIN = 253
_KEY_OCTETS = 32
_KEY_LENGTH = 44
_HIGHEST_PORT = 65535
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_IN_HASHES = _ALPHANUMERIC | frozenset("./$")
_PORTS = range(1024, 32768)
_SSH_KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
# What fleet itself puts on a host's series, or the database does.
_OUR_LABELS = ("instance", "job", "road")


@dataclass(frozen=True)
class Endpoint:
    """Where somebody can be reached from outside."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def name(given: str) -> str:
    """A host's, which becomes a folder, a label and a word of a shell."""
    if len(given) <= _LONGEST_NAME and given[:1] in _ALPHANUMERIC and _IN_NAMES.issuperset(given):
        return given
    raise ValueError(
        f"a name has letters, digits and the signs - _ . behind a letter or digit, {_LONGEST_NAME} at most"
    )


def text(given: object) -> str:
    if isinstance(given, str):
        return given
    raise ValueError(f"a string in quotes is wanted, and not {_kind(given)}")


def texts(given: object) -> list[str]:
    if isinstance(given, list):
        return [text(each) for each in given]
    raise ValueError('this is an array: write ["…", "…"]')


def table(given: object) -> dict[str, object]:
    if isinstance(given, dict):
        return given
    raise ValueError(f"a table is wanted, and not {_kind(given)}")


def port(given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        raise ValueError(f"a whole number is wanted, and not {_kind(given)}")
    if 0 < given <= _HIGHEST_PORT:
        return given
    raise ValueError(f"{given} is no port from 1 to {_HIGHEST_PORT}")


def interval(given: object) -> str:
    """A duration, as Prometheus reads it: without fractions."""
    milliseconds = round(1000 * TIMEOUT.read(given))
    if not milliseconds:
        raise ValueError("this is less than a millisecond")
    return f"{milliseconds}ms" if milliseconds % 1000 else f"{milliseconds // 1000}s"


def addresses(given: object) -> tuple[Address, ...]:
    """A host's own, within the tunnel."""
    return tuple(_distinct(_address(each) for each in texts(given)))


def interfaces(given: object) -> tuple[Interface, ...]:
    """The monitor's, with the networks that all are in."""
    return tuple(_distinct(_interface(each) for each in texts(given)))


def key(given: object) -> str:
    """A WireGuard key: 32 octets in base64."""
    encoded = text(given)
    try:
        octets = binascii.a2b_base64(encoded, strict_mode=True)
    except ValueError:
        octets = b""
    if len(octets) != _KEY_OCTETS or binascii.b2a_base64(octets, newline=False).decode() != encoded:
        raise ValueError(f"this is no key, which has {_KEY_LENGTH} characters, as `wg pubkey` prints it")
    return encoded


def endpoint(given: object) -> Endpoint:
    word = text(given)
    host, colon, digits = word.rpartition(":")
    if not colon or not host:
        raise ValueError(
            f'"{word}" is no endpoint such as monitor.example.org:51820, 192.0.2.1:51820 or [2001:db8::1]:51820'
        )
    try:
        return Endpoint(_outside(host), port(INTEGER.parse(digits)))
    except ValueError as error:
        raise ValueError(f'"{word}": {error}') from None


def ssh(given: object) -> Endpoint:
    """As an endpoint, where the port is mostly left out."""
    word = text(given)
    return endpoint(word if ":" in word.rpartition("]")[2] else f"{word}:22")


def ssh_key(given: object) -> str:
    """A public key, without the comment."""
    kind, _, rest = text(given).strip().partition(" ")
    encoded = rest.partition(" ")[0]
    try:
        octets = binascii.a2b_base64(encoded, strict_mode=True)
    except ValueError:
        octets = b""
    # RFC 4253, 6.6: a key begins with its kind, and that with its length.
    if kind not in _SSH_KINDS or octets[: 4 + len(kind)] != len(kind).to_bytes(4) + kind.encode() or "\n" in rest:
        raise ValueError(
            f"this is no public key of SSH, in one line: ssh-ed25519 AAAA…, or {', '.join(_SSH_KINDS[1:])}"
        )
    return f"{kind} {encoded}"


def certificate(given: object) -> str:
    """One in PEM, by itself: its private key is nobody else's."""
    lines = text(given).strip().splitlines()
    sound = len(lines) > 2 and lines[0] == _BEGIN and lines[-1] == _END
    try:
        octets = binascii.a2b_base64("".join(lines[1:-1]), strict_mode=True)
    except ValueError:
        octets = b""
    if not sound or not octets:
        raise ValueError(f"this is no certificate, which begins with the line {_BEGIN}")
    return "\n".join(lines) + "\n"


def password_hash(given: object) -> str:
    """As `openssl passwd -6` prints it."""
    word = text(given)
    if word.startswith("$6$") and word.count("$") == 3 and _IN_HASHES.issuperset(word):
        return word
    raise ValueError("this is no hash of a password, which begins with $6$")


def port_of_ours(given: object) -> int:
    """One that users may have, and that the kernel does not take for connections of its own."""
    if port(given) in _PORTS:
        return port(given)
    raise ValueError(f"{given} is no port from {_PORTS[0]} to {_PORTS[-1]}")


def labels(given: object) -> dict[str, str]:
    found = table(given)
    for called, value in found.items():
        if not called.isascii() or not called.isidentifier() or called.startswith("__"):
            raise ValueError(
                f'"{called}" is no name of a label: letters, digits and _, and at its beginning neither __ nor a digit'
            )
        if called in _OUR_LABELS:
            raise ValueError(f"the label {called} is fleet's own: choose another name")
        if not isinstance(value, str):
            raise ValueError(f"{called} is a string in quotes")
    return {called: text(value) for called, value in sorted(found.items())}


def _address(word: str) -> Address:
    try:
        found = ip_address(word)
    except ValueError:
        raise ValueError(f'"{word}" is no address such as 10.77.0.2 or fd77:6d6f:7465::2') from None
    if isinstance(found, IPv6Address) and (found.scope_id or found.ipv4_mapped):
        raise ValueError(f'"{word}" is no address such as fd77:6d6f:7465::2')
    return found


def _interface(word: str) -> Interface:
    address, slash, digits = word.partition("/")
    if not slash or not digits.isdigit():
        raise ValueError(f'"{word}" wants its network\'s prefix length, as in 10.77.0.1/24')
    _address(address)
    try:
        return ip_interface(word)
    except ValueError:
        raise ValueError(f'"{word}": "{digits}" is no prefix length') from None


def _outside(host: str) -> str:
    if host.startswith("["):
        if not host.endswith("]") or not isinstance(address := _address(host[1:-1]), IPv6Address):
            raise ValueError("what stands in [] is an IPv6 address")
        return str(address)
    if ":" in host:
        raise ValueError(f"an IPv6 address stands in brackets: [{host}]")
    labels = host.removesuffix(".").split(".")
    sound = all(0 < len(each) <= _LONGEST_NAME and each.strip("-") == each for each in labels)
    if not sound or not _IN_DOMAINS.issuperset(host) or len(host) > _LONGEST_DOMAIN:
        raise ValueError(f'"{host}" is no name or address of a host')
    if labels[-1].isdigit():
        _address(host)
    return host


def _distinct(given: "Iterable[Address | Interface]") -> "list":  # type: ignore[type-arg]
    found = list(given)
    for position, each in enumerate(found):
        if each in found[:position]:
            raise ValueError(f"{each} is given twice")
    return found


def _kind(given: object) -> str:
    kinds = {
        str: "a string",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "an array",
        dict: "a table",
    }
    return kinds.get(type(given), "a date")
