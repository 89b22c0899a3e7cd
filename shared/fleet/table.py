"""One table of an inventory: its keys are taken one by one, and what is wrong is put on a list."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from motes.shared.config import near

Value = TypeVar("Value")

_SECRET = "privatekey"  # noqa: S105 - what a key may be called


class Table:
    """`title` is how it is called in what is wrong with it."""

    def __init__(self, title: str, given: dict[str, Any], problems: list[str]) -> None:
        self.title = title
        self._given = dict(given)
        self._problems = problems
        self._known: list[str] = []

    def take(self, key: str, read: Callable[[object], Value], default: Value, *, needed: bool = False) -> Value:
        """The key's value; the default where there is none, or none that can be."""
        self._known.append(key)
        if key not in self._given:
            if needed:
                self.complain(f"{key} is missing")
            return default
        try:
            return read(self._given.pop(key))
        except ValueError as error:
            self.complain(f"{key}: {error}")
            return default

    def tables(self, names: Iterable[str], read: Callable[[object], Value]) -> dict[str, Value]:
        """Those of these names that there are, as `read` takes them."""
        taken = {}
        for name in names:
            self._known.append(name)
            if name in self._given:
                try:
                    taken[name] = read(self._given.pop(name))
                except ValueError as error:
                    self.complain(f"{name}: {error}")
        return taken

    def end(self) -> None:
        """Nothing else is to be here."""
        for key in self._given:
            if _is_secret(key):
                self.complain(
                    f"{key}: a private key never leaves its host; delete it here, let `install` make a new one there, "
                    "and write the public-key that it prints"
                )
            else:
                meant = near(key, self._known)
                self.complain(f"{key}: no such key" + (f" ({meant}?)" if meant else ""))

    def complain(self, problem: str) -> None:
        self._problems.append(f"[{self.title}] {problem}")


def _is_secret(key: str) -> bool:
    return key.lower().replace("-", "").replace("_", "") == _SECRET
