"""What a database has, asked over Prometheus' API."""

import json
from typing import Any, Protocol
from urllib.parse import urlencode

from tests.support.page import Series

# Labels that the database adds.
_ADDED = {"instance", "job"}


class Asked(Protocol):
    """Who gives the content of an answer with status 200: a `program.Program`, or what stands before some."""

    def get(self, path: str) -> str: ...


class Database:
    """One that scrapes motes, and nothing else, as the job `motes`."""

    def __init__(self, program: Asked) -> None:
        self._program = program

    def value(self, expression: str) -> float | None:
        """Of what is the only one, or None."""
        found = self.values(expression)
        assert len(found) < 2, f"more than one {expression}"
        return found[0] if found else None

    def values(self, expression: str) -> list[float]:
        return [float(one["value"][1]) for one in self._ask(expression)]

    def labels(self, expression: str) -> list[dict[str, str]]:
        """Of each series that it gives."""
        return [one["metric"] for one in self._ask(expression)]

    def history(self, expression: str) -> list[tuple[float, float]]:
        """Times and values of what is the only one, such as `up[1h]`."""
        (one,) = self._ask(expression)
        return [(time, float(value)) for time, value in one["values"]]

    def series(self) -> dict[Series, float]:
        """All of the newest scrape, as they were on the page."""
        found = {}
        for one in self._ask('{job="motes"}'):
            labels = {name: text for name, text in one["metric"].items() if name not in _ADDED}
            found[labels.pop("__name__"), tuple(sorted(labels.items()))] = float(one["value"][1])
        return found

    def _ask(self, expression: str) -> list[dict[str, Any]]:
        answer = json.loads(self._program.get("/api/v1/query?" + urlencode({"query": expression})))
        assert answer["status"] == "success"
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result
