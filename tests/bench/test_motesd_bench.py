"""The bench runs and prints every row; the figures are for a quiet machine."""

import subprocess
import sys
from pathlib import Path

TITLES = ["nothing there", "sensors there"]
ROWS = ["resident, MiB", "CPU per scrape, ms", "CPU between, ms/s", "CPU each 15 s, ms"]


def test_prints_every_row() -> None:
    command = [sys.executable, str(Path(__file__).with_name("motesd.py")), "--scrapes=3", "--seconds=0.2"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240).stdout.splitlines()
    assert [line[:26].strip() for line in lines] == [name for title in TITLES for name in (title, *ROWS)]
    for line in lines:
        if line[:26].strip() in ROWS[:2]:
            assert all(float(number) > 0 for number in line[26:].split())
