#!/usr/bin/env python3
"""Measures motes-node beside node_exporter: tests/bench/node.py [--scrapes N] [--gzip] [--all] [--tree [DEVICES]]

Of the collectors that both have, those that are on by default, or all; on this machine, or on a tree of files that
has as many interfaces, disks and sensors each. Both are scraped in turn, a batch each. CPU is the exporter's own, all
threads; latencies are the client's. The floor is the processor time of reading the kernel files that motes-node keeps
open, and nothing more.
"""

import argparse
import os
import sys
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[2] / ".src"))

from motes.exporters import node

from tests.bench.support import floor, tree
from tests.bench.support.exporter import Exporter
from tests.support.counterparts import NODE_EXPORTER, node_exporter_flags
from tests.support.program import ROOT, free_port

DEBIANS_PYTHON = "/usr/bin/python3"
PYTHON = DEBIANS_PYTHON if os.access(DEBIANS_PYTHON, os.X_OK) else sys.executable
BYTECODE = TemporaryDirectory(prefix="motes-bench-")
STARTS = 5
BATCH = 50
DEVICES = 2000
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
        self.samples = 0
        self.first_pages: list[float] = []


class Floor:
    """The files that ours keeps open, and the processor time of reading them once."""

    def __init__(self, files: Sequence[str], times: int) -> None:
        self.files = len(files)
        self.cpu = floor.reading(files, times)


class Setting:
    """What both are asked for: collectors and where they look, and how the page is to come."""

    def __init__(self, flags: Sequence[str], *, gzip: bool, scrapes: int) -> None:
        self._flags = ["--collector.disable-defaults", *flags]
        self._headers = {"Accept-Encoding": "gzip" if gzip else "identity"}
        self.scrapes = scrapes

    def ours(self) -> Exporter:
        # As installed packages have it: bytecode is made once, and not at each start.
        environment = {
            "PYTHONPATH": str(ROOT / ".src"),
            "PYTHONPYCACHEPREFIX": BYTECODE.name,
            "PYTHONDONTWRITEBYTECODE": "",
        }
        return self._exporter([PYTHON, "-m", "motes.exporters.node.program"], environment)

    def theirs(self) -> Exporter:
        return self._exporter([NODE_EXPORTER], {})

    def _exporter(self, command: Sequence[str], environment: dict[str, str]) -> Exporter:
        port = free_port()
        flags = [f"--web.listen-address=127.0.0.1:{port}", *self._flags]
        return Exporter([*command, *flags], port, self._headers, environment)


def collectors(among: Container[str], *, off_too: bool) -> list[str]:
    """The flags for those that both have."""
    known = node_exporter_flags()
    wanted = [name for name, on in node.COLLECTORS.items() if name in among and (on or off_too)]
    return [f"--collector.{name}" for name in wanted if f"--collector.{name} " in known]


@contextmanager
def looking(devices: int) -> Iterator[list[str]]:
    """The flags for where to look: at this machine, or at a tree with so many devices of each kind."""
    if not devices:
        yield []
        return
    with TemporaryDirectory(prefix="motes-tree-") as folder:
        tree.make(Path(folder), devices)
        yield tree.flags(Path(folder))


def measure(setting: Setting) -> tuple[Measured, Measured, Floor]:
    """Ours, theirs, and the least that it could be."""
    found = Measured(), Measured()
    with setting.ours() as exporter:
        exporter.first_page()
    for _ in range(STARTS):
        for start, one in zip((setting.ours, setting.theirs), found, strict=True):
            with start() as exporter:
                one.first_pages.append(exporter.first_page())
    with setting.ours() as a, setting.theirs() as b:
        for exporter in (a, b):
            exporter.first_page()
        for done in range(0, setting.scrapes, BATCH):
            for exporter, one in zip((a, b), found, strict=True):
                _batch(exporter, one, min(BATCH, setting.scrapes - done))
        for exporter, one in zip((a, b), found, strict=True):
            one.memory = exporter.memory()
            one.page = len(exporter.scrape())
            one.samples = exporter.samples()
        return *found, Floor(a.kernel_files(), setting.scrapes)


def _batch(exporter: Exporter, one: Measured, scrapes: int) -> None:
    before = exporter.cpu()
    one.latencies += [exporter.timed_scrape() for _ in range(scrapes)]
    one.cpu += exporter.cpu() - before


def table(targets: tuple[str, str], a: Measured, b: Measured, least: Floor) -> list[Row]:
    """A row for each figure: what it is, ours, theirs, their ratio, what it should be.

    `targets` are those of the processor time for a scrape, and for a sample.
    """
    scrapes = len(a.latencies)
    cpu = a.cpu / scrapes * MS, b.cpu / scrapes * MS
    each = cpu[0] / a.samples * 1000, cpu[1] / b.samples * 1000
    return [
        ("", "motes-node", "node_exporter", "ratio", "target"),
        _row("CPU per scrape, ms", *cpu, targets[0]),
        _row("CPU per sample, µs", *each, targets[1]),
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
    parser.add_argument("--all", action="store_true", help="turn on those as well that are off by default")
    parser.add_argument("--tree", type=int, nargs="?", const=DEVICES, default=0, help="how many devices of each kind")
    told = parser.parse_args(words)
    targets = ("", "ratio <= 0.50") if told.tree else ("ratio <= 0.35" if told.all else "ratio <= 0.20", "")
    with looking(told.tree) as roots:
        among = tree.COLLECTORS if told.tree else node.COLLECTORS
        flags = [*collectors(among, off_too=told.all), *roots]
        found = measure(Setting(flags, gzip=told.gzip, scrapes=max(2, told.scrapes)))
    for name, *cells in table(targets, *found):
        print(f"{name:26}" + "".join(f"{cell:>20}" for cell in cells))


if __name__ == "__main__":
    main(sys.argv[1:])
