"""Text for a person: nothing that steers the terminal, and never wider than it."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motes.shared.person.terminal import Line, Terminal, columns, cut, paragraph, plain, wrapped


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(line: Line) -> str:
    return "".join(text for text, _ in line)


@given(st.text())
def test_what_is_shown_steers_nothing(text: str) -> None:
    assert plain(text).isprintable()


def test_plain() -> None:
    assert plain("a\tb\nc") == "a b c"
    assert plain("\x1b]0;title\x07\x9b2J\u202eevil\udcff") == "\ufffd]0;title\ufffd\ufffd2J\ufffdevil\ufffd"
    assert plain("21.5 °C, Küche, 厨房") == "21.5 °C, Küche, 厨房"
    assert plain("x" * 2000) == "x" * 1000 + "…"


@pytest.mark.parametrize(("text", "width"), [("", 0), ("abc", 3), ("°C", 2), ("厨房", 4), ("e\u0301", 1)])
def test_columns(text: str, width: int) -> None:
    assert columns(text) == width


@given(st.text(), st.integers(2, 30))
def test_wrapped_fits_and_loses_nothing(text: str, width: int) -> None:
    lines = wrapped(plain(text), width)
    assert all(columns(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(plain(text).split())


@given(st.text(), st.text(), st.integers(2, 60))
def test_cut_fits(one: str, other: str, width: int) -> None:
    whole = [(plain(one), "bad"), (plain(other), "")]
    assert columns(shown(cut(whole, width))) <= width
    assert shown(whole).startswith(shown(cut(whole, width)))


@pytest.mark.parametrize(
    ("head", "width", "lines"),
    [
        ("  a: ", 12, ["  a: one two", "     three"]),
        ("  a long one: ", 20, ["  a long one: ", "    one two three"]),
    ],
)
def test_paragraph(head: str, width: int, lines: list[str]) -> None:
    assert [shown(line) for line in paragraph([(head, "bad")], "one two three", width)] == lines


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({}, False),
    ],
)
def test_colours_where_they_are_wanted(environment: dict[str, str], coloured: bool) -> None:
    screen = Screen()
    Terminal(screen, environment).write([[("a", "bad"), ("b", "")]])
    assert screen.getvalue() == ("\x1b[1;31ma\x1b[0mb\n" if coloured else "ab\n")


def test_no_colours_in_a_file() -> None:
    file = io.StringIO()
    Terminal(file, {"TERM": "xterm"}).write([[("a", "bad")]])
    assert file.getvalue() == "a\n"


def test_a_size_that_is_told_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "3")
    monkeypatch.setenv("LINES", "7")
    assert Terminal(io.StringIO(), {}).size == (20, 7)
