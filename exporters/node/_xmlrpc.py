"""One call of an XML-RPC server, over HTTP or a unix socket: http://HOST:PORT/PATH, https://…, unix:///PATH.

The standard library's client would bring megabytes of HTTP and e-mail with it.
Errors: ValueError for a URL of another form; Failed for an answer that is no success, or no XML-RPC; OSError from the
        socket, TimeoutError at the deadline.
"""

import socket
from binascii import b2a_base64
from time import monotonic

from motes.shared.collector import Failed

_PORTS = {"http": 80, "https": 443}
# Seconds, whatever the deadline.
_LONGEST = 10.0
_MOST_BYTES = 8 << 20
_CALL = b'<?xml version="1.0"?><methodCall><methodName>%b</methodName><params></params></methodCall>'
_SCALARS = frozenset(("string", "int", "i4", "i8", "boolean", "double", "dateTime.iso8601", "base64"))


class Address:
    """`host` is empty for a unix socket, and `path` then its path. `user`, with its password, is shown nowhere."""

    def __init__(self, url: str) -> None:
        scheme, separator, rest = url.partition("://")
        place, slash, path = rest.partition("/")
        user, _, host = place.rpartition("@")
        self.secure = scheme == "https"
        self.user = _unquoted(user)
        self.shown = f"{scheme}://{host}{slash}{path}"
        self.path = slash + path
        self.host, self.port = "", 0
        if scheme in _PORTS and host:
            self.host, self.port = _host_and_port(host, _PORTS[scheme])
        elif not separator or scheme != "unix" or place or not path:
            raise ValueError(f'"{url}" is no URL such as http://localhost:9001/RPC2 or unix:///run/supervisor.sock')


def _unquoted(user: str) -> str:
    if "%" not in user:
        return user
    from urllib.parse import unquote  # noqa: PLC0415 - for the passwords that need it

    return unquote(user)


def _host_and_port(word: str, default: int) -> tuple[str, int]:
    host, colon, port = word.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = word, str(default)
    if not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise ValueError(f'"{word}" is no host and port')
    return host.removeprefix("[").removesuffix("]"), int(port)


def call(url: str, method: str, deadline: float) -> bytes:
    """The answer's XML."""
    address = Address(url)
    until = min(deadline, monotonic() + _LONGEST)
    with _connection(address, until) as connection:
        connection.sendall(_request(address, _CALL % method.encode()))
        answer = _all(connection, until)
    head, separator, body = answer.partition(b"\r\n\r\n")
    status = head.partition(b"\r\n")[0].split(None, 2)
    if not separator or len(status) < 2 or not status[0].startswith(b"HTTP/"):
        raise Failed(f"{address.shown} does not answer in HTTP")
    if not status[1].startswith(b"2"):
        raise Failed(f"{address.shown} answers {b' '.join(status[1:]).decode('latin-1')}")
    return body


def _connection(address: Address, until: float) -> socket.socket:
    if not address.host:
        return _unix(address.path, until)
    connection = socket.create_connection((address.host, address.port), _left(until))
    if not address.secure:
        return connection
    import ssl  # noqa: PLC0415 - megabytes for those who ask for it

    with connection:
        return ssl.create_default_context().wrap_socket(connection, server_hostname=address.host)


def _unix(path: str, until: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(_left(until))
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


def _request(address: Address, body: bytes) -> bytes:
    """As HTTP 1.0, to which nobody answers in chunks."""
    lines = [
        f"POST {(address.path or '/') if address.host else '/RPC2'} HTTP/1.0",
        f"Host: {address.host or 'localhost'}",
        "Content-Type: text/xml",
        f"Content-Length: {len(body)}",
    ]
    if address.user:
        lines.append(f"Authorization: Basic {b2a_base64(address.user.encode(), newline=False).decode()}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def _all(connection: socket.socket, until: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while size <= _MOST_BYTES:
        connection.settimeout(_left(until))
        piece = connection.recv(65536)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
    raise Failed(f"an answer of more than {_MOST_BYTES} bytes")


def _left(until: float) -> float:
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError("no answer in time")
    return left


class _Structs:
    """What the parser of XML tells of: the structs of an answer, one after the other."""

    def __init__(self) -> None:
        self.all: list[dict[str, str]] = []
        self.complete = self.fault = False
        self._members: dict[str, str] = {}
        self._name = ""
        self._value: str | None = None
        self._text: list[str] = []

    def start(self, tag: str, _: object) -> None:
        self._text = []
        if tag == "value":
            self._value = None
        elif tag == "struct":
            self._members = {}
        elif tag == "fault":
            self.fault = True

    def data(self, text: str) -> None:
        self._text.append(text)

    def end(self, tag: str) -> None:
        text = "".join(self._text)
        if tag in _SCALARS or (tag == "value" and self._value is None):
            self._value = text
        elif tag == "name":
            self._name = text
        elif tag == "member":
            self._members[self._name] = self._value or ""
        elif tag == "struct":
            self.all.append(self._members)
        elif tag == "methodResponse":
            self.complete = True


def structs(answer: bytes) -> list[dict[str, str]]:
    """The structs of an answer that is an array of them, with their members as they are written."""
    from pyexpat import ExpatError, ParserCreate  # noqa: PLC0415 - a library for those who call

    found = _Structs()
    parser = ParserCreate()
    parser.StartElementHandler = found.start
    parser.CharacterDataHandler = found.data
    parser.EndElementHandler = found.end
    try:
        parser.Parse(answer, True)
    except ExpatError as error:
        raise Failed(f"the answer is no XML: {error}") from None
    if not found.complete:
        raise Failed("the answer is no XML-RPC")
    if found.fault:
        told = found.all[0] if found.all else {}
        raise Failed(f"the call failed: {told.get('faultString', 'nobody says why')}")
    return found.all
