"""The programs under a service manager: sockets that it hands over, and what it is told."""

import os
import signal
import socket
import subprocess
from pathlib import Path

from tests.e2e.test_program import FEW, SOURCE, config, events, motesd, run
from tests.support.namespaces import WITHIN
from tests.support.program import NODE


def test_sockets_handed_over(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        script = 'exec 3<&0 </dev/null && LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=web exec "$@"'
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", "sh", "-c", script, "sh", *NODE, *FEW],
            stdin=listening.fileno(),
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": SOURCE},
        )
    with process:
        try:
            with socket.create_connection(("127.0.0.1", port), WITHIN) as client:
                client.sendall(b"GET /-/healthy HTTP/1.0\r\n\r\n")
                assert client.recv(12) == b"HTTP/1.1 200"
            process.terminate()
            assert process.wait(WITHIN) == 0
        finally:
            process.kill()
        assert process.stderr is not None
        listened, *_ = events(process.stderr.read())
    assert (listened["msg"], listened["address"]) == ("listening", "fd:")
    assert listened["url"] == f"http://127.0.0.1:{port}/"


def test_no_socket_is_handed_over() -> None:
    done = run(*NODE, "--web.systemd-socket")
    assert done.returncode == 1
    assert "no such socket from the service manager" in done.stderr


def test_what_the_service_manager_is_told(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(WITHIN)

        def told() -> dict[str, str]:
            """The next message that is no sign of life."""
            while (message := manager.recv(4096).decode()) == "WATCHDOG=1":
                pass
            return dict(line.split("=", 1) for line in message.split("\n"))

        with motesd(tmp_path, manager=str(tmp_path / "notify")) as program:
            ready = told()
            assert ready["READY"] == "1"
            assert ready["STATUS"] == f"serving node on 127.0.0.1:{program.port}"
            for text, more in (("", ""), ("wrong = 3", "; what was read last was not taken")):
                config(tmp_path, program.port, text)
                program.process.send_signal(signal.SIGHUP)
                reloading = told()
                assert reloading["RELOADING"] == "1"
                assert reloading["MONOTONIC_USEC"].isdecimal()
                again = told()
                assert again["READY"] == "1"
                assert again["STATUS"].startswith(ready["STATUS"] + more)
            for _ in range(2):
                assert manager.recv(4096) == b"WATCHDOG=1"
            program.process.send_signal(signal.SIGTERM)
            assert told() == {"STOPPING": "1"}
            assert program.process.wait(WITHIN) == 0
