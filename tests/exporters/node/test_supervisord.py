"""Asking supervisord: a real one over a unix socket and over HTTP, and servers that are none."""

import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from motes.exporters.node import _xmlrpc, supervisord
from motes.exporters.node.host import Budget, Host
from motes.shared.collector import Failed
from motes.shared.exposition import text

from tests.support.namespaces import until
from tests.support.program import HERE, free_port

CONFIGURATION = """
[supervisord]
logfile={folder}/log
pidfile={folder}/pid
childlogdir={folder}
[unix_http_server]
file={folder}/socket
[inet_http_server]
port=127.0.0.1:{port}
username=me
password=p@ss:word
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:sleep]
command=sleep 1000
startsecs=0
numprocs=2
process_name=%(program_name)s_%(process_num)d
[program:fails]
command=sh -c "exit 3"
startsecs=0
autorestart=false
[program:off]
command=sleep 1000
autostart=false
[program:nothing]
command=/nonexistent
startretries=0
"""
STATES = {"sleep_0": "20", "sleep_1": "20", "fails": "100", "off": "0", "nothing": "200"}


class Supervisord:
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.unix = f"unix://{folder}/socket"
        (folder / "conf").write_text(CONFIGURATION.format(folder=folder, port=self.port))
        command = (sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "-c", str(folder / "conf"))
        self.process = HERE.start(*command, log=folder / "told")

    def states(self) -> dict[str, str]:
        try:
            answer = supervisord.ask(self.unix, float("inf"))
        except OSError:
            return {}
        return {info["name"]: info["state"] for info in _xmlrpc.structs(answer)}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervisord]:
    folder = tmp_path_factory.mktemp("supervisord")
    server = Supervisord(folder)
    try:
        until(lambda: server.states() == STATES, "all processes as they should be", (folder / "told").read_text)
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


def values(url: str | None) -> dict[str, str]:
    given = {"path.procfs": "/proc", "path.sysfs": "/sys", "path.rootfs": "/", "path.udev.data": "/run"}
    host = Host({**given, "collector.supervisord.url": url}, Budget())
    lines = text(supervisord.collect(host)).decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_a_real_one(running: Supervisord) -> None:
    found = values(running.unix)
    starts = {key: value for key, value in found.items() if key.startswith("node_supervisord_start_time_seconds")}
    assert {key: value for key, value in found.items() if key not in starts} == {
        f'node_supervisord_{family}{{group="{name.partition("_")[0]}",name="{name}"}}': value
        for name, state in STATES.items()
        for family, value in (
            ("up", "1" if state == "20" else "0"),
            ("state", state),
            ("exit_status", "3" if name == "fails" else "0"),
        )
    }
    assert len(starts) == 2
    assert all(value.isdigit() and len(value) == 10 for value in starts.values())


def test_over_http_with_a_password(running: Supervisord) -> None:
    assert values(f"http://me:p%40ss:word@127.0.0.1:{running.port}/RPC2") == values(running.unix)
    assert values(f"http://me:p@ss:word@localhost:{running.port}/RPC2") == values(running.unix)


def test_a_wrong_password_is_told_nobody(running: Supervisord) -> None:
    with pytest.raises(Failed, match=f"^http://127.0.0.1:{running.port}/RPC2 answers 401") as raised:
        values(f"http://me:wrong@127.0.0.1:{running.port}/RPC2")
    assert "wrong" not in str(raised.value)


def test_from_the_environment(running: Supervisord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPERVISORD_URL", running.unix)
    assert values(None) == values(running.unix)


def test_a_call_that_it_refuses(running: Supervisord) -> None:
    with pytest.raises(Failed, match="the call failed: UNKNOWN_METHOD"):
        _xmlrpc.structs(_xmlrpc.call(running.unix, "supervisor.nothing", float("inf")))


class Server:
    """Answers one connection with these bytes, in as many pieces as it is given; then closes it, unless it hangs."""

    def __init__(self, *pieces: bytes, hangs: bool = False) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._pieces = pieces
        self._hangs = hangs
        self._over = threading.Event()
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "Server":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        with connection:
            request = b""
            while not request.endswith(b"</methodCall>"):
                request += connection.recv(65536)
            try:
                for piece in self._pieces:
                    connection.sendall(piece)
            except OSError:
                return  # it has had enough
            if self._hangs:
                self._over.wait()


def test_an_answer_in_pieces() -> None:
    with Server(b"HTTP/1.0 200 O", b"K\r\n\r", b"\n<a>", b"</a>") as server:
        assert _xmlrpc.call(server.url, "m", float("inf")) == b"<a></a>"


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        ([b"HTTP/1.1 503 Service Unavailable\r\n\r\n"], "answers 503 Service Unavailable"),
        ([b"SSH-2.0-OpenSSH_9.2\r\n\r\n"], "does not answer in HTTP"),
        ([b"HTTP/1.1 200 OK\r\nX: y\r\n"], "does not answer in HTTP"),
        ([], "does not answer in HTTP"),
        ([b"x" * 65536] * 200, "more than 8388608 bytes"),
    ],
)
def test_servers_of_other_kinds(pieces: list[bytes], told: str) -> None:
    with Server(*pieces) as server, pytest.raises(Failed, match=told):
        _xmlrpc.call(server.url, "m", float("inf"))


def test_a_server_that_hangs_costs_no_more_than_the_deadline() -> None:
    with Server(b"HTTP/1.0 200 OK\r\n", hangs=True) as server, pytest.raises(TimeoutError):
        _xmlrpc.call(server.url, "m", monotonic() + 0.1)


def test_no_time_left(running: Supervisord) -> None:
    for url in (running.unix, f"http://127.0.0.1:{running.port}/"):
        with pytest.raises(TimeoutError):
            _xmlrpc.call(url, "m", monotonic() - 1)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:9001/RPC2", ("localhost", 9001, "/RPC2", "", "http://localhost:9001/RPC2")),
        ("https://u:p@[::1]/a/b", ("::1", 443, "/a/b", "u:p", "https://[::1]/a/b")),
        ("http://[::1]:8/", ("::1", 8, "/", "", "http://[::1]:8/")),
        ("http://h", ("h", 80, "", "", "http://h")),
        ("unix:///run/s.sock", ("", 0, "/run/s.sock", "", "unix:///run/s.sock")),
    ],
)
def test_addresses(url: str, expected: tuple[str, int, str, str, str]) -> None:
    address = _xmlrpc.Address(url)
    assert (address.host, address.port, address.path, address.user, address.shown) == expected
    assert address.secure == url.startswith("https")


@pytest.mark.parametrize("url", ["", "localhost:9001", "http://", "http:///RPC2", "ftp://h/", "unix://", "unix://h/s"])
def test_no_addresses(url: str) -> None:
    with pytest.raises(ValueError, match="is no URL such as http://localhost:9001/RPC2"):
        supervisord.OPTIONS[0].kind.parse(url)


@pytest.mark.parametrize("url", ["http://h:x/", "http://h:0/", "http://h:65536/"])
def test_no_ports(url: str) -> None:
    with pytest.raises(ValueError, match="is no host and port"):
        supervisord.OPTIONS[0].kind.parse(url)


def test_a_password_is_not_shown() -> None:
    assert supervisord.OPTIONS[0].kind.show("http://me:secret@h:9001/RPC2") == "http://h:9001/RPC2"
