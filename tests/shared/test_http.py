"""Heads of requests and what becomes of them: whole, byte by byte, and with more behind them."""

import re
from collections.abc import Iterator, Sequence
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from motes.shared import http
from motes.shared.http import MAX_HEAD, Refused, Request, decoded, head_length, parse_head, parse_query, response_head

Feed = Iterator[bytes]
PLAIN = b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n"


def fed(chunks: Sequence[bytes]) -> tuple[Request | int, int]:
    """The request or the status that comes of these chunks (0 while more is awaited), and the bytes it has used."""
    received = bytearray()
    for chunk in chunks:
        received += chunk
        try:
            if length := head_length(received):
                return parse_head(bytes(received[:length])), length
        except Refused as refused:
            assert refused.status in http.REASONS
            assert str(refused).endswith(".")
            return refused.status, 0
    return 0, 0


def outcome(request: Request | int) -> object:
    if isinstance(request, int):
        return request
    return request.method, request.path, request.query, request.keep_alive, request.headers


def one_by_one(whole: bytes) -> list[bytes]:
    return [whole[at : at + 1] for at in range(len(whole))]


ACCEPTED = {
    "plain": (PLAIN, (b"GET", "/metrics", {}, True)),
    "head": (b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", (b"HEAD", "/", {}, True)),
    "line feeds alone": (b"GET / HTTP/1.1\nHost: h\n\n", (b"GET", "/", {}, True)),
    "mixed line ends": (b"GET / HTTP/1.1\nHost: h\r\n\n", (b"GET", "/", {}, True)),
    "empty lines before it": (b"\r\n\n" + PLAIN, (b"GET", "/metrics", {}, True)),
    "1.0": (b"GET / HTTP/1.0\r\n\r\n", (b"GET", "/", {}, False)),
    "1.0 that stays": (b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", (b"GET", "/", {}, True)),
    "1.1 that goes": (b"GET / HTTP/1.1\r\nHost: h\r\nConnection: x,\tClose\r\n\r\n", (b"GET", "/", {}, False)),
    "both wishes": (b"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", (b"GET", "/", {}, False)),
    "1.2": (b"GET / HTTP/1.2\r\nHost: h\r\n\r\n", (b"GET", "/", {}, True)),
    "empty host": (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", (b"GET", "/", {}, True)),
    "a body of nothing": (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", (b"GET", "/", {}, True)),
    "absolute": (
        b"GET http://h:9100/metrics?a=b HTTP/1.1\r\nHost: h\r\n\r\n",
        (b"GET", "/metrics", {"a": ["b"]}, True),
    ),
    "absolute, no path": (b"GET HTTPS://h HTTP/1.1\r\nHost: h\r\n\r\n", (b"GET", "/", {}, True)),
    "absolute, query alone": (b"GET http://h?a=/ HTTP/1.1\r\nHost: h\r\n\r\n", (b"GET", "/", {"a": ["/"]}, True)),
    "escaped": (b"GET /m%65trics%3f HTTP/1.0\r\n\r\n", (b"GET", "/metrics?", {}, False)),
    "escaped, no UTF-8": (b"GET /%ff HTTP/1.0\r\n\r\n", (b"GET", "/\ufffd", {}, False)),
    "brackets": (
        b"GET /?collect[]=cpu&collect%5B%5D=os HTTP/1.0\r\n\r\n",
        (b"GET", "/", {"collect[]": ["cpu", "os"]}, False),
    ),
}

REFUSED = {
    "no words": (b"hello\r\n\r\n", 400),
    "two words": (b"GET /\r\n\r\n", 400),
    "four words": (b"GET / x HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "two spaces": (b"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "no method": (b" / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "method with a colon": (b"G:T / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n", 400),
    "carriage return alone": (b"\r\r\n\n", 400),
    "no version": (b"GET / HTTP\r\nHost: h\r\n\r\n", 400),
    "version in small letters": (b"GET / http/1.1\r\nHost: h\r\n\r\n", 400),
    "long version": (b"GET / HTTP/1.10\r\nHost: h\r\n\r\n", 400),
    "no digit": (b"GET / HTTP/1.x\r\nHost: h\r\n\r\n", 400),
    "2.0": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "0.9": (b"GET / HTTP/0.9\r\n\r\n", 505),
    "POST": (b"POST /metrics HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", 405),
    "OPTIONS": (b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 405),
    "method in small letters": (b"get / HTTP/1.1\r\nHost: h\r\n\r\n", 405),
    "CONNECT": (b"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 405),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: h\r\nhost: h\r\n\r\n", 400),
    "no colon": (b"GET / HTTP/1.1\r\nHost\r\n\r\n", 400),
    "no name": (b"GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n", 400),
    "space before the colon": (b"GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400),
    "a folded line": (b"GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n", 400),
    "NUL in a header": (b"GET / HTTP/1.1\r\nHost: h\0\r\n\r\n", 400),
    "carriage return in a header": (b"GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", 400),
    "a body": (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", 400),
    "a chunked body": (b"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    "two lengths": (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
    "no length": (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", 400),
    "a signed length": (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +0\r\n\r\n", 400),
    "fragment": (b"GET /#a HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "raw UTF-8": ("GET /ä HTTP/1.1\r\nHost: h\r\n\r\n".encode(), 400),
    "asterisk": (b"GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "authority": (b"GET h:80 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "other scheme": (b"GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "half an escape": (b"GET /%4 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "no escape": (b"GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "half an escape in the query": (b"GET /?a=% HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "long target": (b"GET /" + b"a" * MAX_HEAD + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
    "no line end": (b"a" * MAX_HEAD, 414),
    "empty lines": (b"\r\n" * 6 + PLAIN, 400),
    "long header": (b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"a" * MAX_HEAD + b"\r\n\r\n", 431),
    "many headers": (b"GET / HTTP/1.1\r\nHost: h\r\n" + b"A: b\r\n" * MAX_HEAD + b"\r\n", 431),
}

UNFINISHED = [b"", b"\r", b"\r\n\r\n", b"GET", b"GET / HTTP/1.1\r\n", PLAIN[:-1], b"GET / HTTP/1.1\nHost: h\n"]


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str) -> None:
    head, wanted = ACCEPTED[name]
    for chunks in ([head], one_by_one(head), [head + b"\0tail"], [head, b"GET "]):
        request, used = fed(chunks)
        assert isinstance(request, Request)
        assert (request.method, request.path, request.query, request.keep_alive) == wanted
        assert used == len(head)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    head, status = REFUSED[name]
    for chunks in ([head], one_by_one(head), [head + b"\0tail"]):
        assert fed(chunks)[0] == status


@pytest.mark.parametrize("start", UNFINISHED)
def test_unfinished(start: bytes) -> None:
    assert fed([start]) == fed(one_by_one(start)) == (0, 0)


@pytest.mark.parametrize("length", [MAX_HEAD - 1, MAX_HEAD, MAX_HEAD + 1])
def test_the_longest_head(length: int) -> None:
    start = b"GET / HTTP/1.1\r\nHost: h\r\nA: "
    head = start + b"a" * (length - len(start) - 4) + b"\r\n\r\n"
    wanted = 431 if length > MAX_HEAD else (b"GET", "/")
    for chunks in ([head], one_by_one(head), [head + PLAIN]):
        request, _ = fed(chunks)
        assert (request if isinstance(request, int) else (request.method, request.path)) == wanted


def test_headers() -> None:
    request = parse_head(b"GET / HTTP/1.1\r\nHost:\th \r\nACCEPT: a\r\nX: \xff\r\naccept:b;q=0\r\n\r\n")
    assert request.headers == {b"host": b"h", b"accept": b"a, b;q=0", b"x": b"\xff"}


def test_requests_that_follow_each_other_are_taken_one_at_a_time() -> None:
    received = PLAIN + b"\r\n" + PLAIN.replace(b"/metrics", b"/") + PLAIN[:9]
    paths = []
    while length := head_length(received):
        paths.append(parse_head(received[:length]).path)
        received = received[length:]
    assert paths == ["/metrics", "/"]
    assert received == PLAIN[:9]


# Bytes that mean something to the parser, more often than chance has them.
LIKELY = st.sampled_from(
    [
        b"GET",
        b"HEAD",
        b" ",
        b"/",
        b"HTTP/1.1",
        b"HTTP/1.0",
        b"\r\n",
        b"\n",
        b"\r",
        b"Host: h",
        b":",
        b"%",
        b"?",
        b"&",
        b"\0",
    ]
    + [b"Content-Length: 0", b"Connection: close", b"http://", b"=", b"+", b"%41", b"\r\n\r\n"]
)


@given(st.one_of(st.binary(), st.lists(st.one_of(LIKELY, st.binary(max_size=3))).map(b"".join)))
@example(b"\r\n\n \n\n")
def test_any_bytes_are_a_request_or_refused_however_they_come(whole: bytes) -> None:
    at_once, used = fed([whole])
    little_by_little, used_then = fed(one_by_one(whole))
    assert outcome(at_once) == outcome(little_by_little)
    assert used == used_then


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good head with a few of its bytes gone, changed or added."""
    head = bytearray(draw(st.sampled_from([case[0] for case in ACCEPTED.values()])))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(head)))
        head[at : at + draw(st.integers(0, 2))] = draw(st.one_of(LIKELY, st.binary(max_size=2)))
    return bytes(head)


@given(mutated())
def test_a_head_that_is_almost_good(head: bytes) -> None:
    request, used = fed([head])
    assert outcome(request) == outcome(fed(one_by_one(head))[0])
    if isinstance(request, Request):
        assert request.method in http.METHODS
        assert request.path.startswith(("/", "\ufffd"))
        assert used <= len(head)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (b"", {}),
        (b"a", {"a": [""]}),
        (b"a=b=c&a=d+e", {"a": ["b=c", "d e"]}),
        (b"%61=%2B%26", {"a": ["+&"]}),
        (b"a=%ff", {"a": ["\ufffd"]}),
        (b"&&", {"": ["", "", ""]}),
    ],
)
def test_query(query: bytes, wanted: dict[str, list[str]]) -> None:
    assert parse_query(query) == wanted


@given(st.binary())
def test_percent_escapes_are_undone(value: bytes) -> None:
    assert decoded(b"".join(b"%%%02x" % byte for byte in value)) == value


@pytest.mark.parametrize("status", http.REASONS)
@pytest.mark.parametrize(
    ("keep_alive", "modern", "connection"), [(True, True, ""), (True, False, "keep-alive"), (False, True, "close")]
)
def test_response_head(status: int, keep_alive: bool, modern: bool, connection: str) -> None:
    head = response_head(status, 7, "text/plain", keep_alive=keep_alive, modern=modern, more={"Vary": "Accept"})
    first, *lines = head.decode("ascii").removesuffix("\r\n\r\n").split("\r\n")
    assert re.fullmatch(rf"HTTP/1\.1 {status} [A-Z][A-Za-z ]+", first)
    headers = dict(line.split(": ", 1) for line in lines)
    assert headers.get("Connection", "") == connection
    assert headers["Content-Length"] == "7"
    assert headers["Vary"] == "Accept"


@pytest.mark.parametrize("now", [0, 951827696, 1700000000, 4102444800])
def test_date(now: int) -> None:
    shown = http._date(now)
    assert parsedate_to_datetime(shown).timestamp() == now
    assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", shown)
