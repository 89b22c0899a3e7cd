"""A server whose clients are slow, many, gone, or still there when it is to stop."""

import errno
import socket

import pytest
from motes.shared import lanes, server

from tests.shared.conftest import Logged
from tests.support.fakes import Gate, Scripted
from tests.support.namespaces import until
from tests.support.oracles import read_text, series
from tests.support.serving import Serving


def test_a_slow_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "HEAD", 0.05)
    monkeypatch.setattr(lanes, "DRAINING", 0.05)
    with Serving(Scripted("a")) as serving, serving.connect() as slow, serving.connect() as silent:
        slow.send(b"GET /metr")
        answer = slow.answer()
        assert (answer.status, answer.headers["Connection"]) == (408, "close")
        assert slow.closed()
        assert silent.closed()
        serving.emptied()


def test_a_slow_second_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "HEAD", 0.05)
    with Serving(Scripted("a")) as serving, serving.connect() as client:
        client.ask("/-/ready")
        client.send(b"GET")
        assert client.answer().status == 200
        assert client.answer().status == 408


def test_an_idle_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "IDLE", 0.05)
    with Serving(Scripted("a")) as serving, serving.connect() as client:
        assert client.get().status == 200
        assert client.closed()
        serving.emptied()


def test_a_refused_client_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "DRAINING", 0.05)
    with Serving(Scripted("a")) as serving, serving.connect() as client:
        assert client.get("/no").status == 404
        serving.emptied()


def test_the_oldest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 3)
    with Serving(Scripted("a")) as serving:
        idle = serving.connect()
        assert idle.get("/-/ready").status == 200
        slow, silent = serving.connect(), serving.connect()
        slow.send(b"G")
        until(lambda: serving.connections() == 3, "three connections")
        with serving.connect() as good:
            assert good.get().status == 200
            assert slow.closed(), "who has not asked yet goes before who has"
            assert serving.connections() == 3
            with serving.connect() as another:
                assert another.get().status == 200
                assert silent.closed()
                assert idle.get("/-/ready").status == 200


def test_scrapes_under_way_make_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 2)
    with Gate() as gate, Serving(Scripted("a", gate)) as serving, serving.connect() as one, serving.connect() as two:
        one.ask()
        two.ask()
        until(lambda: serving.call(lambda: len(serving.server.lanes.busy)) == 2, "two scrapes under way")
        with serving.connect() as third:
            assert third.closed()
        gate.open()
        assert [one.answer().status, two.answer().status] == [200, 200]


class NoMoreFiles:
    """`accept` as it is when there are no descriptors left, so many times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        self.times = times
        accept = socket.socket.accept

        def failing(listening: socket.socket) -> object:
            accepted = accept(listening)
            if self.times:
                self.times -= 1
                accepted[0].close()
                raise OSError(errno.EMFILE, "Too many open files")
            return accepted

        monkeypatch.setattr(socket.socket, "accept", failing)


def test_without_descriptors_somebody_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    with Serving(Scripted("a")) as serving, serving.connect() as idle:
        assert idle.get("/-/ready").status == 200
        NoMoreFiles(monkeypatch, 1)
        with serving.connect() as lost, serving.connect() as good:
            assert good.get().status == 200
            assert lost.closed()
            assert idle.closed()


def test_without_descriptors_and_with_nobody_to_go_clients_wait(
    monkeypatch: pytest.MonkeyPatch, events: Logged
) -> None:
    monkeypatch.setattr(server, "_PAUSE", 0.05)
    with Serving(Scripted("a")) as serving:
        NoMoreFiles(monkeypatch, 3)
        for _ in range(3):
            with serving.connect() as lost:
                assert lost.closed()
        for _ in range(2):
            with serving.connect() as good:
                assert good.get().status == 200
    said = [event[:2] for event in events if "accept" in event[1]]
    assert said == [("warn", "cannot accept connections for a while"), ("info", "connections are accepted again")]


def test_a_slow_reader_holds_up_nobody_and_gets_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    page = b"x" * (16 << 20)
    with Serving(Scripted("a")) as serving, serving.connect() as slow, serving.connect() as other:
        serving.site.person_page = lambda _: page
        slow.ask("/")
        until(lambda: serving.call(lambda: len(serving.server.lanes.writing)) == 1, "the answer fills the socket")
        slow.ask("/-/ready")
        assert other.get().status == 200
        assert slow.answer().body == page
        assert slow.answer().body == b"motes is ready.\n"


def test_a_reader_that_is_too_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "WRITING", 0.05)
    with Serving(Scripted("a")) as serving, serving.connect() as slow:
        serving.site.person_page = lambda _: b"x" * (16 << 20)
        slow.ask("/")
        serving.emptied()
        with pytest.raises((AssertionError, ConnectionResetError)):
            slow.answer()


@pytest.mark.parametrize("tail", [b"", b"x" * 20_000])
def test_a_client_that_vanishes_in_mid_scrape(tail: bytes) -> None:
    with Gate() as gate, Serving(Scripted("a", gate)) as serving:
        client = serving.connect()
        client.ask()
        client.send(tail)
        gate.entered()
        client.reset()
        gate.open()
        serving.emptied()
        assert serving.site._under_way == 0
        with serving.connect() as next_client:
            assert next_client.get().status == 200


def test_a_vanished_client_is_noticed_while_the_scrape_is_under_way() -> None:
    with Gate() as gate, Serving(Scripted("a", gate)) as serving:
        client = serving.connect()
        client.ask()
        gate.entered()
        client.reset()
        serving.emptied()
        assert serving.site._under_way == 0


def test_half_closed_in_mid_scrape() -> None:
    with Gate() as gate, Serving(Scripted("a", gate)) as serving, serving.connect() as client:
        client.ask()
        client.sock.shutdown(socket.SHUT_WR)
        gate.entered()
        assert serving.connections() == 1
        gate.open()
        assert b"test_a 1\n" in client.answer().body
        assert client.closed()


def test_too_many_scrapes() -> None:
    with Gate() as gate, Serving(Scripted("a", gate)) as serving, serving.connect() as first:
        serving.site.max_requests = 1
        first.ask()
        gate.entered()
        with serving.connect() as second:
            answer = second.get()
            assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
            assert second.closed()
        with serving.connect() as person:
            assert person.get("/-/healthy").status == 200
        gate.open()
        assert first.answer().status == 200
        assert first.get().status == 200


def test_who_comes_when_there_are_as_many_as_may_be_waits_for_his_turn() -> None:
    with Gate() as gate, Serving(Scripted("a", gate)) as serving:
        serving.site.max_requests = 2
        clients = [serving.connect() for _ in range(12)]
        for client in clients:
            client.ask()
        gate.entered()
        clients.pop().sock.close()
        gate.open()
        assert [client.answer().status for client in clients] == [200] * 11
        assert clients[0].get().status == 200


def test_a_collector_that_hangs_delays_no_page_beyond_the_deadline() -> None:
    with Gate() as gate, Serving(Scripted("a"), Scripted("h", gate)) as serving, serving.connect() as client:
        for _ in range(2):
            answer = client.get("/metrics", "X-Prometheus-Scrape-Timeout-Seconds: 0.9")
            page = series(read_text(answer.body.decode()))
            success = {dict(pairs)["collector"]: page[name, pairs] for name, pairs in page if name.endswith("_success")}
            assert success == {"a": 1, "h": 0}
            assert ("test_a", frozenset()) in page
            assert ("test_h", frozenset()) not in page
        gate.open()


def test_stop_finishes_what_is_under_way() -> None:
    with Gate() as gate, Serving(Scripted("a", gate)) as serving:
        idle, slow, scraper = serving.connect(), serving.connect(), serving.connect()
        assert idle.get("/-/ready").status == 200
        slow.send(b"GET / H")
        scraper.ask()
        gate.entered()
        serving.call(serving.server.stop)
        assert idle.closed()
        assert slow.closed()
        with pytest.raises(ConnectionRefusedError):
            serving.connect()
        gate.open()
        answer = scraper.answer()
        assert b"test_a 1\n" in answer.body
        assert answer.headers["Connection"] == "close"
        assert scraper.closed()
        assert serving.ended()


def test_stop_does_not_wait_for_a_collector_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_STOP_WITHIN", 0.05)
    with Gate() as gate, Serving(Scripted("h", gate)) as serving:
        scraper = serving.connect()
        scraper.ask()
        gate.entered()
        serving.call(serving.server.stop)
        assert serving.ended()


def test_timers() -> None:
    rung: list[int] = []
    with Serving() as serving:
        serving.call(lambda: serving.server.every(0.01, lambda: rung.append(1)))
        until(lambda: len(rung) >= 3, "a timer has rung three times")
