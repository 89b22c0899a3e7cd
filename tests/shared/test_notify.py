"""What a service manager is told, on a real datagram socket."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from time import CLOCK_MONOTONIC, clock_gettime_ns

import pytest
from motes.shared import notify


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    name = f"{tmp_path}/notify" if request.param == "path" else f"@motes-test-{os.getpid()}"
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiving:
        receiving.bind(name.replace("@", "\0"))
        receiving.settimeout(30)
        yield receiving


def test_send(manager: socket.socket) -> None:
    notify.send(READY=1, STATUS="serving on [::1]:9100 ä")
    assert manager.recv(4096).decode() == "READY=1\nSTATUS=serving on [::1]:9100 ä"


def test_reloading(manager: socket.socket) -> None:
    before = clock_gettime_ns(CLOCK_MONOTONIC) // 1000
    notify.reloading()
    first, second = manager.recv(4096).decode().split("\n")
    assert first == "RELOADING=1"
    name, _, told = second.partition("=")
    assert name == "MONOTONIC_USEC"
    assert before <= int(told) <= clock_gettime_ns(CLOCK_MONOTONIC) // 1000


def test_a_manager_that_does_not_read_holds_up_nobody(manager: socket.socket) -> None:
    for _ in range(1000):
        notify.send(WATCHDOG=1)
    assert manager.recv(4096) == b"WATCHDOG=1"


@pytest.mark.parametrize(
    "name", [None, "", "relative", "vsock:2:1", "/nowhere/notify", "@motes-nobody", "/" + "x" * 200]
)
def test_nobody_to_tell(monkeypatch: pytest.MonkeyPatch, name: str | None) -> None:
    if name is None:
        monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    else:
        monkeypatch.setenv("NOTIFY_SOCKET", name)
    notify.send(READY=1)


@pytest.mark.parametrize(
    ("allowed", "pid", "seconds"),
    [
        (None, None, None),
        ("", None, None),
        ("0", None, None),
        ("soon", None, None),
        ("-1", None, None),
        ("30000000", None, 15.0),
        pytest.param("30000000", str(os.getpid()), 15.0, id="own-pid"),
        ("30000000", "1", None),
    ],
)
def test_watchdog_interval(
    monkeypatch: pytest.MonkeyPatch, allowed: str | None, pid: str | None, seconds: float | None
) -> None:
    for name, value in (("WATCHDOG_USEC", allowed), ("WATCHDOG_PID", pid)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert notify.watchdog_interval() == seconds
