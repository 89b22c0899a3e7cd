#!/usr/bin/env python3
"""Measures motes-node beside node_exporter, with the same collectors: tests/bench/node.py [--scrapes N] [--gzip]

Both are scraped in turn, a batch each. CPU is the exporter's own, all threads; latencies are the client's.
The floor is the processor time of reading the kernel files that motes-node keeps open, and nothing more.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[2] / ".src"))

from motes.exporters import node

from tests.bench.support import floor
from tests.bench.support.exporter import Exporter
from tests.support.counterparts import NODE_EXPORTER, node_exporter_flags
from tests.support.program import ROOT, free_port

DEBIANS_PYTHON = "/usr/bin/python3"
PYTHON = DEBIANS_PYTHON if os.access(DEBIANS_PYTHON, os.X_OK) else sys.executable
BYTECODE = TemporaryDirectory(prefix="motes-bench-")
STARTS = 5
BATCH = 50
MS = 1e3
MIB = 2**20

Row = tuple[str, str, str, str, str]


class Measured:
    """What was found of one exporter. Times are in seconds, memory in bytes."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.cpu = 0.0
        self.memory = 0
        self.page = 0
        self.first_pages: list[float] = []


class Floor:
    """The files that ours keeps open, and the processor time of reading them once."""

    def __init__(self, files: Sequence[str], times: int) -> None:
        self.files = len(files)
        self.cpu = floor.reading(files, times)


def collectors() -> list[str]:
    known = node_exporter_flags()
    return [f"--collector.{name}" for name in node.COLLECTORS if f"--collector.{name} " in known]


def ours(headers: dict[str, str]) -> Exporter:
    port = free_port()
    command = [PYTHON, "-m", "motes.exporters.node.program", f"--web.listen-address=127.0.0.1:{port}"]
    # As installed packages have it: bytecode is made once, and not at each start.
    environment = {
        "PYTHONPATH": str(ROOT / ".src"),
        "PYTHONPYCACHEPREFIX": BYTECODE.name,
        "PYTHONDONTWRITEBYTECODE": "",
    }
    return Exporter([*command, "--collector.disable-defaults", *collectors()], port, headers, environment)


def theirs(headers: dict[str, str]) -> Exporter:
    port = free_port()
    command = [NODE_EXPORTER, f"--web.listen-address=127.0.0.1:{port}"]
    return Exporter([*command, "--collector.disable-defaults", *collectors()], port, headers, {})


def measure(scrapes: int, headers: dict[str, str]) -> tuple[Measured, Measured, Floor]:
    """Ours, theirs, and the least that it could be."""
    found = Measured(), Measured()
    with ours(headers) as exporter:
        exporter.first_page()
    for _ in range(STARTS):
        for start, one in zip((ours, theirs), found, strict=True):
            with start(headers) as exporter:
                one.first_pages.append(exporter.first_page())
    with ours(headers) as a, theirs(headers) as b:
        for exporter in (a, b):
            exporter.first_page()
        for done in range(0, scrapes, BATCH):
            for exporter, one in zip((a, b), found, strict=True):
                _batch(exporter, one, min(BATCH, scrapes - done))
        for exporter, one in zip((a, b), found, strict=True):
            one.memory = exporter.memory()
            one.page = len(exporter.scrape())
        return *found, Floor(a.kernel_files(), scrapes)


def _batch(exporter: Exporter, one: Measured, scrapes: int) -> None:
    before = exporter.cpu()
    one.latencies += [exporter.timed_scrape() for _ in range(scrapes)]
    one.cpu += exporter.cpu() - before


def table(a: Measured, b: Measured, least: Floor) -> list[Row]:
    """A row for each figure: what it is, ours, theirs, their ratio, what it should be."""
    scrapes = len(a.latencies)
    cpu = a.cpu / scrapes * MS, b.cpu / scrapes * MS
    return [
        ("", "motes-node", "node_exporter", "ratio", "target"),
        _row("CPU per scrape, ms", *cpu, "ratio <= 0.25"),
        _row(f"floor, {least.files} files, ms", least.cpu * MS, cpu[1]),
        _row("latency p50, ms", _percentile(a, 50), _percentile(b, 50)),
        _row("latency p99, ms", _percentile(a, 99), _percentile(b, 99)),
        _row(f"resident after {scrapes}, MiB", a.memory / MIB, b.memory / MIB, "ratio <= 0.60"),
        _row("first page, ms", median(a.first_pages) * MS, median(b.first_pages) * MS, "<= 150 ms"),
        _row("page, KiB", a.page / 1024, b.page / 1024),
    ]


def _row(name: str, a: float, b: float, target: str = "") -> Row:
    return name, f"{a:.3f}", f"{b:.3f}", f"{a / b:.2f}", target


def _percentile(one: Measured, percent: int) -> float:
    return quantiles(one.latencies, n=100, method="inclusive")[percent - 1] * MS


def main(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scrapes", type=int, default=1000, help="how often each is scraped, twice at least")
    parser.add_argument("--gzip", action="store_true", help="ask for compressed pages")
    told = parser.parse_args(words)
    headers = {"Accept-Encoding": "gzip" if told.gzip else "identity"}
    for name, *cells in table(*measure(max(2, told.scrapes), headers)):
        print(f"{name:26}" + "".join(f"{cell:>16}" for cell in cells))


if __name__ == "__main__":
    main(sys.argv[1:])
