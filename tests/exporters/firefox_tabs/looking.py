"""The exporter without its threads: it looks when a test says so."""

from motes.exporters.firefox_tabs.tabs import Tabs
from motes.shared.exposition import text

from tests.support.page import Page
from tests.support.sessions import packed, tabs

STATES = ("pinned", "hidden", "plain")
LIMIT = 16 << 20
# A session file that was cut.
DAMAGED = packed(tabs(50))[:-40]


class Looking:
    """Names of metrics without their `firefox_`."""

    def __init__(self, *patterns: object, most: int = LIMIT, containers: bool = False) -> None:
        self.tabs = Tabs([str(each) for each in patterns], most=most, interval=5, containers=containers)

    def look(self) -> "Looking":
        for finder in self.tabs._finders:
            finder._look()
        for base in self.tabs._bases.all():
            base._look()
        return self

    def page(self) -> Page:
        return Page(self.text())

    def text(self) -> str:
        return text(self.tabs.families()).decode()

    def values(self, metric: str, **labels: str) -> list[float]:
        """Of all series that have these labels."""
        return [
            value
            for (name, pairs), value in self.page().values.items()
            if name == f"firefox_{metric}" and labels.items() <= dict(pairs).items()
        ]

    def value(self, metric: str, **labels: str) -> float | None:
        """Of the only one, or None."""
        found = self.values(metric, **labels)
        assert len(found) < 2, f"more than one firefox_{metric} with {labels}"
        return found[0] if found else None

    def tabs_by_state(self, metric: str = "tabs", **labels: str) -> list[float | None]:
        return [self.value(metric, state=state, **labels) for state in STATES]

    def names(self, metric: str, label: str) -> list[str]:
        """What a label of a metric's series is."""
        return sorted(dict(pairs)[label] for name, pairs in self.page().values if name == f"firefox_{metric}")

    def errors(self) -> dict[str, float]:
        """How many were counted, by reason."""
        reasons = self.names("parse_errors_total", "reason")
        return {reason: self.values("parse_errors_total", reason=reason)[0] for reason in reasons}

    def problems(self) -> list[tuple[str, str]]:
        """Their names, and the ends of their paths."""
        found = [dict(pairs) for name, pairs in self.page().values if name == "firefox_problem_info"]
        return sorted((each["problem"], each["path"].rpartition("/")[2]) for each in found)
