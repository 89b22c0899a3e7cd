#!/usr/bin/env python3
"""What it costs to have everything in one process: tests/bench/motesd.py [--scrapes N] [--seconds N] [--python PATH]

motesd with all four exporters, then the four programs instead of it, then node_exporter with the node exporter's
collectors. First there is nothing but the kernel to read: no bus, no badge, no profile. Then four played thermometers
speak each second, a played badge is asked each 30, and there is a profile with a session of 40 tabs. Processor time is
of all threads; while nobody scrapes, it is what the sensors take, or looking for them. Memory is resident memory; what
programs share of it is counted for each.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import NamedTuple, Self

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[2] / ".src"))

from motes.exporters import node

from tests.bench.node import Setting, collectors
from tests.bench.support.exporter import Exporter
from tests.support.household import Household
from tests.support.namespaces import until
from tests.support.program import ROOT, free_port

MIB = 2**20
MS = 1e3
EVERY = 15
TABS = 40
PLAIN = {"Accept-Encoding": "identity"}
PROGRAMS = {
    "node": "motes.exporters.node.program",
    "lywsd03mmc": "motes.exporters.lywsd03mmc.program",
    "card10-bme680": "motes.exporters.card10_bme680.program",
    "firefox-tabs": "motes.exporters.firefox_tabs.program",
}
ROOMS = [f"A4:C1:38:00:00:0{number}" for number in range(1, 5)]
READINGS = ("node_load1", "thermometer_temperature_celsius", "card10_temperature_celsius", "firefox_restorable_tabs")
PROBLEMS = ("node_load1", "thermometer_problem_info", "card10_problem_info", "firefox_problem_info")
NOTHING = {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent", "HOME": "/nonexistent", "XDG_CONFIG_HOME": ""}


class Cost(NamedTuple):
    """Bytes; seconds for a scrape; and seconds for each second in which nobody scrapes."""

    memory: float
    scrape: float
    idle: float


class Group:
    """Programs that are measured together."""

    def __init__(self, exporters: Sequence[Exporter]) -> None:
        self._exporters = exporters

    def pages(self) -> bytes:
        return b"".join(exporter.scrape() for exporter in self._exporters)

    def cost(self, scrapes: int, seconds: float) -> Cost:
        before = self._cpu()
        for _ in range(scrapes):
            self.pages()
        between = self._cpu()
        time.sleep(seconds)
        idle = self._cpu() - between
        memory = sum(exporter.memory() for exporter in self._exporters)
        return Cost(memory, (between - before) / scrapes, idle / seconds)

    def __enter__(self) -> Self:
        for exporter in self._exporters:
            exporter.first_page()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        for exporter in self._exporters:
            exporter.__exit__(kind, what, where)

    def _cpu(self) -> float:
        return sum(exporter.cpu() for exporter in self._exporters)


class Programs:
    """Ours, with the same configuration in one process or in four."""

    def __init__(self, folder: Path, python: str, device: object, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._python = python
        # As installed packages have it: bytecode is made once, and not at each start.
        cached = {"PYTHONPYCACHEPREFIX": str(folder / "bytecode"), "PYTHONDONTWRITEBYTECODE": ""}
        self._environment = {**environment, "PYTHONPATH": str(ROOT / ".src"), **cached}
        self._tables = {name: f"[{name}]\n" for name in PROGRAMS}
        self._tables["card10-bme680"] += f'device = ["{device}"]\n'
        for flag in ("--collector.disable-defaults", *known()):
            self._tables["node"] += f'"{flag.removeprefix("--")}" = true\n'

    def together(self) -> Group:
        return Group([self._start("motes.shared.motesd", self._tables.values())])

    def apart(self) -> Group:
        return Group([self._start(module, [self._tables[name]]) for name, module in PROGRAMS.items()])

    def _start(self, module: str, tables: Iterable[str]) -> Exporter:
        port = free_port()
        file = self._folder / f"{module}.toml"
        file.write_text("".join(tables))
        command = (self._python, "-m", module, f"--config.file={file}", f"--web.listen-address=127.0.0.1:{port}")
        return Exporter(command, port, PLAIN, self._environment)


def known() -> list[str]:
    """Flags for the collectors that node_exporter has, too."""
    return collectors(node.COLLECTORS, off_too=False)


@contextmanager
def speaking(house: Household) -> Iterator[None]:
    """The thermometers, all of them each second."""
    over = Event()

    def speak() -> None:
        while not over.wait(1):
            for address in ROOMS:
                house.advertise(address, 21.5)

    thread = Thread(target=speak, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def measured(start: Callable[[], Group], found: Sequence[str], scrapes: int, seconds: float) -> Cost:
    """Once it has found out what there is."""
    with start() as group:
        until(
            lambda: all(f"\n{each}".encode() in group.pages() for each in found),
            "all readings, or what is wrong with them",
        )
        return group.cost(scrapes, seconds)


def table(title: str, costs: Sequence[Cost]) -> None:
    """A row for each figure: ours in one process, ours in four, and node_exporter's."""
    print(f"{title:26}{'motesd':>16}{'four programs':>16}{'node_exporter':>16}")
    row("resident, MiB", [cost.memory / MIB for cost in costs])
    row("CPU per scrape, ms", [cost.scrape * MS for cost in costs])
    row("CPU between, ms/s", [cost.idle * MS for cost in costs])
    row(f"CPU each {EVERY} s, ms", [(cost.scrape + cost.idle * EVERY) * MS for cost in costs])


def row(name: str, numbers: Sequence[float]) -> None:
    print(f"{name:26}" + "".join(f"{number:16.3f}" for number in numbers))


def compare(folder: Path, python: str, scrapes: int, seconds: float) -> None:
    theirs = Setting(known(), gzip=False, scrapes=scrapes)
    other = measured(lambda: Group([theirs.theirs()]), (), scrapes, seconds)
    ours = Programs(folder, python, folder / "nothing", NOTHING)
    starts = (ours.together, ours.apart)
    table("nothing there", [*(measured(start, PROBLEMS, scrapes, seconds) for start in starts), other])
    house = Household(folder)
    house.save_session(TABS)
    with house, speaking(house):
        ours = Programs(folder, python, house.badge.path, house.environment)
        starts = (ours.together, ours.apart)
        table("sensors there", [*(measured(start, READINGS, scrapes, seconds) for start in starts), other])


def main(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scrapes", type=int, default=500, help="how often each is scraped")
    parser.add_argument("--seconds", type=float, default=60, help="how long nobody scrapes")
    parser.add_argument("--python", default=sys.executable, help="the Python, with its libraries, that runs ours")
    told = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="motes") as name:
        compare(Path(name), told.python, told.scrapes, told.seconds)


if __name__ == "__main__":
    main(sys.argv[1:])
