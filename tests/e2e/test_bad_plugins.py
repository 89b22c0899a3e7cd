"""motesd with every bad exporter that was thought of: none takes anything of another's, and all is told."""

import json
import signal
from collections.abc import Iterable
from html import unescape
from pathlib import Path

from tests.e2e.test_program import MOTESD, SOURCE, config
from tests.support.bad.plugins import MOST_THREADS, PLUGINS, SAYS
from tests.support.namespaces import WITHIN, until
from tests.support.page import Page, Series
from tests.support.program import ROOT, Program, free_port

# Seconds that the scraper waits, as Prometheus would: curl gives up where Prometheus does.
PATIENCE = 5
SCRAPE = ("--header", f"X-Prometheus-Scrape-Timeout-Seconds: {PATIENCE}", "--max-time", str(PATIENCE))
ROUNDS = 3
STEADY = ["cpu", "filefd", "loadavg", "meminfo", "netstat", "sockstat", "softnet", "stat", "time", "uname", "vmstat"]
NODE = '[node]\n"collector.disable-defaults" = true\n' + "".join(f'"collector.{name}" = true\n' for name in STEADY)
MODULES = {
    "bad-import": ("raising:PLUGIN", "ModuleNotFoundError: No module named 'a_library_that_nobody_has'"),
    "bad-import-exits": ("leaving:PLUGIN", "SystemExit: usage: leaving FILE"),
    "bad-import-hangs": ("hanging:PLUGIN", "TimeoutError: it has not come back within 5 s"),
    "bad-nothing": ("plugins:NOTHING", "AttributeError: there is no NOTHING"),
    "bad-no-plugin": ("plugins:SAYS", "TypeError: its entry point is a dict and no Plugin"),
    "bad-telemetry": ("plugins:TELLS_LIKE_NODE", "ValueError: node_scrape_collector is no prefix"),
    "bad-other-name": ("plugins:bad_spins", "ValueError: its entry point is called bad-other-name"),
}
ALL = {**SAYS, **{name: says for name, (_, says) in MODULES.items()}}
WORKING = (
    "bad-start-hangs",
    "bad-sensors-hang",
    "bad-close-hangs",
    "bad-spins",
    "bad-leaks",
    "bad-sensors",
    "bad-sensors-none",
    "bad-close",
    "bad-asked",
    "bad-thread",
)


def installed(folder: Path) -> str:
    """A folder that has all of them as an installed package's entry points."""
    places = {name: f"plugins:{name.replace('-', '_')}" for name in PLUGINS}
    places |= {name: place for name, (place, _) in MODULES.items()}
    lines = [f"{name} = tests.support.bad.{place}" for name, place in places.items()]
    info = folder / "bad-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bad\nVersion: 1\n")
    (info / "entry_points.txt").write_text("\n".join(["[motes.exporters]", *lines, ""]))
    return str(folder)


def motesd(folder: Path, names: Iterable[str], *limits: str) -> Program:
    """The daemon with some of them and node."""
    package = folder / "package"
    package.mkdir()
    port = free_port()
    tables = "".join(f"[{name}]\n" for name in names)
    command = (*limits, *MOTESD, f"--config.file={config(folder, port, tables + NODE)}")
    paths = f"{SOURCE}:{ROOT}:{installed(package)}"
    return Program(command, port, folder / "log", ready="/-/ready", PYTHONPATH=paths)


def scrape(program: Program, path: str = "/metrics") -> Page:
    return Page(program.get(path, *SCRAPE))


def nodes(page: Page) -> dict[Series, float]:
    """Node's series, with the values of those that say whether its collectors succeeded."""
    return {
        (name, labels): value if name == "node_scrape_collector_success" else 0
        for (name, labels), value in page.values.items()
        if name.startswith("node_")
    }


def complete(page: Page) -> dict[Series, float]:
    """Node's series; AssertionError unless all of its collectors succeeded."""
    found = nodes(page)
    for name in STEADY:
        assert found["node_scrape_collector_success", (("collector", name),)] == 1
    return found


def told(program: Program) -> dict[str, list[str]]:
    """What /status.json says of each exporter: its state, then everything that went wrong."""
    return {
        exporter["name"]: [
            exporter["state"],
            *[collector["last_error"] for collector in exporter["collectors"]],
            *[sensor["advice"] for sensor in exporter["sensors"]],
        ]
        for exporter in json.loads(program.get("/status.json"))["exporters"]
    }


def untold(program: Program) -> dict[str, list[str]]:
    """What is told of those of which it is something else than what they did."""
    exporters = told(program)
    return {name: exporters[name] for name, says in ALL.items() if not any(says in each for each in exporters[name])}


def test_all_of_them_beside_node(tmp_path: Path) -> None:
    with motesd(tmp_path, ALL) as program:
        wanted = complete(scrape(program, "/metrics/node"))
        for _ in range(ROUNDS):
            page = scrape(program)
            assert nodes(page) == wanted
            assert ("process_cpu_seconds_total", ()) in page.values
        # What was late for its page is told of when it is there.
        until(lambda: not untold(program), "all is told", lambda: f"{untold(program)}")
        for_people = unescape(program.get("/").replace("<wbr>", ""))
        for name, says in ALL.items():
            assert says in for_people, name
        for name in WORKING:
            assert scrape(program, f"/metrics/{name}").values["motes_exporter_success", (("exporter", name),)] == 1
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(WITHIN) == 0


def test_one_that_takes_all_threads(tmp_path: Path) -> None:
    """A thread reserves as much as the stack may have, and there is enough for a few."""
    limits = ("prlimit", f"--stack={64 << 20}", f"--as={1536 << 20}")
    with motesd(tmp_path, ["bad-leaks", "bad-sleeps"], *limits) as program:
        wanted = complete(scrape(program, "/metrics/node"))
        for _ in range(ROUNDS):
            page = scrape(program)
            assert nodes(page) == wanted
            assert page.values["bad_leaks", ()] < MOST_THREADS
        assert told(program)["bad-sleeps"][0] == "hangs"
