"""Which collector a family belongs to.

A family has one owner. The first to serve it keeps it, but a collector whose families come from outside
(`claims_last`) gives way to one whose families are its own.
"""

from collections.abc import Iterable, Sequence

from motes.shared.collector import Collector
from motes.shared.result import Layout, Result, names_of


class Claims:
    """Owners by family name. As a container: the names of all families that are owned."""

    def __init__(self) -> None:
        self._owners: dict[str, Collector] = {}
        self._claimed: dict[Collector, Sequence[Layout]] = {}
        self._reserved: frozenset[str] = frozenset()

    def __contains__(self, name: object) -> bool:
        return name in self._owners or name in self._reserved

    def reserve(self, names: Iterable[str]) -> None:
        """Names that are no collector's to serve, for they are the page's own."""
        self._reserved = frozenset(names)

    def claim(self, collector: Collector, result: Result) -> tuple[str, list[Collector]]:
        """Claim what a collector has served: what is wrong with it, or those who have lost a family to it."""
        if self._claimed.get(collector) == result.layouts:
            return "", []
        names = names_of(result.layouts)
        losers = set()
        for name in names:
            if name in self._reserved:
                return f"the family {name} is the program's own", []
            owner = self._owners.get(name, collector)
            if owner is collector:
                continue
            if collector.claims_last or not owner.claims_last:
                return f"the family {name} is served by collector {owner.name}", []
            losers.add(owner)
        if len(set(names)) < len(names):
            return f"the family {max(names, key=names.count)} was given twice", []
        for former in (collector, *losers):
            self.release(former)
        self._claimed[collector] = result.layouts
        self._owners.update(dict.fromkeys(names, collector))
        return "", list(losers)

    def release(self, collector: Collector) -> None:
        """Give up all that a collector owns."""
        for name in names_of(self._claimed.pop(collector, ())):
            del self._owners[name]
