"""Options whose values are pairs: `KEY=VALUE` as a word, and in TOML a table with quoted keys.

A value is a tuple of what the kinds of its key and of its value make of them.
Errors: ValueError, which names the pair's key; also for a key that is there twice.
"""

from collections.abc import Callable, Iterable, Sequence

from motes.shared.options import Kind, take_each

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Pair = tuple[Any, Any]


class Pairs(Kind):
    """The kind of a repeatable option. Its pairs are as private as their values."""

    __slots__ = ("_key", "_value")

    def __init__(self, key: Kind, value: Kind) -> None:
        super().__init__(f"{key.metavar}={value.metavar}", self._parse, private=value.private)
        self._key = key
        self._value = value

    def parse_all(self, words: Iterable[str]) -> "list[Pair]":
        return _different(super().parse_all(words))

    def read_all(self, given: object) -> "list[Pair]":
        if not isinstance(given, dict):
            raise ValueError(f'this is a table: write {{ "{self._key.metavar}" = "{self._value.metavar}" }}')
        return _different(take_each(self._read_pair, enumerate(given.items(), 1)))

    def _parse(self, word: str) -> "Pair":
        key, equals, text = word.partition("=")
        if not equals:
            raise ValueError(f'"{word}" is not {self.metavar}')
        return self._key.parse(key), _named(key, self._value.parse, text)

    def _read_pair(self, numbered: "tuple[int, Pair]") -> "Pair":
        number, (key, value) = numbered
        return self._read_key(number, key), _named(key, self._value.read, value)

    def _read_key(self, number: int, key: str) -> object:
        try:
            parsed: object = self._key.parse(key)
        except ValueError:
            if not self.private:
                raise
            # Where the two were mixed up, this is what nobody should see.
            raise ValueError(f"pair {number} has a key that is no {self._key.metavar}") from None
        return parsed


def _named(key: str, take: "Callable[[Any], object]", value: object) -> object:
    try:
        return take(value)
    except ValueError as error:
        raise ValueError(f'"{key}": {error}') from None


def _different(pairs: "Sequence[Pair]") -> "list[Pair]":
    """The pairs, unless two have the same key, which may have been written in two ways."""
    keys = set()
    for key, _ in pairs:
        if key in keys:
            raise ValueError(f'"{key}" is given twice')
        keys.add(key)
    return list(pairs)
