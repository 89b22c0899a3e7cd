"""Which collector a family belongs to.

A family has one owner. The first to serve it keeps it, but a collector whose families come from outside
(`claims_last`) gives way to one whose families are its own.
"""

from motes.shared.collector import Collector


class Claims:
    """Owners by family name. As a container: the names of all families that are owned."""

    def __init__(self) -> None:
        self._owners: dict[str, Collector] = {}
        self._claimed: dict[Collector, frozenset[str]] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._owners

    def claim(self, collector: Collector, names: frozenset[str]) -> tuple[str, list[Collector]]:
        """Claim what a collector has served: the first name that it must not serve, or those who lost one to it."""
        if self._claimed.get(collector) == names:
            return "", []
        losers = []
        for name in sorted(names):
            owner = self._owners.get(name, collector)
            if owner is collector:
                continue
            if collector.claims_last or not owner.claims_last:
                return name, []
            losers.append(owner)
        for loser in losers:
            self.release(loser)
        self.release(collector)
        self._claimed[collector] = names
        self._owners.update(dict.fromkeys(names, collector))
        return "", losers

    def owner(self, name: str) -> Collector | None:
        return self._owners.get(name)

    def release(self, collector: Collector) -> None:
        """Give up all that a collector owns."""
        for name in self._claimed.pop(collector, ()):
            del self._owners[name]
