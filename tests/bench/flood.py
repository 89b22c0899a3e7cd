#!/usr/bin/env python3
"""How long a good scraper waits while others flood the program with connections: tests/bench/flood.py [--scrapes N]

The flood is 1,000 idle connections and 200 that send one byte a second; who is thrown out comes back within a second.
"""

import argparse
import select
import subprocess
import sys
import tempfile
import threading
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[2] / ".src"))

from tests.support.flood import MIB, Files, Flood, connected, resident, sockets
from tests.support.namespaces import until
from tests.support.program import motes_node

BETWEEN = 0.05  # seconds from one scrape to the next
PARTS = 50


def latencies(port: int, scrapes: int) -> list[float]:
    """In seconds, from connecting to the page's last byte."""
    found = []
    pause = threading.Event()
    for _ in range(scrapes):
        began = perf_counter()
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/metrics")
        connection.getresponse().read()
        found.append(perf_counter() - began)
        connection.close()
        pause.wait(BETWEEN)
    return found


def flood(port: int) -> None:
    """Until standard input ends: a part of the clients at a time, as if each had a second of its own."""
    with Files(), Flood(port) as clients:
        print("there", flush=True)
        part = 0
        while not select.select([sys.stdin], [], [], 1 / PARTS)[0]:
            clients.go_on(part, PARTS)
            part = (part + 1) % PARTS


def row(name: str, values: list[float]) -> tuple[float, float]:
    cuts = quantiles(values, n=100)
    print(f"{name:12} p50 {cuts[49] * 1e3:7.2f} ms   p99 {cuts[98] * 1e3:7.2f} ms")
    return cuts[49], cuts[98]


def compare(scrapes: int) -> None:
    with tempfile.TemporaryDirectory() as folder, motes_node(Path(folder, "log")) as program:
        pid = program.process.pid
        latencies(program.port, 20)
        unloaded = row("unloaded", latencies(program.port, scrapes))
        until(lambda: not connected(program.port), "at rest")
        before, memory = sockets(pid), resident(pid)
        # A process of its own, for its work is not to be in the scraper's way.
        command = [sys.executable, __file__, f"--flood={program.port}"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as others:
            assert others.stdout is not None
            assert others.stdout.readline()
            loaded = row("flooded", latencies(program.port, scrapes))
            grown = resident(pid) - memory
            others.communicate()
        print(f"{'ratio':12} p50 {loaded[0] / unloaded[0]:7.2f}      p99 {loaded[1] / unloaded[1]:7.2f}      target 2")
        print(f"{'memory':12} {grown / MIB:+.1f} MiB, target 16")
        until(lambda: sockets(pid) == before, "all descriptors back")
        print(f"{'descriptors':12} all back")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scrapes", type=int, default=300)
    parser.add_argument("--flood", type=int, metavar="PORT", help="be the flood, until standard input ends")
    told = parser.parse_args()
    if told.flood:
        flood(told.flood)
    else:
        compare(told.scrapes)


if __name__ == "__main__":
    main()
