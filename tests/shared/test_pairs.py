"""Pairs, from words and from TOML; and what is wrong with them, told without what is private."""

import pytest
from motes.shared.options import INTEGER, Kind
from motes.shared.pairs import Pairs


def _place(word: str) -> str:
    if not word.isalpha():
        raise ValueError(f'"{word}" is no place such as kitchen')
    return word.lower()


def _code(word: str) -> str:
    if not word.startswith("hush"):
        raise ValueError("a code begins otherwise")
    return word


PLACE = Kind("PLACE", _place)
ROOMS = Pairs(PLACE, INTEGER)
CODES = Pairs(PLACE, Kind("CODE", _code, private="--code-file"))


def test_words() -> None:
    assert ROOMS.metavar == "PLACE=N"
    assert ROOMS.parse("Kitchen=3") == ("kitchen", 3)
    assert Pairs(PLACE, Kind("TEXT", str)).parse("a=b = c") == ("a", "b = c")
    assert ROOMS.parse_all(["b=1", "a=2"]) == [("b", 1), ("a", 2)]
    assert ROOMS.parse_all([]) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["kitchen"], '"kitchen" is not PLACE=N'),
        ([""], '"" is not PLACE=N'),
        (["4=3"], '"4" is no place such as kitchen'),
        (["=3"], '"" is no place such as kitchen'),
        (["a=1", "b=x"], '"b": "x" is not a whole number such as 40'),
        (["a=1", "b=2", "a=1"], '"a" is given twice'),
        (["Attic=1", "attic=2"], '"attic" is given twice'),
    ],
)
def test_words_refused(words: list[str], message: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - all of it is compared
        ROOMS.parse_all(words)
    assert str(raised.value) == message


def test_a_table() -> None:
    assert ROOMS.read_all({"Kitchen": 3, "attic": 4}) == [("kitchen", 3), ("attic", 4)]
    assert ROOMS.read_all({}) == []
    assert CODES.read_all({"attic": "hush"}) == [("attic", "hush")]


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (ROOMS, ["kitchen=3"], 'this is a table: write { "PLACE" = "N" }'),
        (ROOMS, "kitchen=3", 'this is a table: write { "PLACE" = "N" }'),
        (ROOMS, {"4": 3}, '"4" is no place such as kitchen'),
        (ROOMS, {"a": "3"}, '"a": "3" is of the wrong type: N is wanted, a whole number'),
        (ROOMS, {"a": {"b": 3}}, "\"a\": {'b': 3} is of the wrong type: N is wanted, a whole number"),
        (ROOMS, {"a": 1, "b": -1}, '"b": "-1" is not a whole number such as 40'),
        (ROOMS, {"Attic": 1, "attic": 2}, '"attic" is given twice'),
        (CODES, "hush", 'this is a table: write { "PLACE" = "CODE" }'),
        (CODES, {"attic": "hash"}, '"attic": a code begins otherwise'),
        (CODES, {"attic": 1234}, '"attic": this is of the wrong type: CODE is wanted, a string in quotes'),
        (CODES, {"attic": ["hush"]}, '"attic": this is of the wrong type: CODE is wanted, a string in quotes'),
        (CODES, {"attic": "hush", "hush4": "cellar"}, "pair 2 has a key that is no PLACE"),
    ],
)
def test_a_table_refused(kind: Kind, given: object, message: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - all of it is compared
        kind.read_all(given)
    assert str(raised.value) == message
