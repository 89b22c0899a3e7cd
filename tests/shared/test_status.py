"""The page for people: well-formed, true, and harmless whatever it tells of."""

import select
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import pytest
from motes.shared import address
from motes.shared.collector import Collector, NoData
from motes.shared.engine import Engine
from motes.shared.exposition import Family, gauge
from motes.shared.listen import Listeners
from motes.shared.pages import Pages
from motes.shared.result import Result
from motes.shared.site import Site
from motes.shared.status import StatusPage, escape

from tests.support.fakes import WITHIN

HOSTILE = "<script>alert('x')</script> & \"quoted\" </td></table> \x1b[31m\0 \udcff ä"
VOID = {"meta"}


class Read(HTMLParser):
    """A page's text by element, its links and its cells. AssertionError where an element is not closed in its turn."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        assert len({name for name, _ in attrs}) == len(attrs)
        if tag not in VOID:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "td" in self._open or "th" in self._open:
            self.rows[-1][-1] += data


def collector(name: str, act: Callable[[], object], exporter: str = "test") -> Collector:
    def collect(_: float) -> Iterator[Family]:
        act()
        yield gauge(f"{name}_value", "A number.", {b'{a="1"}': 1, b'{a="2"}': 2})

    return Collector(exporter, name, collect)


def fail() -> None:
    raise ValueError(HOSTILE)


def absent() -> None:
    raise NoData


class Shown:
    """A status page and what it tells of."""

    def __init__(self, *collectors: Collector) -> None:
        self.engine = Engine(collectors)
        self.site = Site(self.engine, Pages({}, self.engine.claims))
        specs = ["127.0.0.1:9100", "unix:/run/<b>.sock"]
        listeners = Listeners(
            [address.parse(spec) for spec in specs],
            socket_mode=0o600,
            opened=lambda *_: None,
            closed=lambda *_: None,
        )
        self._page = StatusPage("motes<d>", self.engine, listeners, self.site)

    def read(self) -> Read:
        return Read(self._page.render().decode("utf-8"))


@pytest.fixture
def shown() -> Iterator[Shown]:
    made = Shown(
        collector("works", int),
        collector("fails", fail),
        collector("absent", absent),
        collector("hangs", int),
        collector("idle", int),
        collector("other", int, "another"),
    )
    for state in made.engine.states:
        kind = state.collector.name
        if kind == "works":
            families = list(state.collector.collect(0.0))
            state.result = Result(families, 0.0123)
        elif kind == "fails":
            state.result = Result((), 0.001, error="ValueError")
            state.last_error, state.failed_at = f"ValueError: {HOSTILE}", 86400.0
        elif kind == "absent":
            state.result = Result((), 0.0, absent=True)
        elif kind == "hangs":
            state.late = True
    yield made
    made.engine.close()


def test_tells_how_each_collector_does(shown: Shown) -> None:
    rows = {row[0]: row[1:] for row in shown.read().rows}
    assert rows["Collector"] == ["State", "Duration", "Series", "Last error"]
    assert rows["works"] == ["works", "12.30 ms", "2", ""]
    assert rows["fails"][0] == "failed"
    assert "1970-01-0" in rows["fails"][-1]
    assert rows["absent"] == ["nothing here", "0.00 ms", "", ""]
    assert rows["hangs"][0] == "hangs"
    assert rows["idle"] == ["not asked yet", "", "", ""]
    assert "other" in rows


def test_hostile_text_is_text(shown: Shown) -> None:
    page = shown.read()
    assert "script" not in page.tags
    assert "b" not in page.tags
    assert "<script>alert('x')</script> & \"quoted\" </td></table> \ufffd[31m\ufffd ? ä" in page.text
    assert "unix:/run/<b>.sock: closed" in page.text
    assert page.text.count("motes<d>") == 2


@pytest.mark.parametrize("path", ["/metrics", "/a/b", "/"])
def test_links_are_relative(shown: Shown, path: str) -> None:
    """The page may stand behind a prefix that the program knows nothing of."""
    shown.site.telemetry_path = path
    links = shown.read().links
    assert links == [path[1:], "-/healthy", "-/ready"]
    assert not any(link.startswith("/") or ":" in link for link in links)


def test_what_the_engine_finds_is_shown() -> None:
    made = Shown(collector("fails", fail))
    finished: list[object] = []
    made.engine.scrape(made.engine.states, float("inf"), finished.append)
    while not finished:
        select.select([made.engine], [], [], WITHIN)
        made.engine.handle()
    (row,) = [row for row in made.read().rows if row[0] == "fails"]
    assert row[1] == "failed"
    assert row[-1].startswith("ValueError: <script>")
    made.engine.close()


def test_escape() -> None:
    assert escape("<a href='x'>&\"\n\t\r") == "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\n\t\ufffd"
