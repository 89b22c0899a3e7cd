"""The line protocol: what is a reading, what should have been one, and what is neither."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motes.exporters.card10_bme680.lines import LONGEST, Lines
from motes.exporters.card10_bme680.problems import Failure
from motes.exporters.card10_bme680.values import fold

from tests.exporters.card10_bme680.played import split

PAIRS = "temperature=21.5 humidity=45.25 pressure=1003.125 gas_resistance=123456.0"
TOLD = {"temperature": 21.5, "humidity": 45.25, "pressure": 1003.125, "gas_resistance": 123456.0}
LOG = "[   13.000] WARN pmic: the battery is low"


def check(line: str) -> str:
    return f"{line} check={fold(line.encode())}"


def fed(*lines: str | bytes) -> list[object]:
    """Readings, and "garbled"; behind a first line, which does not count."""
    data = b"".join((line.encode() if isinstance(line, str) else line) + b"\r\n" for line in ("", *lines))
    return [shown(said) for said in Lines().feed(data)]


def shown(said: dict[str, float] | Failure) -> object:
    return said.reason if isinstance(said, Failure) else said


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (PAIRS, TOLD),
        (check(PAIRS), TOLD),
        (f"  battery=3.9   {PAIRS} mood=good", TOLD),
        (json.dumps(TOLD), TOLD),
        (json.dumps({**TOLD, "battery": 3.9, "app": {"name": "air"}}), TOLD),
        ("temperature=-12", {"temperature": -12}),
        (
            "temperature=21 iaq=57 iaq_accuracy=2 eco2=612.5 breath_voc=.75",
            {"temperature": 21, "iaq": 57, "iaq_accuracy": 2, "eco2": 612.5, "breath_voc": 0.75},
        ),
    ],
)
def test_readings(line: str, told: dict[str, float]) -> None:
    assert fed(line) == [told]


@pytest.mark.parametrize(
    "line", ["", LOG, "\x1b[32m[   13.000]\x1b[0m INFO", "battery=3.9", '{"battery": 3.9}', "21.5", "{}", b"\xff\x00=1"]
)
def test_somebody_elses(line: str | bytes) -> None:
    assert fed(line) == []


@pytest.mark.parametrize(
    "line",
    [
        "temperature=",
        "temperature=warm",
        "temperature=2_1",
        "temperature=21.5 humidity=45.25[   13.000] WARN",
        "temperature=21.5 and so on",
        "humidity=45.25 pressure=1003.125",
        "temperature=\u0662\u0661",
        PAIRS + " check=1",
        '{"temperature": 21.5',
        '{"temperature": "21.5"}',
        '{"temperature": true}',
        '{"temperature": null}',
        '{"humidity": 45.25}',
        '{"temperature": ' + "9" * 400 + "}",
        "{" * 900,
        '{"temperature":' + "[" * 900,
        PAIRS + " note=" + "x" * LONGEST,
        json.dumps({**TOLD, "note": "x" * LONGEST}),
    ],
)
def test_what_should_have_been_one(line: str) -> None:
    assert fed(line) == ["garbled"]


def test_the_first_line_may_be_the_end_of_one() -> None:
    assert list(Lines().feed(b"temperature=1\ntemperature=2\n")) == [{"temperature": 2}]


def test_who_checks_once_is_held_to_it() -> None:
    assert fed(check(PAIRS), PAIRS, "temperature=2", check("temperature=3")) == [
        TOLD,
        "garbled",
        "garbled",
        {"temperature": 3},
    ]


def test_less_than_before_is_believed_when_it_is_said_again() -> None:
    assert fed(PAIRS, "temperature=2", "temperature=3", PAIRS) == [TOLD, "garbled", {"temperature": 3}, TOLD]


def test_a_log_anywhere_in_a_checked_line_leaves_no_other_reading() -> None:
    line = check(PAIRS)
    for at in range(len(line) + 1):
        for log in (LOG + "\r\n", "\r\n" + LOG + "\r\n"):
            said = fed(line, line[:at] + log + line[at:], line)
            assert said[0] == said[-1] == TOLD
            assert all(each in ("garbled", TOLD) for each in said)


@given(st.lists(st.integers(0, 1000)))
def test_however_it_comes(at: list[int]) -> None:
    data = f"\n{PAIRS}\r\n{LOG}\r\n{json.dumps(TOLD)}\n".encode()
    lines = Lines()
    assert [said for piece in split(data, at) for said in lines.feed(piece)] == [TOLD, TOLD]


@given(st.lists(st.one_of(st.binary(), st.sampled_from([b"\n", b"temperature=", b"21", b" check=", b"{", b'"eco2":']))))
def test_any_octets(pieces: list[bytes]) -> None:
    lines = Lines()
    for piece in pieces:
        for said in lines.feed(piece):
            assert isinstance(said, Failure) or "temperature" in said


def test_a_line_without_an_end_is_not_kept() -> None:
    lines = Lines()
    for _ in range(1000):
        assert list(lines.feed(b"temperature=21" * 1000)) == []
    assert len(lines._rest) <= LONGEST + 1
    assert [shown(said) for said in lines.feed(b"\n\ntemperature=4\n")] == [{"temperature": 4}]
