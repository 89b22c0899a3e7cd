"""What somebody else's collector gives; see tests/support/bad for all that it must not be."""

from collections.abc import Callable, Iterable

import pytest
from motes.shared import foreign
from motes.shared.crew import run
from motes.shared.exposition import Family, Value, counter, gauge, heading, labels, untyped
from motes.shared.foreign import Foreign
from motes.shared.frame import Frame
from motes.shared.label_set import label_names
from motes.shared.labelled import labelled

from tests.support.bad.plugins import PLUGINS, SAYS

VALUES: list[Value] = [0, -1, 1.5, 1e300, 1e-7, float("nan"), float("inf"), float("-inf"), b"007", b"-0.5", b"1e5"]
FRAME = Frame([("gauge", "f", "Help.", [labels(a="1"), labels(a="2")]), ("counter", "f_total", "Help.", [b""])])


def look(*families: Family) -> list[Family]:
    return list(Foreign().look(families))


def histogram() -> Family:
    lines = b'h_bucket{le="+Inf"} 1\nh_sum 0.5\nh_count 1\n'
    return heading("h", "histogram", "Help."), lines


def summary() -> Family:
    return heading("s", "summary", "Help."), b's{quantile="0.5"} 1\ns_sum 0.5\ns_count 1\n'


def test_what_is_good_stays_as_it_is() -> None:
    sets = {labels(of=f'"{at}"\n\\ä'): value for at, value in enumerate(VALUES)}
    families = [gauge("g", "Help.", sets), counter("c_total", "Help.", b"7"), untyped("u", "Help.", {})]
    families += [FRAME.fill([1, float("nan"), b"3"]), histogram(), summary()]
    assert look(*families) == families


def test_what_was_good_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []

    def counted(label_set: bytes) -> list[bytes]:
        seen.append(label_set)
        return label_names(label_set)

    monkeypatch.setattr(foreign, "label_names", counted)
    looking = Foreign()
    for value in range(3):
        list(looking.look([gauge("g", "Help.", {labels(a="1"): value, b"": value}), FRAME.fill([value] * 3)]))
    assert sorted(seen) == [b"", b"", b'{a="1"}', b'{a="1"}', b'{a="2"}']
    list(looking.look([gauge("g", "Help.", {labels(a="3"): 1})]))
    assert seen[-1] == b'{a="3"}'


def test_what_has_gone_is_forgotten() -> None:
    looking = Foreign()
    for at in range(3):
        list(looking.look([gauge("g", "Help.", {labels(a=f"{at}"): 1}), Frame([("gauge", "f", "", [b""])]).fill([1])]))
        assert (len(looking._series), len(looking._frames)) == (1, 1)


def test_what_failed_is_forgotten() -> None:
    looking = Foreign()
    with pytest.raises(ValueError, match="no number"):
        list(looking.look([gauge("g", "Help.", 1), (heading("b", "gauge", ""), b"b x\n")]))
    assert not looking._series


@pytest.mark.parametrize("name", [name for name in PLUGINS if name.startswith("bad-garbage-")])
def test_garbage(name: str) -> None:
    exporter = PLUGINS[name].create({})
    (collector,) = labelled(exporter.collectors, name, name, ())
    result = run(collector, 0.0)
    if name == "bad-garbage-twice":
        # That is for who compares it with the families of others.
        assert result.success
    else:
        assert SAYS[name] in result.error


@pytest.mark.parametrize("given", [lambda: 7, lambda: [object()], lambda: [("a", b"a 1\n")], lambda: iter([()])])
def test_no_families_at_all(given: Callable[[], Iterable[Family]]) -> None:
    with pytest.raises(TypeError, match=r"is no family|is not iterable"):
        list(Foreign().look(given()))
