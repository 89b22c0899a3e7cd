"""The program under a flood of connections. How long its answers take then is for tests/bench/flood.py to tell."""

from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.support.flood import MIB, Files, Flood, connected, resident, sockets
from tests.support.namespaces import until
from tests.support.oracles import read_text
from tests.support.program import NODE, ROOT, Program, free_port, motes_node

ROUNDS = 40


def scrape(connection: HTTPConnection) -> None:
    connection.request("GET", "/metrics")
    response = connection.getresponse()
    assert response.status == 200
    assert any(family.name == "node_load1" for family in read_text(response.read().decode()))


def scrape_anew(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    scrape(connection)
    connection.close()


@pytest.fixture(autouse=True)
def files() -> Iterator[None]:
    with Files():
        yield


def test_a_flood(tmp_path: Path) -> None:
    with motes_node(tmp_path / "log") as program:
        pid = program.process.pid
        for _ in range(ROUNDS):
            scrape_anew(program.port)
        until(lambda: not connected(program.port), "at rest")
        before, memory = sockets(pid), resident(pid)
        staying = HTTPConnection("127.0.0.1", program.port, timeout=30)
        with Flood(program.port) as flood:
            for _ in range(ROUNDS):
                flood.go_on()
                scrape_anew(program.port)
                scrape(staying)
            grown = resident(pid) - memory
            assert sockets(pid) - before > 500, "the flood is there"
        staying.close()
        until(lambda: sockets(pid) == before, "all descriptors back", program.log)
        assert grown <= 16 * MIB
        assert "cannot accept" not in program.log()


def test_a_flood_with_few_descriptors(tmp_path: Path) -> None:
    port = free_port()
    command = ["prlimit", "--nofile=100:100", *NODE, f"--web.listen-address=127.0.0.1:{port}"]
    command += ["--collector.disable-defaults", "--collector.loadavg"]
    with Program(command, port, tmp_path / "log", ready="/-/ready", PYTHONPATH=str(ROOT / ".src")) as program:
        until(lambda: not connected(port), "at rest")
        before = sockets(program.process.pid)
        with Flood(port, idle=200, slow=50) as flood:
            for _ in range(ROUNDS):
                flood.go_on()
                scrape_anew(port)
        until(lambda: sockets(program.process.pid) == before, "all descriptors back", program.log)
