"""HTTP/1.1 and 1.0, the part that knows no sockets: heads in, heads out.

Source: RFC 9110, RFC 9112. Only GET and HEAD without a body are served here.
Errors: everything else raises Refused with the status that it deserves; the connection is closed after it.
"""

from collections.abc import Mapping
from functools import lru_cache
from time import gmtime, strftime, time

MAX_HEAD = 8192
# In front of a request; one is what old clients send behind the body of the one before.
_MOST_EMPTY_LINES = 4
METHODS = (b"GET", b"HEAD")

REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    414: "URI Too Long",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
    505: "HTTP Version Not Supported",
}

_TOKEN = frozenset(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_TARGET = frozenset(range(0x21, 0x7F)) - frozenset(b'#"<>\\^`{|}')
_HEX = frozenset(b"0123456789abcdefABCDEF")
_CONTROLS = bytes(code for code in range(0x20) if code != 0x09) + b"\x7f"


class Refused(Exception):
    """A request that gets an error: its status, and a sentence that says what is wrong."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


class Request:
    """One request: path and query decoded, header names in lower case, `keep_alive` as the client wishes."""

    __slots__ = ("headers", "keep_alive", "method", "modern", "path", "query")

    def __init__(self, method: bytes, target: bytes, modern: bool, headers: dict[bytes, bytes]) -> None:
        self.method = method
        self.modern = modern
        self.headers = headers
        path, _, query = target.partition(b"?")
        self.path = decoded(path).decode("utf-8", "replace")
        self.query = parse_query(query)
        wishes = headers.get(b"connection", b"").lower().translate(None, b" \t").split(b",")
        self.keep_alive = b"close" not in wishes and (modern or b"keep-alive" in wishes)


def head_length(received: bytes | bytearray) -> int:
    """How long the head at the start of what was received is, with the empty line; 0 while there is more to come.

    Refuses what is too long already. Empty lines before the request line belong to the head.
    """
    start = 0
    for _ in range(_MOST_EMPTY_LINES):
        if received.startswith((b"\r\n", b"\n"), start):
            start = received.index(b"\n", start) + 1
    ends = ((received.find(b"\n\r\n", start), 3), (received.find(b"\n\n", start), 2))
    length = min((at + width for at, width in ends if at >= 0), default=0)
    if length > MAX_HEAD or (not length and len(received) >= MAX_HEAD):
        if received.find(b"\n", start, MAX_HEAD) < 0:
            raise Refused(414, f"The request line is longer than {MAX_HEAD} bytes.")
        raise Refused(431, f"The request's head is longer than {MAX_HEAD} bytes.")
    return length


# Who scrapes says the same each time.
@lru_cache(maxsize=16)
def parse_head(head: bytes) -> Request:
    """A request from its whole head."""
    lines = [line.removesuffix(b"\r") for line in head.split(b"\n")]
    request_line, *lines = [line for line in lines if line] or [b""]
    words = request_line.split(b" ")
    if len(words) != 3 or not words[0] or not _TOKEN.issuperset(words[0]):
        raise Refused(400, "The request line is not METHOD TARGET HTTP/1.1.")
    method, target, version = words
    modern = _modern(version)
    headers = _headers(lines)
    if method not in METHODS:
        raise Refused(405, "Only GET and HEAD are served here.")
    if modern and b"host" not in headers:
        raise Refused(400, "An HTTP/1.1 request names its Host.")
    _refuse_a_body(headers)
    return Request(method, _origin_form(target), modern, headers)


def _modern(version: bytes) -> bool:
    name, _, number = version.partition(b"/")
    if name != b"HTTP" or len(number) != 3 or number[1:2] != b"." or not (number[:1] + number[2:]).isdigit():
        raise Refused(400, "The request line does not end with a version such as HTTP/1.1.")
    if number[:1] != b"1":
        raise Refused(505, "HTTP/1.1 and HTTP/1.0 are served here.")
    return number != b"1.0"


def _headers(lines: list[bytes]) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or not _TOKEN.issuperset(name):
            raise Refused(400, "A header line is not NAME: VALUE.")
        if value.translate(None, _CONTROLS) != value:
            raise Refused(400, "A header holds a control character.")
        name = name.lower()
        value = value.strip(b" \t")
        if name in headers:
            if name in (b"host", b"content-length"):
                raise Refused(400, f"{name.decode().title()} is given twice.")
            value = headers[name] + b", " + value
        headers[name] = value
    return headers


def _refuse_a_body(headers: Mapping[bytes, bytes]) -> None:
    length = headers.get(b"content-length", b"0")
    if b"transfer-encoding" in headers or length.strip(b"0") or not length:
        raise Refused(400, "A request with a body is not served here.")


def _origin_form(target: bytes) -> bytes:
    if not _TARGET.issuperset(target):
        raise Refused(400, "The request's target holds a character that must be escaped.")
    if target[:7].lower() == b"http://" or target[:8].lower() == b"https://":
        rest = target[target.index(b"//") + 2 :]
        authority = min((rest.find(mark) for mark in (b"/", b"?") if mark in rest), default=len(rest))
        target = rest[authority:]
        target = target if target.startswith(b"/") else b"/" + target
    if not target.startswith(b"/"):
        raise Refused(400, "The request's target is neither a path nor an address.")
    return target


def decoded(escaped: bytes) -> bytes:
    """Percent-escapes undone."""
    first, *parts = escaped.split(b"%")
    if not parts:
        return escaped
    if not all(len(part) >= 2 and _HEX.issuperset(part[:2]) for part in parts):
        raise Refused(400, "A % in the request's target is not followed by two hexadecimal digits.")
    return first + b"".join([bytes((int(part[:2], 16),)) + part[2:] for part in parts])


def parse_query(query: bytes) -> dict[str, list[str]]:
    """`collect[]=cpu&collect%5B%5D=os` as names and their values."""
    found: dict[str, list[str]] = {}
    for pair in query.split(b"&") if query else ():
        name, _, value = (decoded(part.replace(b"+", b" ")).decode("utf-8", "replace") for part in pair.partition(b"="))
        found.setdefault(name, []).append(value)
    return found


@lru_cache(maxsize=16)
def preferences(header: bytes) -> Mapping[bytes, float]:
    """An Accept or Accept-Encoding header as {value with its parameters: q}; a q that cannot be read is 0."""
    wishes: dict[bytes, float] = {}
    for part in header.lower().split(b","):
        value, *parameters = [word.strip() for word in part.split(b";")]
        q = 1.0
        kept = []
        for parameter in parameters:
            name, _, setting = parameter.partition(b"=")
            if name.strip() == b"q":
                q = _q(setting.strip())
            elif parameter:
                kept.append(name.strip() + b"=" + setting.strip().strip(b'"'))
        if value:
            wishes[b";".join([value, *kept])] = q
    return wishes


def _q(word: bytes) -> float:
    try:
        q = float(word)
    except ValueError:
        return 0.0
    return q if 0 <= q <= 1 else 0.0


def wants_openmetrics(accept: bytes) -> bool:
    """Whether OpenMetrics is wanted more than the text format, which is what everybody else gets."""
    openmetrics = text = anything = 0.0
    for wish, q in preferences(accept).items():
        kind, *parameters = wish.split(b";")
        version = [parameter for parameter in parameters if parameter.startswith(b"version=")]
        if kind == b"application/openmetrics-text" and version in ([], [b"version=1.0.0"]):
            openmetrics = max(openmetrics, q)
        elif kind == b"text/plain" and version in ([], [b"version=0.0.4"]):
            text = max(text, q)
        elif kind in (b"text/*", b"*/*"):
            anything = max(anything, q)
    return openmetrics > 0 and openmetrics >= max(text, anything if not text else 0.0)


def wants_gzip(accept_encoding: bytes) -> bool:
    wishes = preferences(accept_encoding)
    q = wishes.get(b"gzip", wishes.get(b"x-gzip", wishes.get(b"*", 0.0)))
    return q > 0 and q >= wishes.get(b"identity", 0.0)


def response_head(
    status: int, length: int, kind: str, *, keep_alive: bool, modern: bool = True, more: Mapping[str, str] | None = None
) -> bytes:
    """A response's head with its empty line, for a body of so many bytes."""
    lines = [
        f"HTTP/1.1 {status} {REASONS[status]}",
        f"Date: {_date(int(time()))}",
        f"Content-Type: {kind}",
        f"Content-Length: {length}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
    ]
    if not keep_alive:
        lines.append("Connection: close")
    elif not modern:
        lines.append("Connection: keep-alive")
    lines.extend(f"{name}: {value}" for name, value in (more or {}).items())
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def _date(now: int) -> str:
    # Not %a and %b: those follow the locale.
    at = gmtime(now)
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[at.tm_wday]
    month = "JanFebMarAprMayJunJulAugSepOctNovDec"[at.tm_mon * 3 - 3 : at.tm_mon * 3]
    return f"{day}, {at.tm_mday:02d} {month} " + strftime("%Y %H:%M:%S GMT", at)
