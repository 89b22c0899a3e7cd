"""motes-node beside Debian's node_exporter where other programs are asked, or files stand in for the kernel's answers.

supervisord and an NTP server are played; runit's folder, and the files for wifi and qdisc, are those of the cases.
"""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from xmlrpc.server import SimpleXMLRPCRequestHandler, SimpleXMLRPCServer

import pytest

from tests.e2e.test_node_exporter import FAMILIES, OURS, THEIRS, VALUES
from tests.support.comparison import Exceptions, settle, told
from tests.support.counterparts import node_exporter
from tests.support.program import ROOT, motes_node

CASES = ROOT / "tests/exporters/node"
_SINCE_1900 = 2208988800
_MOVING = {
    r"node_ntp_(offset|rtt|root_distance)_seconds\{\}": "each asks at its own moment",
    r"node_scrape_collector_duration_seconds\{.*": "ours takes its own time",
}
_OF = {
    "runit": {r"node_service_.*\{service='short',.*": "theirs takes what is missing of a status for zeros"},
    "wifi": {r"node_wifi_station_info\{.*device='mesh0',.*": "a newer release numbers what a station is otherwise"},
}


class _Handler(SimpleXMLRPCRequestHandler):
    rpc_paths = ("/RPC2",)


def _process(name: str, state: int, **more: object) -> dict[str, object]:
    times = {"start": 1760000000, "stop": 0, "now": 1760009999}
    return {"name": name, "group": "web", "state": state, "exitstatus": 0, "pid": 812, **times, **more}


PROCESSES = [
    _process("running", 20),
    _process("stopping", 40),
    _process("exited", 100, exitstatus=3, stop=1760000812),
    _process("fatal", 200, start=0, exitstatus=-1),
]


@pytest.fixture
def supervisord() -> Iterator[str]:
    with SimpleXMLRPCServer(("127.0.0.1", 0), _Handler, logRequests=False) as server:
        server.register_function(lambda: PROCESSES, "supervisor.getAllProcessInfo")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"--collector.supervisord.url=http://127.0.0.1:{server.server_address[1]}/RPC2"
        server.shutdown()
        thread.join()


def _answer(request: bytes) -> bytes:
    """A server of stratum 2 that was set eight seconds ago."""
    seconds = time.time() + _SINCE_1900
    now = struct.pack("!II", int(seconds), int(seconds % 1 * 2**32))
    head = struct.pack("!BBbbII4s", 0x24, 2, 6, -20, 0x0123, 0x0456, bytes((192, 0, 2, 1)))
    return head + struct.pack("!II", int(seconds) - 8, 0) + request[40:48] + now + now


@pytest.fixture
def ntp() -> Iterator[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                request, client = server.recvfrom(1024)
                if not request:
                    return
                server.sendto(_answer(request), client)

        thread = threading.Thread(target=serve)
        thread.start()
        port: int = server.getsockname()[1]
        yield f"--collector.ntp.server-port={port}"
        server.sendto(b"", ("127.0.0.1", port))
        thread.join()


def compare(folder: Path, name: str, *flags: str) -> None:
    either = _OF.get(name, {})
    allowed = Exceptions(ours=OURS | either, theirs=THEIRS | either, values=VALUES | _MOVING, labels={}, newer=FAMILIES)
    words = ["--collector.disable-defaults", f"--collector.{name}", *flags]
    with motes_node(folder / "ours.log", *words) as ours, node_exporter(folder / "theirs.log", *words) as theirs:
        left = settle(lambda: ours.get("/metrics"), lambda: theirs.get("/metrics"), allowed)
        assert not left, told(left) + "\n" + ours.log()
        assert f'node_scrape_collector_success{{collector="{name}"}} 1' in ours.get("/metrics")


def test_supervisord(tmp_path: Path, supervisord: str) -> None:
    compare(tmp_path, "supervisord", supervisord)


def test_ntp(tmp_path: Path, ntp: str) -> None:
    compare(tmp_path, "ntp", ntp)


def test_runit(tmp_path: Path) -> None:
    compare(tmp_path, "runit", f"--collector.runit.servicedir={CASES}/runit/good/root/etc/service")


@pytest.mark.parametrize("name", ["qdisc", "wifi"])
def test_files_for_the_kernels_answers(tmp_path: Path, name: str) -> None:
    compare(tmp_path, name, f"--collector.{name}.fixtures={CASES}/{name}/good")
