"""The bench runs and prints every row; the figures are for a quiet machine."""

import subprocess
import sys
from pathlib import Path

import pytest

NODE = str(Path(__file__).with_name("node.py"))


@pytest.mark.parametrize("flags", [[], ["--gzip"], ["--all"], ["--tree=16"]], ids=["plain", "gzip", "all", "tree"])
def test_prints_every_row(flags: list[str]) -> None:
    command = [sys.executable, NODE, "--scrapes=3", *flags]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.splitlines()
    assert lines[0].split() == ["motes-node", "node_exporter", "ratio", "target"]
    names = [
        "CPU per scrape",
        "CPU per sample",
        "floor",
        "latency p50",
        "latency p99",
        "resident after 3",
        "first page",
        "page",
    ]
    assert [line.split(",")[0] for line in lines[1:]] == names
    for line in lines[1:]:
        assert float(line[26:46]) > 0
