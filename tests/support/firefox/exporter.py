"""motes-firefox-tabs out of this checkout, for the user of a home, beside the Firefox that is there."""

import sys
from pathlib import Path

from tests.support.firefox.browser import Counts, Firefox
from tests.support.namespaces import until
from tests.support.page import Page
from tests.support.program import HERE, ROOT, Program, free_port

COMMAND = (sys.executable, "-m", "motes.exporters.firefox_tabs.program")
STATES = ("pinned", "hidden", "plain")
NO_TABS = dict.fromkeys(STATES, 0)
LABELS = {"user", "profile", "browser"}


def environment(home: Path) -> dict[str, str]:
    """Of who owns the home; XDG's folders are where they are without these."""
    return {"PYTHONPATH": str(ROOT / ".src"), "HOME": str(home), "XDG_CONFIG_HOME": ""}


class Told:
    """What a page says of one profile. Names of metrics without their `firefox_`."""

    def __init__(self, page: Page, profile: str) -> None:
        self._found = {
            (name.removeprefix("firefox_"), tuple(pair for pair in pairs if pair[0] not in LABELS)): value
            for (name, pairs), value in page.values.items()
            if name.startswith("firefox_") and ("profile", profile) in pairs
        }

    def value(self, metric: str, **labels: str) -> float | None:
        return self._found.get((metric, tuple(sorted(labels.items()))))

    def counts(self) -> Counts | None:
        """None as long as there are none."""
        if self.value("windows") is None:
            return None
        return Counts(
            windows=self._number("windows"),
            **{state: self._number("tabs", state=state) for state in STATES},
            groups=self._number("tab_groups"),
            closed_tabs=self._number("closed_tabs"),
            closed_windows=self._number("closed_windows"),
            containers=self._containers(),
        )

    def restorable(self) -> tuple[int, dict[str, int]]:
        """Windows, and tabs by their state."""
        tabs = {state: self._number("restorable_tabs", state=state) for state in STATES}
        return self._number("restorable_windows"), tabs

    def problems(self) -> set[str]:
        return {dict(pairs)["problem"] for name, pairs in self._found if name == "problem_info"}

    def _number(self, metric: str, **labels: str) -> int:
        value = self.value(metric, **labels)
        assert value is not None, f"no {metric} {labels}: {self._found}"
        return int(value)

    def _containers(self) -> dict[int, int]:
        named = {
            dict(pairs)["container"]: value for (name, pairs), value in self._found.items() if name == "container_tabs"
        }
        return {int(container): int(value) for container, value in named.items() if value}


class FirefoxTabs(Program):
    """The program while it runs."""

    def __init__(self, log: Path, home: Path, *flags: str) -> None:
        port = free_port()
        command = (*COMMAND, f"--web.listen-address=127.0.0.1:{port}", "--firefox.interval=1s", *flags)
        super().__init__(command, port, log, ready="/-/ready", machine=HERE, **environment(home))

    def told(self, profile: Path) -> Told:
        return Told(Page(self.get("/metrics")), profile.name)

    def agrees(self, firefox: Firefox) -> Counts:
        """With the browser that runs, sooner or later: what both say."""
        said: list[object] = []

        def agree() -> bool:
            told = self.told(firefox.profile)
            said[:] = [firefox.counts(), told.counts()]
            return said[0] == said[1] and told.value("running") == 1 and told.restorable() == (0, NO_TABS)

        until(agree, "the browser's numbers", lambda: f"browser, exporter: {said}\n{self.log()}")
        counts = said[0]
        assert isinstance(counts, Counts)
        return counts

    def closed(self, firefox: Firefox, last: Counts) -> Told:
        """It says sooner or later that the browser does not run, and may restore what that had last."""
        nothing = Counts(0, 0, 0, 0, 0, last.closed_tabs, last.closed_windows, {})
        wanted = nothing, (last.windows, last.tabs), 0
        said: list[object] = []

        def agree() -> bool:
            told = self.told(firefox.profile)
            said[:] = [(told.counts(), told.counts() and told.restorable(), told.value("running"))]
            return said[0] == wanted

        until(agree, f"{wanted}", lambda: f"exporter: {said}\n{self.log()}")
        return self.told(firefox.profile)
