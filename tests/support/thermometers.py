"""motes-lywsd03mmc out of this checkout, on a bus of the test's, with the newest bleak or the oldest that must work."""

import sys
from pathlib import Path

from tests.support.page import Page
from tests.support.program import HERE, ROOT, Program, free_port

# tests/run makes it.
OLDEST = str(ROOT / ".venv" / "oldest" / "bin" / "python")
PYTHONS = {"newest": sys.executable, "oldest": OLDEST}


class Thermometers(Program):
    """The program while it runs. Names of metrics without their `thermometer_`."""

    def __init__(self, log: Path, *flags: str, python: str = sys.executable, **environment: str) -> None:
        port = free_port()
        command = (python, "-m", "motes.exporters.lywsd03mmc.program", f"--web.listen-address=127.0.0.1:{port}", *flags)
        environment = {"PYTHONPATH": str(ROOT / ".src"), **environment}
        super().__init__(command, port, log, ready="/-/ready", machine=HERE, **environment)

    def values(self, metric: str, **labels: str) -> list[float]:
        """Of all the series that have these labels."""
        wanted = labels.items()
        return [
            value
            for (name, pairs), value in Page(self.get("/metrics")).values.items()
            if name == f"thermometer_{metric}" and wanted <= dict(pairs).items()
        ]

    def value(self, metric: str, **labels: str) -> float | None:
        """The only one, or None."""
        found = self.values(metric, **labels)
        assert len(found) < 2, f"more than one thermometer_{metric} with {labels}"
        return found[0] if found else None

    def listens(self) -> bool:
        return self.value("scanner_up") == 1

    def problem(self) -> str:
        """What is wrong, as the page has it."""
        for name, pairs in Page(self.get("/metrics")).values:
            if name == "thermometer_problem_info":
                return dict(pairs)["problem"]
        return ""
