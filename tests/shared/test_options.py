"""Kinds of values: what a word and a TOML value become, and what is refused with what would be right."""

from pathlib import Path

import pytest
from motes.shared.options import (
    BOOLEAN,
    DURATION,
    FOLDER,
    INTEGER,
    PATH,
    TEXT,
    TIMEOUT,
    Catalogue,
    Kind,
    Option,
    choice,
    interval,
    joined,
)

COLOUR = choice("red", "blue")


@pytest.mark.parametrize(
    ("kind", "word", "value"),
    [
        (TEXT, "", ""),
        (TEXT, " a\nb ", " a\nb "),
        (PATH, "/a b", "/a b"),
        (FOLDER, "/", "/"),
        (INTEGER, "0", 0),
        (INTEGER, "007", 7),
        (INTEGER, "9" * 18, int("9" * 18)),
        (BOOLEAN, "true", True),
        (BOOLEAN, "False", False),
        (BOOLEAN, "1", True),
        (BOOLEAN, "0", False),
        (interval(10, "it takes"), "10s", 10.0),
        (DURATION, "0", 0.0),
        (DURATION, "10", 10.0),
        (DURATION, "1.5s", 1.5),
        (DURATION, "500ms", 0.5),
        (DURATION, "1h30m", 5400.0),
        (DURATION, "1m500ms", 60.5),
        (DURATION, "1d", 86400.0),
        (TIMEOUT, "1ms", 0.001),
        (COLOUR, "red", "red"),
    ],
)
def test_parse(kind: Kind, word: str, value: object) -> None:
    parsed = kind.parse(word)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("kind", "word", "message"),
    [
        (INTEGER, "", '"" is not a whole number such as 40'),
        (INTEGER, "-1", '"-1" is not a whole number such as 40'),
        (INTEGER, "1.0", '"1.0" is not a whole number such as 40'),
        (INTEGER, "1_0", '"1_0" is not a whole number such as 40'),
        (INTEGER, "٣", '"٣" is not a whole number such as 40'),
        (INTEGER, "9" * 19, f'"{"9" * 19}" is not a whole number such as 40'),
        (BOOLEAN, "", '"" is not true or false'),
        (BOOLEAN, "yes", '"yes" is not true or false'),
        (interval(10, "it takes"), "9.9s", '"9.9s" is shorter than 10s, which it takes'),
        (interval(10, "it takes"), "soon", '"soon" is not a duration such as 10s, 500ms or 1h30m'),
        (DURATION, "", '"" is not a duration such as 10s, 500ms or 1h30m'),
        (DURATION, "-1s", '"-1s" is not a duration such as 10s, 500ms or 1h30m'),
        (DURATION, "s", '"s" is not a duration such as 10s, 500ms or 1h30m'),
        (DURATION, "1w", '"1w" is not a duration such as 10s, 500ms or 1h30m'),
        (DURATION, "1 s", '"1 s" is not a duration such as 10s, 500ms or 1h30m'),
        (DURATION, "1.2.3s", '"1.2.3s" is not a duration such as 10s, 500ms or 1h30m'),
        (DURATION, "inf", '"inf" is not a duration such as 10s, 500ms or 1h30m'),
        (DURATION, "nan", '"nan" is not a duration such as 10s, 500ms or 1h30m'),
        (DURATION, "1d1ms", '"1d1ms" is longer than a day'),
        (DURATION, "9" * 400, f'"{"9" * 400}" is longer than a day'),
        (TIMEOUT, "0s", '"0s" is no time at all; a duration such as 10s is wanted'),
        (FOLDER, "/etc/passwd", '"/etc/passwd" is not a folder on this machine'),
        (FOLDER, "", '"" is not a folder on this machine'),
        (FOLDER, "a\0b", '"a\0b" is not a folder on this machine'),
        (COLOUR, "green", '"green" is not one of: red, blue'),
    ],
)
def test_refused(kind: Kind, word: str, message: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - all of it is compared
        kind.parse(word)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        (TEXT, "a", "a"),
        (INTEGER, 40, 40),
        (BOOLEAN, True, True),
        (BOOLEAN, False, False),
        (DURATION, 10, 10.0),
        (DURATION, 0.5, 0.5),
        (DURATION, "10s", 10.0),
    ],
)
def test_read_from_toml(kind: Kind, given: object, value: object) -> None:
    assert kind.read(given) == value


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (TEXT, 5, "5 is of the wrong type: TEXT is wanted, a string in quotes"),
        (TEXT, True, "true is of the wrong type: TEXT is wanted, a string in quotes"),
        (TEXT, ["a"], "['a'] is of the wrong type: TEXT is wanted, a string in quotes"),
        (TEXT, {}, "{} is of the wrong type: TEXT is wanted, a string in quotes"),
        (INTEGER, "40", '"40" is of the wrong type: N is wanted, a whole number'),
        (INTEGER, True, "true is of the wrong type: N is wanted, a whole number"),
        (INTEGER, 1.0, "1.0 is of the wrong type: N is wanted, a whole number"),
        (INTEGER, -1, '"-1" is not a whole number such as 40'),
        (BOOLEAN, "true", '"true" is of the wrong type: true|false is wanted, true or false'),
        (BOOLEAN, 1, "1 is of the wrong type: true|false is wanted, true or false"),
        (DURATION, False, "false is of the wrong type: DURATION is wanted, a string in quotes"),
        (DURATION, float("nan"), '"nan" is not a duration such as 10s, 500ms or 1h30m'),
        (DURATION, -1, '"-1" is not a duration such as 10s, 500ms or 1h30m'),
        (FOLDER, str(Path(__file__)), f'"{__file__}" is not a folder on this machine'),
    ],
)
def test_of_the_wrong_type_in_toml(kind: Kind, given: object, message: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - all of it is compared
        kind.read(given)
    assert str(raised.value) == message


@pytest.mark.parametrize(("value", "shown"), [(10.0, "10s"), (0.5, "0.5s")])
def test_durations_are_shown_as_they_are_written(value: float, shown: str) -> None:
    assert DURATION.show(value) == shown
    assert DURATION.parse(shown) == value


def test_catalogue_asks_for_more_only_when_it_has_to() -> None:
    asked = []

    def more(name: str) -> list[Option]:
        asked.append(name)
        return [Option("late", TEXT, "", "", aliases=("later",))]

    early, catalogue = Option("early", TEXT, "", "", aliases=("earlier",)), None
    catalogue = Catalogue([early], more, lambda: more("all"))
    assert catalogue.find("early") is catalogue.find("earlier") is early
    assert asked == []
    found = [catalogue.find(name) for name in ("late", "later", "never")]
    assert [option and option.name for option in found] == ["late", "late", None]
    assert [option.name for option in catalogue.all()] == ["early", "late"]


def test_joined_catalogues() -> None:
    one = Catalogue([Option("a", TEXT, "", "")])
    other = Catalogue([Option("b", TEXT, "", "")], lambda _: [Option("c", TEXT, "", "")], list)
    both = joined(one, other)
    assert [bool(both.find(name)) for name in "abcd"] == [True, True, True, False]
    assert [option.name for option in both.all()] == ["a", "b"]
