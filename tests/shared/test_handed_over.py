"""Sockets that the service manager hands over, to processes of their own: it is told in the environment."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

MANAGER = """
import fcntl, os, sys
numbers = [fcntl.fcntl(int(word), fcntl.F_DUPFD, 100) for word in sys.argv[1].split()]
for index, number in enumerate(numbers):
    os.dup2(number, 3 + index)
os.environ.setdefault("LISTEN_PID", str(os.getpid()))
os.execv(sys.executable, [sys.executable, "-c", *sys.argv[2:]])
"""

CHILD = """
import os, sys
from motes.shared import listen
from motes.shared.address import parse

try:
    found = listen.inherited()
    print([(name, sock.fileno(), sock.getblocking(), sock.get_inheritable()) for name, sock in found])
    print(sorted(name for name in os.environ if name.startswith("LISTEN")))
    told = []
    for spec in sys.argv[1:]:
        all = listen.Listeners(
            [parse(spec)],
            socket_mode=0o660,
            inherited=found,
            opened=lambda listener, sock: told.append(("opened", sock.fileno())),
            closed=lambda listener, sock: told.append(("closed", sock.fileno())),
        )
        all.open()
        all.check()
        print(all.listeners[0].state, all.listeners[0].url)
        all.close()
    print(told)
except (OSError, ValueError) as error:
    print(type(error).__name__, error)
"""


def handed_over(*given: int, names: str = "", specs: tuple[str, ...] = (), **more: str) -> list[str]:
    """What a program prints that a service manager has started with these descriptors."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "LISTEN_FDS": str(len(given)), **more}
    if names:
        environment["LISTEN_FDNAMES"] = names
    result = subprocess.run(
        [sys.executable, "-c", MANAGER, " ".join(map(str, given)), CHILD, *specs],
        env=environment,
        pass_fds=given,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return result.stdout.splitlines()


def test_handed_over_by_name_and_never_closed(tmp_path: Path) -> None:
    path = tmp_path / "handed.sock"
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(path))
        unix.listen()
        port = tcp.getsockname()[1]
        lines = handed_over(tcp.fileno(), unix.fileno(), names="node:ble", specs=("fd:", "fd:ble"))
    assert lines == [
        "[('node', 3, False, False), ('ble', 4, False, False)]",
        "[]",
        f"listening http://127.0.0.1:{port}/",
        "listening None",
        str([("opened", 3), ("opened", 4), ("closed", 3), ("closed", 4), ("opened", 4), ("closed", 4)]),
    ]
    assert path.exists()


def test_handed_over_to_another_process_is_not_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp:
        lines = handed_over(tcp.fileno(), specs=("fd:",), LISTEN_PID="1")
    assert lines == [
        "[]",
        "[]",
        "ValueError cannot listen on fd:: no such socket from the service manager; there is: none",
    ]


def test_handed_over_under_another_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp:
        lines = handed_over(tcp.fileno(), names="node", specs=("fd:ble",))
    assert lines[2] == "ValueError cannot listen on fd:ble: no such socket from the service manager; there is: node"


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM], ids=["connected", "datagram"])
def test_handed_over_but_not_listening(kind: socket.SocketKind) -> None:
    one, other = socket.socketpair(socket.AF_UNIX, kind)
    with one, other:
        lines = handed_over(one.fileno())
    assert "file descriptor 3 of LISTEN_FDS is no listening stream socket" in lines[0]
    assert "Accept=no" in lines[0]


def test_handed_over_but_no_socket() -> None:
    with open(os.devnull, "rb") as null:
        lines = handed_over(null.fileno())
    assert lines == ["ValueError file descriptor 3 of LISTEN_FDS is no socket: Socket operation on non-socket"]
