"""The page for people: well-formed, true, and harmless whatever it tells of."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from motes.shared.engine import State
from motes.shared.exposition import gauge
from motes.shared.html import escape, link
from motes.shared.pages import Pages
from motes.shared.result import Result
from motes.shared.sensor import Sensor
from motes.shared.site import Site
from motes.shared.status import StatusPage

from tests.support.told import ALLOWED, Told, plugin

HOSTILE = "<script>alert('x')</script> & \"quoted\" </td></table> \x1b[31m\0 \udcff \u202e ä"
HARMLESS = "<script>alert('x')</script> & \"quoted\" </td></table> \ufffd[31m\ufffd ? \ufffd ä"
VOID = {"meta", "link"}
VIEW = frozenset(("node", "thermometers", HOSTILE))


class Read(HTMLParser):
    """A page's text, its links and its cells. AssertionError where an element is not closed in its turn."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.rows: list[list[str]] = []
        self.cards: list[str] = []
        self.summary = ""
        self.tags: set[str] = set()
        self.text = ""
        self._open: list[tuple[str, str]] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        named = dict(attrs)
        assert len(named) == len(attrs)
        assert not any(name.startswith("on") for name in named)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action") and tag != "link"]
        if tag not in VOID:
            self._open.append((tag, named.get("class") or ""))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if self._inside("ul", "s") and tag == "li":
            self.cards.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._inside("td") or self._inside("th"):
            self.rows[-1][-1] += data
        if self._inside("ul", "s"):
            self.cards[-1] += data + "|"
        if self._inside("div", "sum"):
            self.summary += data + "|"

    def _inside(self, tag: str, look: str = "") -> bool:
        return any(each == tag and look in looks.split(" ") + [""] for each, looks in self._open)


class Shown(Told):
    """A page, and what it tells of."""

    def __init__(self) -> None:
        self.sensors = [Sensor("attic", [("temperature", "21.5 °C"), ("humidity", "45 %")], 1.0)]
        thermometers = plugin("thermometers", "thermometers", sensors=lambda: self.sensors)
        super().__init__(plugin("node", "works", "absent", "idle", "other"), thermometers, own=True)
        self.site = Site(self.engine, Pages({}, self.engine.claims))
        self.page = StatusPage(
            "motes<d>", self.engine, self.listeners, self.site, running=self.running, allowed=lambda: ALLOWED
        )
        for state in self.engine.states:
            state.result = Result([gauge("a", "A.", {b'{a="1"}': 1, b'{a="2"}': 2})], 0.0123)
        self.state("absent").result = Result((), 0.0, absent=True)
        self.state("idle").result = None

    def state(self, name: str) -> State:
        (found,) = [state for state in self.engine.states if state.collector.name == name]
        return found

    def fail(self, name: str, error: str) -> None:
        state = self.state(name)
        state.result = Result((), 0.001, error=error)
        state.last_error, state.failed_at = error, 86400.0

    def read(self) -> Read:
        return Read(self.page.render(VIEW).decode("utf-8"))


@pytest.fixture
def shown() -> Iterator[Shown]:
    made = Shown()
    yield made
    made.close()


def test_all_is_well(shown: Shown) -> None:
    page = shown.read()
    assert page.summary == "All is well|6 collectors, 8 series, 1 sensor|"
    assert page.text.startswith("motes<d>: all is well")


def test_how_each_collector_does(shown: Shown) -> None:
    page = shown.read()
    assert page.rows[:3] == [["collector", "series", "time"], ["works", "2", "12.30 ms"], ["other", "2", "12.30 ms"]]
    assert "Nothing here: absent" in page.text
    assert "Not asked yet: idle" in page.text
    assert "thermometers works, 2 series, 12.30 ms metrics" in page.text
    assert "node 2 work, 4 series, 24.60 ms metrics" in page.text
    assert "motes process works, 2 series, 12.30 ms" in page.text


def test_what_is_wrong_comes_first(shown: Shown) -> None:
    shown.fail("other", "ValueError: no")
    shown.state("idle").late = True
    page = shown.read()
    assert page.rows[1:4] == [
        ["idle hangs", "", "0.00 ms"],
        ["other failed", "", "1.00 ms"],
        ["works", "2", "12.30 ms"],
    ]
    assert page.summary.startswith("2 things are wrong|node idle| hangs |for 0 s|node other| failed |")
    assert "node 1 works, 1 hangs, 1 failed, 2 series, 13.30 ms metrics" in page.text
    assert "d ago|ValueError: no|" in page.summary


def test_what_was_wrong_stays_to_be_read(shown: Shown) -> None:
    shown.fail("other", "ValueError: no")
    shown.state("other").result = shown.state("works").result
    page = shown.read()
    assert page.summary.startswith("All is well")
    assert "d ago: ValueError: no" in page.text


def test_sensors(shown: Shown) -> None:
    broken = Sensor("cellar", [], 0.0, problem="not heard", advice="change its battery")
    shown.sensors += [Sensor("far", [], 1.0), broken]
    page = shown.read()
    cellar, attic, far = page.cards
    assert cellar == "cellar| |not seen yet|not heard|change its battery|"
    assert attic.startswith("attic| |")
    assert attic.endswith(" d ago|temperature|21.5 °C|humidity|45 %|")
    assert far.startswith("far| |")
    assert far.endswith(" d ago|silent|")
    assert page.text.index("attic") < page.text.index("collectorseries")
    assert page.summary.startswith("1 thing is wrong|thermometers cellar| not heard|change its battery|")


def test_a_thousand_sensors(shown: Shown) -> None:
    shown.sensors[:] = [Sensor(f"s{n}", [("x", "1")], 1.0, problem="gone", advice="x") for n in range(1000)]
    page = shown.read()
    assert len(page.cards) == 1000
    assert page.summary.startswith("1,000 things are wrong|")
    assert page.summary.count("gone") == 20
    assert "|And 980 more, see below|" in page.summary


def test_where_it_listens_and_who_may_connect(shown: Shown) -> None:
    text = shown.read().text
    assert "127.0.0.1:9100 closed" in text
    assert "unix:/run/<b>.sock closed" in text
    assert "Who may connect: 127.0.0.1, 10.77.0.0/24" in text
    before = ALLOWED.copy()
    ALLOWED.clear()
    try:
        assert "Who may connect: whoever reaches it" in shown.read().text
    finally:
        ALLOWED[:] = before


def test_hostile_text_is_text(shown: Shown) -> None:
    shown.fail("works", HOSTILE)
    shown.sensors[:] = [Sensor(HOSTILE, [(HOSTILE, HOSTILE)], 1.0, problem=HOSTILE, advice=HOSTILE)]
    shown.state("idle").collector.name = HOSTILE
    page = shown.read()
    assert {"script", "td>"}.isdisjoint(page.tags - {"td"})
    assert page.text.count(HARMLESS) == 10
    assert not set(page.text) & {"\x1b", "\0", "\u202e", "\udcff"}


@pytest.mark.parametrize("path", ["/metrics", "/a/b"])
def test_links_are_relative(shown: Shown, path: str) -> None:
    """The page may stand behind a prefix that the program knows nothing of."""
    shown.site.telemetry_path = path
    base = path[1:]
    links = ["status.json", "-/healthy", "-/ready", f"{base}/thermometers", f"{base}/node"]
    assert shown.read().links == [base, *links]


def test_it_is_light(shown: Shown) -> None:
    assert len(shown.page.render(VIEW)) < 5000


def test_json(shown: Shown) -> None:
    shown.sensors[:] = [Sensor(HOSTILE, [], 1.0)]
    sent = json.loads(shown.page.json(frozenset(["thermometers"])))
    assert [each["name"] for each in sent["exporters"]] == ["thermometers", "motes"]
    assert sent["exporters"][0]["sensors"][0]["name"] == HOSTILE.replace("\udcff", "?")


def test_escape() -> None:
    assert escape("<a href='x'>&\"\n\t\r") == "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\n\t\ufffd"


def test_link() -> None:
    assert link("metrics/card10-bme680.kitchen") == "metrics/card10-bme680.kitchen"
    assert link("metrics/a b?c#d:e%ä\udcff") == "metrics/a%20b%3Fc%23d%3Ae%25%C3%A4%3F"
