"""A server and its clients, on loopback."""

import gzip
import http.client
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motes.shared import connection
from motes.shared import http as parser
from motes.shared import pages as pages_module
from motes.shared.allow import Allow
from motes.shared.exposition import OPENMETRICS, TEXT

from tests.shared.conftest import Logged
from tests.shared.test_http import ACCEPTED, REFUSED
from tests.support.fakes import Gate, Scripted
from tests.support.namespaces import until
from tests.support.oracles import read_openmetrics, read_text, series
from tests.support.serving import Client, Serving


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    with Serving(Scripted("a"), Scripted("b")) as serving:
        yield serving


@pytest.fixture
def client(serving: Serving) -> Iterator[Client]:
    with serving.connect() as client:
        yield client


def test_another_client_of_http(serving: Serving) -> None:
    assert isinstance(serving.name, tuple)
    theirs = http.client.HTTPConnection(*serving.name, timeout=30)
    for method, path, status in [
        ("GET", "/metrics", 200),
        ("HEAD", "/metrics", 200),
        ("GET", "/-/healthy", 200),
        ("GET", "/-/ready", 200),
        ("GET", "/", 200),
        ("GET", "/nothing", 404),
        ("POST", "/metrics", 405),
        ("GET", "/metrics?collect[]=no", 400),
    ]:
        theirs.request(method, path)
        response = theirs.getresponse()
        body = response.read()
        assert (response.status, len(body)) == (status, 0 if method == "HEAD" or path == "/" else len(body))
        assert response.headers["Date"]
    theirs.close()


def test_a_page_in_each_format(client: Client) -> None:
    text = client.get()
    assert (text.status, text.headers["Content-Type"]) == (200, TEXT)
    openmetrics = client.get("/metrics", "Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1")
    assert openmetrics.headers["Content-Type"] == OPENMETRICS
    assert series(read_text(text.body.decode())).keys() == series(read_openmetrics(openmetrics.body.decode())).keys()
    packed = client.get("/metrics", "Accept-Encoding: gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert (
        series(read_text(gzip.decompress(packed.body).decode())).keys() == series(read_text(text.body.decode())).keys()
    )
    assert {answer.headers["Vary"] for answer in (text, openmetrics, packed)} == {"Accept, Accept-Encoding"}


def test_head_says_what_get_would(client: Client) -> None:
    asked = client.get("/-/ready", method="HEAD")
    got = client.get("/-/ready")
    assert asked.headers["Content-Length"] == got.headers["Content-Length"] == str(len(got.body))
    assert client.get("/nothing", method="HEAD").status == 404
    assert client.closed()


@pytest.mark.parametrize("rest", [b"\r\n\r\n", b"Host: \0\r\n\r\n", b"A: " + b"a" * 9000 + b"\r\n\r\n"])
def test_an_error_for_head_has_no_body(client: Client, rest: bytes) -> None:
    client.send(b"HEAD / HTTP/1.1\r\n" + rest)
    assert client.answer(bodiless=True).status in (400, 431)
    assert client.closed()


@pytest.mark.parametrize(
    ("version", "headers", "stays", "said"),
    [
        ("1.1", (), True, None),
        ("1.1", ("Connection: close",), False, "close"),
        ("1.0", (), False, "close"),
        ("1.0", ("Connection: keep-alive",), True, "keep-alive"),
    ],
)
def test_keep_alive(client: Client, version: str, headers: tuple[str, ...], stays: bool, said: str | None) -> None:
    answer = client.get("/-/ready", *headers, version=version)
    assert (answer.status, answer.headers.get("Connection")) == (200, said)
    if stays:
        assert client.get().status == 200
    else:
        assert client.closed()


@pytest.mark.parametrize("name", REFUSED)
def test_errors(client: Client, name: str) -> None:
    head, status = REFUSED[name]
    client.send(head)
    answer = client.answer(bodiless=head.startswith(b"HEAD"))
    assert (answer.status, answer.headers["Connection"]) == (status, "close")
    assert answer.body.startswith(f"{status} {parser.REASONS[status]}: ".encode())
    assert answer.body.endswith(b".\n")
    assert client.closed()


def test_what_more_an_error_says(client: Client) -> None:
    client.ask(method="DELETE")
    assert client.answer().headers["Allow"] == "GET, HEAD"
    assert client.closed()


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_head_byte_by_byte(client: Client, name: str) -> None:
    head, _ = ACCEPTED[name]
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.send(*[head[at : at + 1] for at in range(len(head))])
    assert client.answer(bodiless=head.startswith(b"HEAD")).status in (200, 400, 404)


def test_pipelined_requests_are_answered_in_their_order(client: Client) -> None:
    for method, target in (("GET", "/-/ready"), ("HEAD", "/metrics"), ("GET", "/metrics"), ("GET", "/-/healthy")):
        client.ask(target, method=method)
    client.ask("/no")
    client.ask("/-/ready")
    assert client.answer().body == b"motes is ready.\n"
    assert client.answer(bodiless=True).headers["Content-Type"] == TEXT
    assert b"test_a" in client.answer().body
    assert client.answer().body == b"motes is healthy.\n"
    assert client.answer().status == 404
    assert client.closed(), "nothing is answered behind an error"


def test_a_pipelining_client_cannot_fill_our_memory(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    longest = 0
    measure = parser.head_length

    def measured(received: bytearray) -> int:
        nonlocal longest
        longest = max(longest, len(received))
        return measure(received)

    monkeypatch.setattr(parser, "head_length", measured)
    request = b"GET /-/healthy HTTP/1.1\r\nHost: h\r\n\r\n"
    count = 5000
    with serving.connect() as client:
        client.send(request * count)
        for _ in range(count):
            assert client.answer().status == 200
    assert longest <= parser.MAX_HEAD + connection._READ


@pytest.mark.parametrize("target", ["/metrics", "/-/ready", "/no"])
def test_a_client_that_sends_no_more_still_gets_its_answer(client: Client, target: str) -> None:
    client.ask(target)
    client.sock.shutdown(socket.SHUT_WR)
    assert client.answer().status in (200, 404)
    assert client.closed()


def test_half_a_request_and_no_more(client: Client) -> None:
    client.send(b"GET / HT")
    client.sock.shutdown(socket.SHUT_WR)
    assert client.closed()


def test_a_refused_client_sees_the_answer_though_it_is_still_sending(client: Client) -> None:
    client.ask("/metrics", "Content-Length: 600000", method="POST")
    client.send(b"x" * 600_000)
    assert client.answer().status == 405
    client.sock.shutdown(socket.SHUT_WR)
    assert client.closed()


def test_a_refused_client_that_does_not_stop_sending_is_dropped(client: Client) -> None:
    client.ask(method="POST")
    with pytest.raises(OSError, match=r"reset|Broken pipe"):
        client.send(b"x" * (64 << 20))


@given(
    st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([case[0] for case in ACCEPTED.values()])), max_size=3)
)
def test_whatever_is_sent_the_answers_are_well_formed(serving: Serving, parts: list[bytes]) -> None:
    with serving.connect() as client:
        client.send(*parts)
        client.sock.shutdown(socket.SHUT_WR)
        whole = bytearray().join(parts)
        while True:
            bodiless = whole.lstrip().startswith(b"HEAD ")
            try:
                length = parser.head_length(whole)
                if not length:
                    break
                request = parser.parse_head(bytes(whole[:length]))
                del whole[:length]
            except parser.Refused as refused:
                assert client.answer(bodiless=bodiless).status == refused.status
                break
            answer = client.answer(bodiless=bodiless)
            if answer.headers.get("Connection") == "close":
                break
            assert request.keep_alive
        assert client.closed()


def test_scrapes_together_are_one_collection_and_compressed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compressed: list[int] = []
    compress = pages_module._compressed

    def counted(pieces: list[bytes]) -> bytes:
        compressed.append(len(pieces))
        return compress(pieces)

    monkeypatch.setattr(pages_module, "_compressed", counted)
    with Gate() as gate, Serving(Scripted("a"), Scripted("b", gate)) as serving:
        serving.site.max_requests = 0
        clients = [serving.connect() for _ in range(50)]
        for client in clients:
            client.ask("/metrics", "Accept-Encoding: gzip")
        until(lambda: serving.call(lambda: len(serving.server.lanes.busy)) == 50, "all scrapes are under way")
        gate.open()
        assert len({client.answer().body for client in clients}) == 1
    assert len(compressed) == 1


def test_a_defect_of_ours_costs_one_request(events: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> bytes:
        raise RuntimeError("broken")

    with Serving(Scripted("a")) as serving:
        serving.site.person_page = broken
        monkeypatch.setattr(pages_module.Pages, "make", broken)
        for target in ("/", "/metrics"):
            with serving.connect() as client:
                assert client.get(target).status == 500
        with serving.connect() as client:
            assert client.get("/-/healthy").status == 200
        assert serving.site._under_way == 0
    assert [message for _, message, _ in events if message.endswith("failed")] == ["request failed", "page failed"]


def test_who_may_not_connect_is_told_nothing() -> None:
    with Serving(Scripted("a"), allow=("10.0.0.0/8",)) as serving, serving.connect() as client:
        assert client.closed()


def test_who_may_connect_no_more_is_cut_off() -> None:
    with Serving(Scripted("a")) as serving, serving.connect() as client, serving.connect() as gone:
        assert client.get().status == 200
        gone.reset()
        serving.call(lambda: serving.server.permit(Allow(["127.0.0.0/8"])))
        assert client.get().status == 200
        serving.call(lambda: serving.server.permit(Allow(["10.0.0.0/8"])))
        assert client.closed()
        with serving.connect() as later:
            assert later.closed()
        serving.emptied()


def test_a_unix_socket(tmp_path: Path) -> None:
    spec = f"unix:{tmp_path}/socket"
    with Serving(Scripted("a"), spec=spec, allow=("10.0.0.0/8",)) as serving, serving.connect() as client:
        assert client.get().status == 200
        serving.call(lambda: serving.server.permit(Allow(["10.0.0.0/16"])))
        assert client.get().status == 200
        assert client.get("/no").status == 404
        assert client.closed()
