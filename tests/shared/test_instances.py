"""Several instances of one exporter on one page: each family once, their series told apart by labels."""

from collections.abc import Iterable, Mapping

from motes.shared.collector import Collector
from motes.shared.exposition import Family, counter, gauge, heading, labels
from motes.shared.frame import Frame
from motes.shared.labelled import labelled
from motes.shared.pages import Pages, Telemetry

from tests.shared.conftest import Logged
from tests.support.loop import Begin, Loop
from tests.support.oracles import read_openmetrics, read_text, series

Labels = tuple[tuple[str, str], ...]

USUAL = ("motes_exporter", "exporter")
OWN = ("badge_collector", "collector")


class Instance:
    """An exporter that is one of several, with two collectors."""

    def __init__(self, name: str, *families: Family, label_pairs: Labels = (), kin: str = "badge") -> None:
        self.name = name
        self.families: Iterable[Family] = families
        self.label_pairs = label_pairs
        given = [Collector(kin, kin, lambda _: self.families), Collector(kin, "more", lambda _: ())]
        self.collectors = labelled(given, name, kin, label_pairs)
        self.collector = self.collectors[0]


def named(name: str, *families: Family, site: str = "") -> Instance:
    pairs: Labels = (("instance_name", name), *((("site", site),) if site else ()))
    return Instance(f"badge.{name}", *families, label_pairs=pairs)


class Rig:
    """An engine with all of their collectors, and its pages."""

    def __init__(self, begin: Begin, *instances: Instance, telemetry: tuple[str, str] = USUAL) -> None:
        self.loop: Loop = begin()
        self.loop.engine.replace([collector for each in instances for collector in each.collectors])
        told: dict[str, Telemetry] = {each.name: (*telemetry, each.label_pairs) for each in instances}
        self.pages = Pages(told, self.loop.engine.claims)

    def page(self) -> str:
        text, _ = self.pages_of_one_scrape()
        return text

    def pages_of_one_scrape(self) -> list[str]:
        """In the text format, and as OpenMetrics."""
        scrape = self.loop.scrape()
        scrape.values()
        return [self.pages.make(scrape.scrape, openmetrics=each, gzip=False).decode() for each in (False, True)]

    def series(self) -> Mapping[tuple[str, frozenset[tuple[str, str]]], float]:
        """The same in both."""
        text, openmetrics = self.pages_of_one_scrape()
        found = series(read_text(text))
        assert series(read_openmetrics(openmetrics)) == found
        return found


def readings(value: float) -> list[Family]:
    frame = Frame([("gauge", "badge_up", "Up.", [b""]), ("counter", "badge_total", "Readings.", [labels(of="a"), b""])])
    return [
        gauge("badge_celsius", "Warmth.", {labels(sensor="1"): value, labels(sensor="2"): -value}),
        frame.fill([1, 7, 8]),
        (heading("badge_h", "histogram", "H."), b'badge_h_bucket{le="+Inf"} 1\nbadge_h_sum 2\nbadge_h_count 1\n'),
    ]


def test_each_family_is_there_once(begin: Begin) -> None:
    rig = Rig(begin, named("loft", *readings(1)), named("cellar", *readings(2), site="home"))
    found = rig.series()
    for place, value, more in (("loft", 1, set()), ("cellar", 2, {("site", "home")})):
        told = {("instance_name", place), *more}
        assert found["badge_celsius", frozenset({("sensor", "2"), *told})] == -value
        assert found["badge_total", frozenset({("of", "a"), *told})] == 7
        assert found["badge_h_sum", frozenset(told)] == 2
        assert found["motes_exporter_success", frozenset({("exporter", f"badge.{place}"), *told})] == 1
        names = {("exporter", f"badge.{place}"), ("collector", "more")}
        assert found["motes_exporter_success", frozenset(names | told)] == 1
        assert found["motes_collector_failures_total", frozenset(names | told)] == 0
    page = rig.page()
    for name in ("badge_celsius", "badge_up", "badge_total", "badge_h", "motes_exporter_success"):
        assert page.count(f"# TYPE {name} ") == 1


def test_one_without_a_name_beside_one_that_has_one(begin: Begin) -> None:
    rig = Rig(begin, Instance("badge", *readings(1)), named("loft", *readings(2)), telemetry=OWN)
    found = rig.series()
    assert found["badge_up", frozenset()] == found["badge_up", frozenset({("instance_name", "loft")})] == 1
    assert found["badge_collector_success", frozenset({("collector", "badge")})] == 1
    assert found["badge_collector_success", frozenset({("collector", "badge"), ("instance_name", "loft")})] == 1


def test_one_that_fails_takes_nothing_from_the_other(begin: Begin) -> None:
    bad = named("loft", *readings(1))
    bad.families = [*readings(1), gauge("badge_clash", "", {labels(instance_name="x"): 1})]
    rig = Rig(begin, bad, named("cellar", *readings(2)))
    up = {dict(pairs)["instance_name"] for name, pairs in rig.series() if name == "badge_up"}
    assert up == {"cellar"}
    bad.families = readings(1)
    up = {dict(pairs)["instance_name"] for name, pairs in rig.series() if name == "badge_up"}
    assert up == {"loft", "cellar"}


def test_a_family_that_only_one_of_them_has(begin: Begin) -> None:
    extra = gauge("badge_extra", "Extra.", 3)
    rig = Rig(begin, named("loft"), named("cellar", extra), named("hall", *readings(1), extra))
    found = rig.series()
    assert {dict(pairs)["instance_name"] for name, pairs in found if name == "badge_extra"} == {"cellar", "hall"}
    assert {dict(pairs)["instance_name"] for name, pairs in found if name == "badge_up"} == {"hall"}


def test_another_kind_is_the_later_ones_error(begin: Begin, events: Logged) -> None:
    rig = Rig(begin, named("loft", gauge("badge_x", "X.", 1)))
    rig.page()
    later = named("cellar", counter("badge_x", "X.", 1))
    rig.loop.engine.replace([rig.loop.engine.states[0].collector, later.collector])
    assert 'instance_name="cellar"} 1' not in rig.page()
    assert events[-1][2]["err"] == "the family badge_x is a gauge in badge.loft, and here a counter"


def test_a_label_that_the_metrics_about_collectors_have(begin: Begin) -> None:
    """It cannot take the place of what tells them apart."""
    instance = Instance("badge", *readings(1), label_pairs=(("exporter", "x"), ("collector", "y")))
    found = Rig(begin, instance, telemetry=OWN).series()
    told = frozenset({("collector", "badge"), ("exporter", "x")})
    assert found["badge_collector_success", told] == 1
    told = frozenset({("collector", "badge"), ("exporter", "badge")})
    assert found["motes_collector_failures_total", told] == 0
