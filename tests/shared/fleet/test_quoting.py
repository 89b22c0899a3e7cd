"""What is quoted is what it was: for TOML, and as JSON where that has the same escapes; and for YAML by its rules."""

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from motes.shared.fleet.quoting import quoted, scalar, toml_table

TEXT = some.text(some.characters(exclude_categories=["Cs"]))
VALUES = some.recursive(
    TEXT | some.integers(-(2**63), 2**63 - 1) | some.booleans() | some.floats(allow_nan=False) | some.dates(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


@given(TEXT)
def test_on_one_line_and_visible(text: str) -> None:
    assert quoted(text).isprintable()
    if "\\U" not in quoted(text):
        assert json.loads(quoted(text)) == text


@given(some.dictionaries(TEXT, VALUES, max_size=4))
def test_toml_is_read_as_it_was(table: dict[str, Any]) -> None:
    assert tomllib.loads("\n".join(toml_table(("a name", "b"), table))) == {"a name": {"b": table}}


@pytest.mark.parametrize("name", ["attic", "attic-2.example", "nope", "x1e3"])
def test_what_needs_no_quotes(name: str) -> None:
    assert scalar(name) == name


@pytest.mark.parametrize("name", ["on", "No", "NULL", "y", "1e3", "0x10", "2.5", "007"])
def test_what_yaml_would_take_for_something_else(name: str) -> None:
    assert scalar(name) == f'"{name}"'
