"""Pages from results: what is on them, and how often they are made."""

import zlib
from collections.abc import Iterator

import pytest
from motes.shared import pages as module
from motes.shared.collector import Collector
from motes.shared.engine import Engine, Scrape, State
from motes.shared.exposition import counter, gauge, labels
from motes.shared.pages import Pages
from motes.shared.result import Result

from tests.support.fakes import Scripted
from tests.support.oracles import read_openmetrics, read_text, series

NAMES = ("a", "b")


class Rig:
    """Pages of an engine's collectors, whose results the test gives."""

    def __init__(self) -> None:
        self.engine = Engine([Scripted(name).collector for name in NAMES])
        self.pages = Pages({"test": ("test_collector", "kind", ())}, self.engine.claims)

    def give(self, *results: Result | None) -> None:
        for state, result in zip(self.engine.states, results, strict=True):
            state.result = result
            state.pending = result is None

    def scrape(self, *states: State) -> Scrape:
        return Scrape(states or self.engine.states, 0.0, lambda _: None)

    def page(self, *states: State, openmetrics: bool = False, gzip: bool = False) -> bytes:
        return self.pages.make(self.scrape(*states), openmetrics=openmetrics, gzip=gzip)


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    rig.give(result("a"), result("b"))
    yield rig
    rig.engine.close()


def result(name: str, value: int = 1, error: str = "") -> Result:
    families = [gauge(f"{name}_info", "Help.", {labels(of='"%s"\n'): value}), counter(f"{name}_total", "Help.", b"7")]
    return Result(() if error else families, 0.25, error=error)


def test_a_page(rig: Rig) -> None:
    rig.give(result("a"), Result((), 0.5, error="bad"))
    rig.engine.states[1].failures = 3
    assert rig.page().decode() == (
        "# HELP a_info Help.\n# TYPE a_info gauge\n"
        'a_info{of="\\"%s\\"\\n"} 1\n'
        "# HELP a_total Help.\n# TYPE a_total counter\na_total 7\n"
        "# HELP test_collector_duration_seconds How long the last run of a collector took.\n"
        "# TYPE test_collector_duration_seconds gauge\n"
        'test_collector_duration_seconds{kind="a"} 0.250000000\n'
        'test_collector_duration_seconds{kind="b"} 0.500000000\n'
        "# HELP test_collector_success Whether a collector gave all that it should.\n"
        "# TYPE test_collector_success gauge\n"
        'test_collector_success{kind="a"} 1\n'
        'test_collector_success{kind="b"} 0\n'
        "# HELP motes_collector_failures_total Runs of a collector that failed.\n"
        "# TYPE motes_collector_failures_total counter\n"
        'motes_collector_failures_total{exporter="test",collector="a"} 0\n'
        'motes_collector_failures_total{exporter="test",collector="b"} 3\n'
    )


def test_the_same_series_in_both_formats_and_compressed(rig: Rig) -> None:
    text, openmetrics = rig.page().decode(), rig.page(openmetrics=True).decode()
    assert series(read_text(text)) == series(read_openmetrics(openmetrics))
    for page, wanted in ((rig.page(gzip=True), text), (rig.page(openmetrics=True, gzip=True), openmetrics)):
        assert zlib.decompress(page, 16 + zlib.MAX_WBITS).decode() == wanted


def test_what_is_missing_has_no_success(rig: Rig) -> None:
    rig.give(result("a"), None)
    page = series(read_text(rig.page().decode()))
    assert page["test_collector_success", frozenset({("kind", "b")})] == 0
    assert not any(name.startswith("b_") for name, _ in page)


@pytest.mark.parametrize("results", [(result("a"), result("b")), (result("a"), None)])
def test_a_page_is_compressed_once_a_collection(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, results: tuple[Result | None, ...]
) -> None:
    rig.give(*results)
    calls = []
    compressed = module._compressed

    def counted(pieces: list[bytes]) -> bytes:
        calls.append(len(pieces))
        return compressed(pieces)

    monkeypatch.setattr(module, "_compressed", counted)
    pages = [rig.page(gzip=True) for _ in range(5)]
    assert len(set(map(id, pages))) == 1
    assert len(calls) == 1
    rig.give(result("a", 2), results[1])
    assert rig.page(gzip=True) != pages[0]
    assert len(calls) == 2


def test_another_choice_is_another_page(rig: Rig) -> None:
    a, b = rig.engine.states
    assert "b_info" not in rig.page(a).decode()
    assert "a_info" not in rig.page(b).decode()
    assert 'kind="b"' not in rig.page(a).decode()
    assert "a_info" in rig.page().decode()


def test_what_is_told_of_collectors_is_no_collectors_to_serve(rig: Rig) -> None:
    assert "test_collector_success" in rig.engine.claims
    assert 'test_collector_success{kind="a"} 1' in rig.page().decode()
    rig.pages.tell_of({"test": ("other", "name", ())})
    assert "test_collector_success" not in rig.engine.claims
    assert "other_duration_seconds" in rig.engine.claims
    assert "motes_collector_failures_total" in rig.engine.claims
    assert 'other_success{name="a"} 1' in rig.page().decode()


def test_an_exporter_that_is_not_told_of(rig: Rig) -> None:
    rig.pages.tell_of({})
    assert "success" not in rig.page().decode()


def test_where_the_label_is_exporter_it_is_the_exporters_name() -> None:
    """And the collector's beside it, where that is another: two exporters may have collectors of one name."""
    named = [("ble", "ble"), ("theirs", "main"), ("theirs", "more"), ("others", "main")]
    engine = Engine([Collector(exporter, name, lambda _: ()) for exporter, name in named])
    pages = Pages(dict.fromkeys(["ble", "theirs", "others"], ("motes_exporter", "exporter", ())), engine.claims)
    for state in engine.states:
        state.result = Result((), 0.25)
    page = pages.make(Scrape(engine.states, 0.0, lambda _: None), openmetrics=False, gzip=False).decode()
    engine.close()
    assert page.count("# TYPE motes_exporter_success gauge\n") == 1
    found = {labels for name, labels in series(read_text(page)) if name == "motes_exporter_success"}
    assert found == {
        frozenset({("exporter", "ble")}),
        frozenset({("exporter", "theirs"), ("collector", "main")}),
        frozenset({("exporter", "theirs"), ("collector", "more")}),
        frozenset({("exporter", "others"), ("collector", "main")}),
    }
