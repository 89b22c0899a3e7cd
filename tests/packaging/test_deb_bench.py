"""The bench of the packaged programs runs and prints every row; the figures are for a quiet machine."""

import subprocess
import sys
from pathlib import Path

from tests.support.program import ROOT

ROWS = ["python3", "motes", "motes-node", "motes-lywsd03mmc", "motes-card10-bme680", "motes-firefox-tabs", "motesd"]


def test_prints_every_row(packages: Path) -> None:
    command = [sys.executable, str(ROOT / "tests/bench/packages.py"), f"--packages={packages}", "--starts=1"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240).stdout.splitlines()
    assert lines[0].split() == ["start,", "ms", "resident,", "MiB"]
    assert [line.split()[0] for line in lines[1:]] == ROWS
    assert all(float(number) > 0 for line in lines[1:] for number in line.split()[1:])
