#!/usr/bin/env python3
"""What each packaged program costs: tests/bench/packages.py [--packages FOLDER] [--starts N]

Debian's packages of this checkout, or those in a folder, are installed in a Debian of their own, on Debian's python3.
Each program is started again and again, with nothing but the kernel to read: no bus, no badge, no profile. A start
lasts until the end of the first page; that of bare Python until it has ended, and of `motes`, until it has said its
version. Memory is resident memory after a few pages.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from types import TracebackType

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[2] / ".src"))

from tests.bench.support.exporter import Exporter
from tests.support import debian
from tests.support.debian import Root
from tests.support.program import free_port

PROGRAMS = ("motes-node", "motes-lywsd03mmc", "motes-card10-bme680", "motes-firefox-tabs", "motesd")
COMMANDS = {"python3": ("-I", "-c", ""), "motes": ("--version",)}
PAGES = 10
MS = 1e3
MIB = 2**20


class Installed(Exporter):
    """A program in a root, in the network of this machine."""

    def __init__(self, root: Root, program: str) -> None:
        port = free_port()
        command = [*_inside(root), program, f"--web.listen-address=127.0.0.1:{port}"]
        super().__init__(command, port, {}, {})

    @property
    def pid(self) -> int:
        """The program's own; the other is that of what waits for it."""
        waits = super().pid
        return int(Path(f"/proc/{waits}/task/{waits}/children").read_text().split()[0])

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        subprocess.run(["kill", "-KILL", str(self.pid)], check=True)
        super().__exit__(kind, what, where)


def _inside(root: Root) -> list[str]:
    return [word for word in root.entering() if word != "--net"]


def install(root: Root, folder: Path) -> None:
    root.put(debian.packages(folder), "/root/packages")
    root.shell("apt-get install -qy /root/packages/*.deb")


def serving(root: Root, program: str, starts: int) -> tuple[float, float]:
    """Seconds from the start to the end of the first page, and resident bytes."""
    took, weighs = [], 0
    for _ in range(starts):
        with Installed(root, program) as exporter:
            took.append(exporter.first_page())
            for _ in range(PAGES):
                exporter.scrape()
            weighs = exporter.memory()
    return median(took), weighs


def running(root: Root, program: str, starts: int) -> float:
    """Seconds from the start to the end."""
    took = []
    for _ in range(starts):
        began = time.perf_counter()
        subprocess.run([*_inside(root), program, *COMMANDS[program]], stdout=subprocess.DEVNULL, check=True)
        took.append(time.perf_counter() - began)
    return median(took)


def main(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path, help="a folder with the packages; they are built if none is given")
    parser.add_argument("--starts", type=int, default=20, help="how often each is started")
    told = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="motes-packages-") as name:
        folder = told.packages or Path(name) / "packages"
        if not told.packages:
            debian.build(folder)
        with Root(Path(name) / "root", debian.base()) as root:
            install(root, folder)
            print(f"{'':22}{'start, ms':>12}{'resident, MiB':>16}")
            for program in COMMANDS:
                print(f"{program:22}{running(root, program, told.starts) * MS:12.1f}")
            for program in PROGRAMS:
                took, weighs = serving(root, program, told.starts)
                print(f"{program:22}{took * MS:12.1f}{weighs / MIB:16.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
