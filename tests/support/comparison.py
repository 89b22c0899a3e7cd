"""Our page against node_exporter's of the same machine and moment: theirs, ours, and theirs again.

What stands still must be equal; what moves must lie between, in one of many rounds, for a gauge may move to and fro.
"""

import re
from collections.abc import Callable, Container, Mapping
from math import isnan

from tests.support.page import Page, Series, shown

ROUNDS = 50

Reasons = Mapping[str, str]


class Exceptions:
    """What may differ: expressions for a whole series as `page.shown` writes it, each with its reason.

    `ours` and `theirs` are the series that only one side serves, `values` those whose values are not to be compared;
    `labels` are pairs of a name and a label that ours has besides, `newer` whole families that may be ours alone.
    """

    def __init__(
        self,
        *,
        ours: Reasons,
        theirs: Reasons,
        values: Reasons,
        labels: Mapping[tuple[str, str], str],
        newer: Container[str],
    ) -> None:
        self.newer = newer
        self.ours = _any(ours)
        self.theirs = _any(theirs)
        self.values = _any(values)
        self._labels = [(re.compile(name), label) for name, label in labels]

    def as_theirs(self, series: Series) -> Series:
        """A series of ours without the labels that theirs does not have yet."""
        name, labels = series
        more = {label for pattern, label in self._labels if pattern.fullmatch(name)}
        return name, tuple(pair for pair in labels if pair[0] not in more)


def _any(reasons: Reasons) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in reasons), re.DOTALL)


def settle(ours: Callable[[], str], theirs: Callable[[], str], exceptions: Exceptions) -> dict[Series, str]:
    """The differences that do not go away."""
    after = Page(theirs())
    left: dict[Series, str] | None = None
    for _ in range(ROUNDS):
        before, page, after = after, Page(ours()), Page(theirs())
        found = differences(before, page, after, exceptions)
        left = found if left is None else {series: found[series] for series in left if series in found}
        if not left:
            break
    return left or {}


def differences(before: Page, ours: Page, after: Page, exceptions: Exceptions) -> dict[Series, str]:
    """What differs, and how, of all that is on both of their pages or only on ours."""
    named = {exceptions.as_theirs(series): series for series in ours.values}
    found: dict[Series, str] = {}
    for series in before.values.keys() & after.values.keys():
        if series in named:
            wrong = _wrong(series, before, (ours, named[series]), after, exceptions)
        else:
            wrong = "" if exceptions.theirs.fullmatch(shown(series)) else "theirs alone"
        if wrong:
            found[series] = wrong
    for series in named.keys() - before.values.keys() - after.values.keys():
        newer = series[0] in exceptions.newer and series[0] not in after.kinds
        if not newer and not exceptions.ours.fullmatch(shown(series)):
            found[series] = "ours alone"
    return found


def _wrong(series: Series, before: Page, ours: tuple[Page, Series], after: Page, exceptions: Exceptions) -> str:
    page, own = ours
    kinds = page.kinds.get(own[0]), after.kinds.get(series[0])
    if kinds[0] != kinds[1]:
        return f"our {kinds[0]} is their {kinds[1]}"
    value, first, last = page.values[own], before.values[series], after.values[series]
    if min(first, last) <= value <= max(first, last) or (isnan(value) and isnan(last)):
        return ""
    return "" if exceptions.values.fullmatch(shown(series)) else f"our {value!r} is their {first!r}, then {last!r}"


def told(found: Mapping[Series, str]) -> str:
    """Differences, one a line."""
    return "\n".join(sorted(f"{shown(series)}: {how}" for series, how in found.items()))
