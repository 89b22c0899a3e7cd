"""The bench runs and prints every row; the figures are for a quiet machine."""

import subprocess
import sys
from pathlib import Path


def test_prints_every_row() -> None:
    command = [sys.executable, str(Path(__file__).with_name("tabs.py")), "--tabs=200", "--times=2"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.splitlines()
    names = ["session", "alone", "process", "changed", "look", "scrape", "memory"]
    assert [line.split()[0] for line in lines] == names
