"""Who owns a family."""

import pytest
from motes.shared.claims import Claims
from motes.shared.collector import Collector
from motes.shared.exposition import gauge
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
