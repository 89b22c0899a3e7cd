"""D-Bus messages: method calls made, and any message taken apart. Knows no sockets.

Source: the D-Bus Specification, "Message Protocol". Calls are in the machine's order of bytes, answers in any.
Errors: ValueError for a message that is garbled.
"""

import struct
from collections.abc import Callable, Iterator
from functools import lru_cache
from sys import byteorder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # What is at a place of the message's data, and the place behind it.
    Reader = Callable[[bytes, int, str], tuple[Any, int]]

HEAD = 16
METHOD_RETURN, ERROR = 2, 3

_METHOD_CALL = 1
_NO_AUTO_START = 0x2  # looking at a service does not start it
_VERSION = 1
_PATH, _INTERFACE, _MEMBER, _ERROR_NAME, _REPLY_SERIAL, _DESTINATION, _SIGNATURE = 1, 2, 3, 4, 5, 6, 8
_ORDERS = {ord("l"): "<", ord("B"): ">"}
_OWN_ORDER = "l" if byteorder == "little" else "B"
_LARGEST = 1 << 27
_FIELDS = "a(yv)"
# Of each fixed type, the letter that `struct` has for it; it is aligned to its size.
_FIXED = {"y": "B", "b": "I", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d", "h": "I"}
_ALIGNED = {"s": 4, "o": 4, "g": 1, "v": 1, "a": 4, "(": 8, "{": 8}
_DEEPEST = 64


class Call:
    """A method call whose arguments are strings."""

    __slots__ = ("arguments", "destination", "interface", "member", "path")

    def __init__(self, destination: str, path: str, interface: str, member: str, *arguments: str) -> None:
        self.destination = destination
        self.path = path
        self.interface = interface
        self.member = member
        self.arguments = arguments


def get(destination: str, path: str, interface: str, name: str) -> Call:
    """The call for a property."""
    return Call(destination, path, "org.freedesktop.DBus.Properties", "Get", interface, name)


class Message:
    """What came in: its kind, the call that it answers (0 for none), an error's name, and its values."""

    __slots__ = ("answers", "error", "kind", "values")

    def __init__(self, data: bytes) -> None:
        try:
            order = _ORDERS[data[0]]
            self.kind = data[1]
            fields, at = _reader(_FIELDS)(data, 12, order)
            known = dict(fields)
            self.answers: int = known.get(_REPLY_SERIAL, 0)
            self.error: str = known.get(_ERROR_NAME, "")
            self.values = _read(known.get(_SIGNATURE, ""), data, (at + 7) & ~7, order)
        except (struct.error, IndexError, KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"D-Bus: a garbled message: {error!r}") from error


def length(head: bytes | bytearray) -> int:
    """Of a whole message, from its first 16 bytes."""
    if head[0] not in _ORDERS:
        raise ValueError(f"D-Bus: no message begins with {head[:1]!r}")
    body, _, fields = struct.unpack_from(_ORDERS[head[0]] + "III", head, 4)
    whole: int = HEAD + ((fields + 7) & ~7) + body
    if whole > _LARGEST:
        raise ValueError(f"D-Bus: a message of {whole} bytes")
    return whole


def request(call: Call, serial: int) -> bytes:
    """A call as it is sent."""
    body = b"".join(_padded(_string(argument), 4) for argument in call.arguments[:-1])
    body += b"".join(_string(argument) for argument in call.arguments[-1:])
    told = [(_PATH, "o", call.path), (_INTERFACE, "s", call.interface), (_MEMBER, "s", call.member)]
    told.append((_DESTINATION, "s", call.destination))
    fields = b"".join(_padded(bytes((code, 1, ord(kind), 0)) + _string(text), 8) for code, kind, text in told)
    fields += bytes((_SIGNATURE, 1, ord("g"), 0, len(call.arguments))) + b"s" * len(call.arguments) + b"\0"
    kind = (ord(_OWN_ORDER), _METHOD_CALL, _NO_AUTO_START, _VERSION)
    return struct.pack("=4BIII", *kind, len(body), serial, len(fields)) + _padded(fields, 8) + body


def _string(text: str) -> bytes:
    told = text.encode("utf-8", "surrogateescape")
    return struct.pack("=I", len(told)) + told + b"\0"


def _padded(data: bytes, to: int) -> bytes:
    return data + bytes(-len(data) % to)


def _read(signature: str, data: bytes, at: int, order: str) -> "list[Any]":
    values = []
    for one in _types(signature):
        value, at = _reader(one)(data, at, order)
        values.append(value)
    return values


def _types(signature: str) -> Iterator[str]:
    """The complete types that a signature is made of."""
    at = 0
    while at < len(signature):
        end = _end(signature, at)
        yield signature[at:end]
        at = end


def _end(signature: str, at: int) -> int:
    """Where the complete type at this place ends."""
    while signature[at] == "a":
        at += 1
    depth = 0
    while True:
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(signature[at], 0)
        at += 1
        if not depth:
            return at


@lru_cache(maxsize=64)
def _reader(signature: str) -> "Reader":
    """What reads values of one complete type."""
    if len(signature) > _DEEPEST:
        raise IndexError(f"a type of {len(signature)} letters")
    kind = signature[0]
    if kind in _FIXED:
        return _fixed(_FIXED[kind], is_boolean=kind == "b")
    if kind == "a":
        return _array(_reader(signature[1:]), _alignment(signature[1]))
    if kind in "({":
        return _structure([_reader(one) for one in _types(signature[1:-1])])
    return {"s": _text, "o": _text, "g": _short_text, "v": _variant}[kind]


def _alignment(kind: str) -> int:
    return _ALIGNED[kind] if kind in _ALIGNED else struct.calcsize("=" + _FIXED[kind])


def _fixed(code: str, *, is_boolean: bool) -> "Reader":
    forms = {order: struct.Struct(order + code) for order in _ORDERS.values()}
    size = struct.calcsize("=" + code)

    def read(data: bytes, at: int, order: str) -> "tuple[Any, int]":
        at = (at + size - 1) & -size
        (value,) = forms[order].unpack_from(data, at)
        return bool(value) if is_boolean else value, at + size

    return read


def _text(data: bytes, at: int, order: str) -> tuple[str, int]:
    begin = ((at + 3) & -4) + 4
    end = begin + int.from_bytes(data[begin - 4 : begin], "little" if order == "<" else "big")
    if end >= len(data):
        raise IndexError(f"a string that ends at {end} of {len(data)}")
    return data[begin:end].decode("utf-8", "surrogateescape"), end + 1


def _short_text(data: bytes, at: int, _: str) -> tuple[str, int]:
    end = at + 1 + data[at]
    return data[at + 1 : end].decode("ascii", "replace"), end + 1


def _variant(data: bytes, at: int, order: str) -> "tuple[Any, int]":
    signature, at = _short_text(data, at, order)
    return _reader(signature)(data, at, order)


def _array(read_one: "Reader", alignment: int) -> "Reader":
    def read(data: bytes, at: int, order: str) -> "tuple[list[Any], int]":
        begin = (at + 3) & -4
        (size,) = struct.unpack_from(order + "I", data, begin)
        at = (begin + 4 + alignment - 1) & -alignment
        end = at + size
        if end > len(data):
            raise IndexError(f"an array that ends at {end} of {len(data)}")
        values = []
        while at < end:
            value, at = read_one(data, at, order)
            values.append(value)
        return values, end

    return read


def _structure(readers: "list[Reader]") -> "Reader":
    if not readers:
        raise IndexError("a structure of nothing")

    def read(data: bytes, at: int, order: str) -> "tuple[tuple[Any, ...], int]":
        at = (at + 7) & -8
        values = []
        for read_one in readers:
            value, at = read_one(data, at, order)
            values.append(value)
        return tuple(values), at

    return read
