"""What is served where, and which collectors a query chooses. How it looks on the wire is test_server.py's."""

import gzip
from collections.abc import Iterator
from time import monotonic

import pytest
from motes.shared import address
from motes.shared.address import Address
from motes.shared.collector import Collector
from motes.shared.engine import Engine, State
from motes.shared.http import Refused, parse_head, parse_query
from motes.shared.pages import Pages
from motes.shared.site import Response, Site, choose, time_for

HERE, ELSEWHERE, NOWHERE = [address.parse(f"127.0.0.{number}:9100") for number in (1, 2, 3)]
COLLECTORS = [("node", "cpu"), ("node", "os"), ("ble", "adverts"), ("motes", "process")]


def states() -> list[State]:
    return [State(Collector(exporter, name, lambda _: ())) for exporter, name in COLLECTORS]


@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        (b"", "cpu os adverts process"),
        (b"other=1", "cpu os adverts process"),
        (b"collect[]=cpu", "cpu process"),
        (b"collect%5b%5D=cpu&collect[]=os", "cpu os process"),
        (b"collect[]=cpu&collect[]=cpu", "cpu process"),
        (b"collect[]=ble", "adverts process"),
        (b"exclude[]=cpu", "os adverts process"),
        (b"exclude[]=node&exclude[]=ble", "process"),
    ],
)
def test_choose(query: bytes, chosen: str) -> None:
    assert [state.collector.name for state in choose(states(), parse_query(query))] == chosen.split()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (b"collect[]=cpus", '"cpus"'),
        (b"collect[]=", '""'),
        (b"collect[]=CPU", '"CPU"'),
        (b"exclude[]=cpu&exclude[]=no", '"no"'),
        (b"exclude[]=process", '"process"'),
        (b"collect[]=cpu&exclude[]=os", "together"),
    ],
)
def test_a_choice_that_is_refused(query: bytes, said: str) -> None:
    with pytest.raises(Refused) as refused:
        choose(states(), parse_query(query))
    assert refused.value.status == 400
    assert said in refused.value.why


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 8.0),
        (b"10", 8.0),
        (b"5", 4.5),
        (b"1", 0.9),
        (b"0.1", 0.09),
        (b"0", 8.0),
        (b"-5", 8.0),
        (b"nan", 8.0),
        (b"inf", 8.0),
        (b"1e999", 8.0),
        (b"soon", 8.0),
        (b"", 8.0),
    ],
)
def test_time_for(header: bytes | None, seconds: float) -> None:
    headers = {} if header is None else {b"x-prometheus-scrape-timeout-seconds": header}
    assert time_for(headers, 8.0) == pytest.approx(seconds)


@pytest.mark.parametrize(("header", "most", "told"), [("0.1", 10.0, 1.0), ("0.1", 0.5, 0.5), ("5", 10.0, 4.5)])
def test_how_long_collectors_have(rig: "Rig", header: str, most: float, told: float) -> None:
    rig.site.timeout = most
    before = monotonic()
    rig.get("/metrics", f"X-Prometheus-Scrape-Timeout-Seconds: {header}\r\n")
    after = monotonic()
    assert all(before + told <= state.deadline <= after + told for state in rig.engine.states)


class Rig:
    """A site, asked for one path after the other."""

    def __init__(self) -> None:
        self.engine = Engine([Collector(exporter, name, lambda _: ()) for exporter, name in COLLECTORS])
        self.site = Site(self.engine, Pages({}, self.engine.claims))
        self.site.views = {HERE: frozenset(["node", "ble"]), ELSEWHERE: frozenset(["ble"])}

    def get(self, target: str, headers: str = "", where: Address = HERE) -> Response | list[str]:
        """The response, or the names of the collectors that are scraped for it."""
        replies: list[Response] = []
        request = parse_head(f"GET {target} HTTP/1.0\r\n{headers}\r\n".encode())
        ticket = self.site.respond(request, where, replies.append)
        if ticket is None:
            return replies[0]
        self.site.cancel(ticket)
        assert ticket.scrape is not None
        return [state.collector.name for state in ticket.scrape.states]

    def status(self, target: str, where: Address = HERE) -> int:
        try:
            found = self.get(target, where=where)
        except Refused as refused:
            return refused.status
        assert isinstance(found, Response)
        return found.status


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    rig.engine.close()


@pytest.mark.parametrize(
    ("target", "scraped"),
    [
        ("/metrics", "cpu os adverts process"),
        ("/metrics?exclude[]=ble", "cpu os process"),
        ("/metrics/node", "cpu os process"),
        ("/metrics/ble", "adverts process"),
        ("/metrics/node?collect[]=os", "os process"),
    ],
)
def test_metrics(rig: Rig, target: str, scraped: str) -> None:
    assert rig.get(target) == scraped.split()


@pytest.mark.parametrize(("target", "kind"), [("/", "text/html; charset=utf-8"), ("/status.json", "application/json")])
def test_the_page_for_people_is_compressed_for_who_likes_it(rig: Rig, target: str, kind: str) -> None:
    rig.site.person_page = rig.site.status_json = lambda view: b",".join(name.encode() for name in sorted(view)) * 100
    for headers, packed in (("", False), ("Accept-Encoding: gzip\r\n", True)):
        found = rig.get(target, headers)
        assert isinstance(found, Response)
        assert found.headers is not None
        assert (found.kind, found.headers["Vary"]) == (kind, "Accept-Encoding")
        assert found.headers.get("Content-Encoding") == ("gzip" if packed else None)
        assert (gzip.decompress(found.body) if packed else found.body) == b"ble,node" * 100
        assert "script" not in found.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/", 200),
        ("/-/healthy", 200),
        ("/-/ready", 503),
        ("/metrics/", 404),
        ("/metrics/no", 404),
        ("/metrics/motes", 404),
        ("/metrics/node/cpu", 404),
        ("/metricsnode", 404),
        ("//metrics", 404),
        ("/Metrics", 404),
        ("/-/reload", 404),
        ("/../metrics", 404),
        ("/metrics/ble?collect[]=cpu", 400),
    ],
)
def test_other_paths(rig: Rig, target: str, status: int) -> None:
    assert rig.status(target) == status


@pytest.mark.parametrize(
    ("where", "target", "scraped"),
    [
        (ELSEWHERE, "/metrics", "adverts process"),
        (ELSEWHERE, "/metrics/ble", "adverts process"),
        (ELSEWHERE, "/metrics?exclude[]=adverts", "process"),
        (NOWHERE, "/metrics", "process"),
    ],
)
def test_what_is_served_elsewhere_only(rig: Rig, where: Address, target: str, scraped: str) -> None:
    assert rig.get(target, where=where) == scraped.split()


@pytest.mark.parametrize(
    ("target", "status"),
    [("/metrics/node", 404), ("/metrics?collect[]=cpu", 400), ("/metrics?exclude[]=node", 400), ("/-/healthy", 200)],
)
def test_nothing_is_told_of_what_is_not_served_there(rig: Rig, target: str, status: int) -> None:
    assert rig.status(target, ELSEWHERE) == status


def test_pages_are_of_what_is_served_there(rig: Rig) -> None:
    rig.site.person_page = lambda view: ",".join(sorted(view)).encode()
    rig.site.status_json = lambda view: b"json " + ",".join(sorted(view)).encode()
    for where, names in ((HERE, b"ble,node"), (ELSEWHERE, b"ble"), (NOWHERE, b"")):
        page, json = rig.get("/", where=where), rig.get("/status.json", where=where)
        assert isinstance(page, Response)
        assert isinstance(json, Response)
        assert (page.kind, page.body) == ("text/html; charset=utf-8", names)
        assert (json.kind, json.body) == ("application/json", b"json " + names)


def test_the_name_of_a_kind_stands_for_all_of_its_instances(rig: Rig) -> None:
    attic = Collector("ble.attic", "attic", lambda _: (), kin="ble")
    rig.engine.replace([*[state.collector for state in rig.engine.states], attic])
    rig.site.views = {HERE: frozenset(["node", "ble", "ble.attic"]), ELSEWHERE: frozenset(["ble.attic"])}
    for where, path, scraped in (
        (HERE, "ble", "adverts process attic"),
        (HERE, "ble.attic", "process attic"),
        (ELSEWHERE, "ble", "process attic"),
        (HERE, "ble?collect[]=ble", "adverts process attic"),
        (ELSEWHERE, "ble?exclude[]=ble", "process"),
    ):
        assert rig.get(f"/metrics/{path}", where=where) == scraped.split()
    for path in ("node", "ble.kitchen", "attic", "ble."):
        assert rig.status(f"/metrics/{path}", ELSEWHERE) == 404


@pytest.mark.parametrize(
    ("path", "target", "below"), [("/", "/", "/node"), ("/a/b", "/a/b", "/a/b/node"), ("/a/", "/a/", "/a/node")]
)
def test_another_telemetry_path(rig: Rig, path: str, target: str, below: str) -> None:
    rig.site.telemetry_path = path
    assert rig.get(target) == ["cpu", "os", "adverts", "process"]
    assert rig.get(below) == ["cpu", "os", "process"]
    assert rig.status("/metrics") == 404
    assert rig.status("/-/healthy") == 200
    rig.site.ready = True
    assert rig.status("/-/ready") == 200
