"""Collectors as the engine has them: their names, their labels, and what was not of our own."""

from collections.abc import Iterable, Sequence

import pytest
from motes.exporters import node
from motes.shared.collector import Collector, NoData
from motes.shared.crew import run
from motes.shared.exposition import Family, counter, gauge, heading, labels, text
from motes.shared.frame import Frame
from motes.shared.labelled import labelled

from tests.support.oracles import read_text, series

PAIRS = (("instance_name", "kitchen"), ("site", 'ho"me'))
TEXT = b'instance_name="kitchen",site="ho\\"me"'


class Ours:
    """A collector of our own, as far as its module's name tells."""

    def __init__(self, *families: Family) -> None:
        self.families = families
        self.collector = Collector("ours", "main", self.collect)

    def collect(self, _: float) -> Iterable[Family]:
        return self.families


Ours.collect.__module__ = "motes.exporters.ours"


def served(collector: Collector) -> bytes:
    result = run(collector, 0.0)
    assert result.success, result.error
    return text(result.families)


def put(*families: Family, pairs: Sequence[tuple[str, str]] = PAIRS) -> bytes:
    (collector,) = labelled([Ours(*families).collector], "ours.kitchen", "ours", pairs)
    return served(collector)


def samples(page: bytes) -> list[bytes]:
    return [line for line in page.split(b"\n") if line and not line.startswith(b"#")]


def test_where_nothing_changes_they_are_the_very_same() -> None:
    mine = Ours().collector
    assert labelled([mine], "ours", "ours", ())[0] is mine
    exporter = node.create({})
    assert list(map(id, labelled(exporter.collectors, "node", "node", ()))) == list(map(id, exporter.collectors))
    exporter.close()


def test_names() -> None:
    given = Collector("ours", "main", Ours().collect, claims_last=True)
    (collector,) = labelled([given], "ours.kitchen", "ours", ())
    assert (collector.exporter, collector.name, collector.kin) == ("ours.kitchen", "main", "ours")
    assert collector.claims_last
    assert collector.through is None
    (collector,) = labelled([Ours().collector], "ours.kitchen", "ours", PAIRS)
    assert not collector.claims_last


def test_what_is_not_our_own_takes_no_other_name_and_claims_last() -> None:
    given = Collector("node", "cpu", lambda _: [gauge("g", "Help.", 1)], kin="node")
    (collector,) = labelled([given], "theirs", "theirs", ())
    assert (collector.exporter, collector.name, collector.kin) == ("theirs", "cpu", "theirs")
    assert collector.claims_last
    assert served(collector) == text([gauge("g", "Help.", 1)])


@pytest.mark.parametrize(
    ("label_set", "wanted"),
    [
        (b"", b"m{%b} 7"),
        (b"{}", b"m{%b} 7"),
        (b'{a="b"}', b'm{a="b",%b} 7'),
        (labels(a="} x", b='"\n\\'), b'm{a="} x",b="\\"\\n\\\\",%b} 7'),
        (labels(a=',site="'), b'm{a=",site=\\"",%b} 7'),
        (labels(a="1\r2\x0b"), b'm{a="1\r2\x0b",%b} 7'),
    ],
)
def test_labels_on_samples(label_set: bytes, wanted: bytes) -> None:
    page = put(gauge("m", "Help.", {label_set: 7}))
    assert samples(page) == [wanted % TEXT]
    assert put(Frame([("gauge", "m", "Help.", [label_set])]).fill([7])) == page


def test_a_page_is_the_same_but_for_its_labels() -> None:
    families = [
        gauge("g", "Help.", {labels(a="1"): 1, labels(a="2"): b"7"}),
        counter("c_total", "More\nhelp.", 3),
        (heading("h", "histogram", "Help."), b'h_bucket{le="+Inf"} 1\nh_sum 0.5\nh_count 1\n'),
        Frame([("gauge", "f", "Help.", [b"", labels(b="1")]), ("counter", "n", "Help.", [b""])]).fill([1, 2, 3]),
        gauge("empty", "Help.", {}),
    ]
    page = put(*families)
    before, after = series(read_text(text(families).decode())), series(read_text(page.decode()))
    assert after == {(name, pairs | set(PAIRS)): value for (name, pairs), value in before.items()}
    comments = [line for line in text(families).split(b"\n") if line.startswith(b"#")]
    assert [line for line in page.split(b"\n") if line.startswith(b"#")] == comments


@pytest.mark.parametrize("name", ["site", "instance_name"])
def test_a_label_that_is_there_already(name: str) -> None:
    label_set = labels(a="1", **{name: "x"})
    for family in (gauge("m", "Help.", {label_set: 1}), Frame([("gauge", "m", "Help.", [label_set])]).fill([1])):
        (collector,) = labelled([Ours(family).collector], "ours.kitchen", "ours", PAIRS)
        result = run(collector, 0.0)
        assert not result.families
        assert result.error == f"the label {name}, which is configured, is in {label_set.decode()} already"


def test_frames_are_labelled_once() -> None:
    frame, other = (Frame([("gauge", "m", "Help.", [b""])]) for _ in range(2))
    mine = Ours(frame.fill([1]))
    (collector,) = labelled([mine.collector], "ours.kitchen", "ours", PAIRS)
    first, second = (run(collector, 0.0).families[0][0] for _ in range(2))
    assert first is second
    mine.families = (other.fill([2]),)
    assert run(collector, 0.0).families[0][0] is not first
    mine.families = (frame.fill([3]),)
    assert run(collector, 0.0).families[0][0] is not first, "what has gone is forgotten"


def test_what_is_not_our_own_is_looked_at_and_labelled() -> None:
    (collector,) = labelled([Collector("a", "a", lambda _: [gauge("m", "Help.", 1)])], "theirs", "theirs", PAIRS)
    assert samples(served(collector)) == [b"m{%b} 1" % TEXT]
    (collector,) = labelled([Collector("a", "a", lambda _: [gauge("m", "", {b"{x}": 1})])], "theirs", "theirs", PAIRS)
    assert "no label set" in run(collector, 0.0).error


def test_nothing_here_and_errors_go_through() -> None:
    def absent(_: float) -> Iterable[Family]:
        raise NoData

    (collector,) = labelled([Collector("a", "a", absent)], "theirs", "theirs", PAIRS)
    assert run(collector, 0.0).absent


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (None, "not iterable"),
        ([None], "None is no Collector"),
        ([Collector], "is no Collector"),
        ([Collector("a", 7, lambda _: ())], "is no Collector"),  # type: ignore[arg-type]
        ([Collector("a", "b", None)], "is no Collector"),  # type: ignore[arg-type]
        ([Collector("a", "b", lambda _: ()), Collector("c", "b", lambda _: ())], 'two collectors called "b"'),
        ([Ours().collector] * 2, 'two collectors called "main"'),
    ],
)
def test_no_collectors(given: Sequence[Collector], says: str) -> None:
    with pytest.raises((TypeError, ValueError), match=says):
        labelled(given, "theirs", "theirs", ())
