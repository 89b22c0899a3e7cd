#!/usr/bin/env python3
"""What it costs to count tabs: tests/bench/tabs.py [--tabs N] [--times N]

One profile with a session of many tabs, each with a history: some 60 MB of JSON for 10,000. First what reading that
costs without motes: lz4.block.decompress, then json.loads. Then the time from a changed file to the new numbers, a look
at a file that has not changed, and what a scrape makes the exporter do meanwhile. Memory is resident memory of the
program, before there is a file and after it has read some.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[2] / ".src"))

import lz4.block
from motes.exporters.firefox_tabs.tabs import Tabs
from motes.shared import log

from tests.bench.support.exporter import memory
from tests.support.firefox.exporter import FirefoxTabs
from tests.support.namespaces import until
from tests.support.sessions import NOW, Profile, packed, session, window

MIB = 2**20
# Of each tab, and how long its addresses and titles are.
HISTORY, LENGTH = 13, 155
SCRAPES = 1000
MOST = 256 * MIB
# What tells which file is served.
SERVED = 'firefox_session_file_timestamp_seconds{user="root",profile="b.default",browser="firefox"}'


def big(tabs: int) -> bytes:
    """A session's JSON: as the browser writes it, in proportion; no two entries are the same."""
    made = []
    for tab in range(tabs):
        entries = [
            {
                "url": f"https://example.org/{tab}/{entry}/".ljust(LENGTH, "abcdefgh"[entry % 8]),
                "title": f"Page {entry} of {tab} ".ljust(LENGTH // 2, "ijklmnop"[tab % 8]),
                "ID": tab * HISTORY + entry,
                "docshellUUID": f"{{{tab:08x}-{entry:04x}-4000-8000-000000000000}}",
                "resultPrincipalURI": None,
                "hasUserInteraction": True,
                "triggeringPrincipal_base64": '{"3":{}}',
                "docIdentifier": tab * HISTORY + entry,
                "persist": True,
            }
            for entry in range(HISTORY)
        ]
        made.append({"entries": entries, "lastAccessed": NOW - tab * 1000, "hidden": False, "index": HISTORY})
    return json.dumps(session(window(*made)), separators=(",", ":")).encode()


def timed(act: Callable[[], object], times: int) -> float:
    """Seconds that it takes, the best of so many times: what is more was somebody else's."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return min(taken)


def read(file: Path) -> None:
    """With nothing else."""
    json.loads(lz4.block.decompress(file.read_bytes()[8:]))


def start(times: int) -> float:
    """A process of Python's that ends at once, started as the exporter does."""
    command = [sys.executable, "-I", "-S", "-c", ""]
    return timed(lambda: subprocess.run(command, check=True), 5 * times)


class Measured:
    """The exporter in this process, without its threads: it looks at one profile when it is told to."""

    def __init__(self, profile: Profile) -> None:
        self._tabs = Tabs([str(profile.path)], most=MOST, interval=5, containers=True)
        (self._base,) = self._tabs._bases.all()

    def look(self) -> None:
        self._base._look()

    def scrape(self) -> None:
        for _ in self._tabs.families():
            pass


def measure_parts(file: Path, profile: Profile, times: int) -> None:
    process = start(times)
    measured = Measured(profile)

    def change() -> None:
        os.utime(file)
        measured.look()

    # In turn, so that what else the machine does falls upon both.
    taken = [(timed(lambda: read(file), 1), timed(change, 1)) for _ in range(times)]
    least, changed = map(min, zip(*taken, strict=True))
    print(f"alone        {least * 1e3:.0f} ms, lz4 and json")
    print(f"process      {process * 1e3:.1f} ms, the start of one")
    ratio = (changed - process) / least
    print(f"changed      {changed * 1e3:.0f} ms, which is the start of a process and {ratio:.2f} times alone")
    print(f"look         {timed(measured.look, SCRAPES) * 1e6:.0f} us, nothing has changed")
    scrape = statistics.median(timed(measured.scrape, 1) for _ in range(SCRAPES))
    print(f"scrape       {scrape * 1e6:.1f} us, nothing has changed")


def serves(program: FirefoxTabs, line: str) -> None:
    until(lambda: line in program.get("/metrics"), line, program.log)


def measure_program(content: bytes, folder: Path, times: int) -> None:
    """The program before there is a file, and after it has been read so often."""
    profile = Profile(folder / "b.default")
    with FirefoxTabs(folder / "log", folder, f"--firefox.profile={profile.path}") as program:
        until(lambda: "firefox_running" in program.get("/metrics"), "a profile", program.log)
        before = memory(program.process.pid)
        for written in range(times):
            profile.write(content, at=written)
            serves(program, f"{SERVED} {written}.0\n")
        after = memory(program.process.pid)
    print(f"memory       {before / MIB:.1f} MiB before, {(after - before) / MIB:.1f} MiB more after {times} files")


def main(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tabs", type=int, default=10_000, help="how many there are")
    parser.add_argument("--times", type=int, default=5, help="how often each is measured")
    told = parser.parse_args(words)
    log.configure("error", "logfmt")
    plain = big(told.tabs)
    content = packed(plain)
    print(f"session      {told.tabs:,} tabs, {len(plain) / 1e6:.1f} MB of JSON, a file of {len(content) / 1e6:.1f} MB")
    del plain
    with tempfile.TemporaryDirectory() as name:
        profile = Profile(Path(name) / "a.default")
        measure_parts(profile.write(content), profile, told.times)
        measure_program(content, Path(name), told.times)


if __name__ == "__main__":
    main(sys.argv[1:])
