"""Which collector a family belongs to.

A family has one owner. The first to serve it keeps it, but a collector whose families come from outside
(`claims_last`) gives way to one whose families are its own. Collectors that are akin, which are those of one name in
instances of one exporter, own a family together.
"""

from collections.abc import Iterable, Sequence

from motes.shared.collector import Collector
from motes.shared.result import Layout, Result, names_of


class Claims:
    """Owners by family name. As a container: the names of all families that are owned."""

    def __init__(self) -> None:
        # Of those that own a family together, the first.
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
        losers: set[Collector] = set()
        for name in names:
            if name in self._reserved:
                return f"the family {name} is the program's own", []
            owner = self._owners.get(name, collector)
            if owner is collector or akin(owner, collector):
                continue
            if collector.claims_last or not owner.claims_last:
                return f"the family {name} is served by collector {owner.name} of {owner.exporter}", []
            losers.update(self._owning(name, owner))
        wrong = self._inconsistency(collector, names, result.layouts)
        if wrong:
            return wrong, []
        for former in (collector, *losers):
            self.release(former)
        self._claimed[collector] = result.layouts
        for name in names:
            self._owners.setdefault(name, collector)
        return "", list(losers)

    def release(self, collector: Collector) -> None:
        """Give up all that a collector owns; where it does not own it alone, that goes to the others."""
        names = names_of(self._claimed.pop(collector, ()))
        heirs = {name: each for each in self._relatives(collector) for name in names_of(self._claimed[each])}
        for name in names:
            if self._owners[name] is collector:
                del self._owners[name]
                if name in heirs:
                    self._owners[name] = heirs[name]

    def _relatives(self, collector: Collector) -> list[Collector]:
        return [each for each in self._claimed if akin(each, collector)]

    def _owning(self, name: str, owner: Collector) -> list[Collector]:
        """The owner of a family, and those who own it together with it."""
        return [owner, *[each for each in self._relatives(owner) if name in names_of(self._claimed[each])]]

    def _inconsistency(self, collector: Collector, names: Sequence[str], layouts: Sequence[Layout]) -> str:
        """What does not go together: a family that is there twice, or that relatives serve as another kind."""
        if len(set(names)) < len(names):
            return f"the family {max(names, key=names.count)} was given twice"
        for relative in self._relatives(collector):
            kinds = _kinds(self._claimed[relative])
            for name, kind in _kinds(layouts).items():
                if kinds.get(name, kind) != kind:
                    return f"the family {name} is a {kinds[name]} in {relative.exporter}, and here a {kind}"
        return ""


def akin(one: Collector, other: Collector) -> bool:
    """Whether these are collectors of two instances that serve the same families."""
    return one.kin == other.kin and one.name == other.name and one.exporter != other.exporter


def _kinds(layouts: Iterable[Layout]) -> dict[str, str]:
    return {heading.name: heading.kind for layout in layouts for heading in layout.headings}
