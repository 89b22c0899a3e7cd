"""Who owns a family."""

import pytest
from motes.shared.claims import Claims
from motes.shared.collector import Collector
from motes.shared.exposition import counter, gauge
from motes.shared.frame import Frame
from motes.shared.result import Result

ONE, TWO = (Collector("test", name, lambda _: ()) for name in ("one", "two"))
FILES = Collector("test", "files", lambda _: (), claims_last=True)


def served(*names: str) -> Result:
    return Result([gauge(name, "Help.", 1) for name in names], 0.0)


@pytest.fixture
def claims() -> Claims:
    return Claims()


def test_the_first_keeps_it(claims: Claims) -> None:
    assert claims.claim(ONE, served("a", "b")) == ("", [])
    wrong, losers = claims.claim(TWO, served("c", "b"))
    assert wrong == "the family b is served by collector one of test"
    assert not losers
    assert "c" not in claims, "a claim is all or nothing"
    assert claims.claim(ONE, served("a", "b")) == ("", [])


def test_what_is_served_no_more_is_free(claims: Claims) -> None:
    claims.claim(ONE, served("a", "b"))
    claims.claim(ONE, served("a"))
    assert claims.claim(TWO, served("b")) == ("", [])
    claims.release(ONE)
    assert claims.claim(TWO, served("a", "b")) == ("", [])
    claims.release(ONE)
    assert "a" in claims


def test_families_from_outside_give_way(claims: Claims) -> None:
    claims.claim(FILES, served("a", "b"))
    assert claims.claim(ONE, served("b")) == ("", [FILES])
    assert "a" not in claims
    assert claims.claim(FILES, served("a", "b"))[0] == "the family b is served by collector one of test"
    assert claims.claim(FILES, served("a")) == ("", [])


def test_between_two_from_outside_the_first_keeps_it(claims: Claims) -> None:
    other = Collector("test", "more files", lambda _: (), claims_last=True)
    claims.claim(FILES, served("a"))
    assert claims.claim(other, served("a"))[0]


def test_twice_in_one_result(claims: Claims) -> None:
    assert claims.claim(ONE, served("a", "b", "a"))[0] == "the family a was given twice"
    assert "b" not in claims


@pytest.mark.parametrize("collector", [ONE, FILES])
def test_the_pages_own_names(claims: Claims, collector: Collector) -> None:
    claims.reserve(["own"])
    assert "own" in claims
    assert claims.claim(collector, served("a", "own"))[0] == "the family own is the program's own"
    assert "a" not in claims


# Instances of one exporter.


def instance(exporter: str, name: str = "main", *, last: bool = False, kin: str = "badge") -> Collector:
    return Collector(exporter, name, lambda _: (), claims_last=last, kin=kin)


KITCHEN, LOFT = instance("badge.kitchen"), instance("badge.loft")


def test_instances_own_a_family_together(claims: Claims) -> None:
    for collector in (KITCHEN, LOFT, KITCHEN):
        assert claims.claim(collector, served("a", "b")) == ("", [])
    assert claims.claim(ONE, served("a"))[0] == "the family a is served by collector main of badge.kitchen"


@pytest.mark.parametrize(("first", "then"), [(KITCHEN, LOFT), (LOFT, KITCHEN)])
def test_it_stays_theirs_until_the_last_has_gone(claims: Claims, first: Collector, then: Collector) -> None:
    claims.claim(KITCHEN, served("a", "b"))
    claims.claim(LOFT, served("a", "c"))
    claims.release(first)
    assert claims.claim(ONE, served("a"))[0] == f"the family a is served by collector main of {then.exporter}"
    assert ("b" in claims, "c" in claims) == (then is KITCHEN, then is LOFT)
    claims.claim(then, served("d"))
    assert claims.claim(ONE, served("a")) == ("", [])


@pytest.mark.parametrize(
    "other",
    [instance("badge.loft", "other"), instance("badge.loft", kin="other"), instance("badge.kitchen")],
    ids=["another collector", "another exporter", "the same exporter"],
)
def test_others_are_no_relatives(claims: Claims, other: Collector) -> None:
    claims.claim(KITCHEN, served("a"))
    assert claims.claim(other, served("a"))[0]


def test_a_family_is_of_one_kind(claims: Claims) -> None:
    claims.claim(KITCHEN, served("a", "b"))
    frame = Frame([("gauge", "c", "", [b""]), ("counter", "b", "", [b""])])
    for counted in (counter("b", "Another help.", 1), frame.fill([1, 1])):
        assert (
            claims.claim(LOFT, Result([counted], 0.0))[0]
            == "the family b is a gauge in badge.kitchen, and here a counter"
        )
    assert claims.claim(LOFT, Result([gauge("b", "Another help.", 1)], 0.0)) == ("", [])


def test_all_who_own_it_lose_it(claims: Claims) -> None:
    first, second, third = (instance(f"node.{name}", "files", last=True) for name in "abc")
    claims.claim(first, served("a", "b"))
    claims.claim(second, served("a"))
    claims.claim(third, served("b"))
    wrong, losers = claims.claim(ONE, served("a"))
    assert (wrong, set(losers)) == ("", {first, second})
    assert claims.claim(FILES, served("b"))[0] == "the family b is served by collector files of node.c"
    assert claims.claim(second, served("c")) == ("", [])
