"""Who may connect: addresses and networks, IPv4 and IPv6.

With `socket.inet_pton` and whole numbers: importing `ipaddress` costs almost half a megabyte.
Errors: ValueError that names the word.
"""

from collections.abc import Iterable

from motes.shared.address import packed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Allow:
    """An empty list permits everybody. Whoever reaches a unix socket is permitted by its mode already."""

    __slots__ = ("_networks",)

    def __init__(self, words: Iterable[str]) -> None:
        self._networks = [_network(word) for word in words]

    def permits(self, peer: "str | bytes | tuple[Any, ...] | None") -> bool:
        """Whether the peer, as `accept` gives it, may be answered."""
        if not self._networks or not isinstance(peer, tuple):
            return True
        whole = packed(peer[0].partition("%")[0])
        number = int.from_bytes(whole, "big")
        return any(size == len(whole) and number >> shift == prefix for size, prefix, shift in self._networks)


def _network(word: str) -> tuple[int, int, int]:
    """Its address's size in bytes, its prefix as a number, and how many bits follow that."""
    host, slash, digits = word.partition("/")
    try:
        whole = packed(host)
    except OSError:
        raise ValueError(f'"{word}" is no address or network such as 10.77.0.2, 10.77.0.0/24 or fd00::/8') from None
    if len(whole) == 4 and ":" in host:
        raise ValueError(f'"{word}" is an IPv4 address in IPv6 dress: write it in IPv4, as in 10.77.0.0/24')
    length = _length(word, digits, 8 * len(whole)) if slash else 8 * len(whole)
    shift = 8 * len(whole) - length
    number = int.from_bytes(whole, "big")
    if number >> shift << shift != number:
        raise ValueError(f'"{word}" has bits set behind its first {length}: write {host} alone or clear them')
    return len(whole), number >> shift, shift


def _length(word: str, digits: str, most: int) -> int:
    if digits.isascii() and digits.isdigit() and len(digits) <= 3 and int(digits) <= most:
        return int(digits)
    raise ValueError(f'"{word}": "{digits}" is no prefix length from 0 to {most}')
