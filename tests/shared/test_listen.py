"""Listeners on this machine's loopback, on unix sockets and on what is handed over.

Interfaces that come and go are played in tests/e2e/test_namespaces.py; here `dev:lo` stands for them, with
what the kernel says about it replaced where it is to be gone.
"""

import errno
import os
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from motes.shared import log, rtnetlink, sockets
from motes.shared.address import Address, parse
from motes.shared.listen import Listener, Listeners

Logged = list[tuple[str, str]]


class Rig:
    """Listeners, and what they have told."""

    def __init__(self, *specs: str, mode: int = 0o660, group: str = "") -> None:
        self.told: list[tuple[str, str, bool]] = []
        self.all = Listeners(
            [parse(spec) for spec in specs],
            socket_mode=mode,
            socket_group=group,
            opened=lambda listener, sock: self.note("opened", listener, sock),
            closed=lambda listener, sock: self.note("closed", listener, sock),
        )

    def note(self, word: str, listener: Listener, sock: socket.socket) -> None:
        self.told.append((word, str(listener.address), sock.fileno() >= 0))

    def __getitem__(self, index: int) -> Listener:
        return self.all.listeners[index]

    def port(self, index: int) -> int:
        port: int = self[index].sockets[0].getsockname()[1]
        return port


@pytest.fixture
def rig() -> Iterator[Callable[..., Rig]]:
    made: list[Rig] = []

    def build(*specs: str, mode: int = 0o660, group: str = "") -> Rig:
        made.append(Rig(*specs, mode=mode, group=group))
        return made[-1]

    yield build
    for one in made:
        one.all.close()


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Logged:
    lines: Logged = []
    for level in log.LEVELS:
        monkeypatch.setattr(log, level, lambda message, level=level, **_: lines.append((level, message)))
    return lines


def answers(address: tuple[str, int] | str) -> bool:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as client:
        return client.connect_ex(address) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_loopback_is_bound_to_lo_and_told(rig: Callable[..., Rig], logged: Logged) -> None:
    one = rig("127.0.0.1:0", "[::1]:0")
    assert [listener.state for listener in one.all.listeners] == ["closed", "closed"]
    one.all.open()
    assert answers(("127.0.0.1", one.port(0)))
    assert answers(("::1", one.port(1)))
    assert [sockets.device(listener.sockets[0]) for listener in one.all.listeners] == ["lo", "lo"]
    assert [listener.url for listener in one.all.listeners] == [
        f"http://127.0.0.1:{one.port(0)}/",
        f"http://[::1]:{one.port(1)}/",
    ]
    assert logged == [("info", "listening")] * 2
    held = one[0].sockets[0]
    assert not held.get_inheritable()
    assert not held.getblocking()
    one.all.close()
    assert one.told[-2:] == [("closed", "127.0.0.1:0", False), ("closed", "[::1]:0", False)]
    assert held.fileno() == -1
    assert one.all.fileno() == -1


def test_where_lo_cannot_be_bound_to_loopback_goes_without(
    rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "SO_BINDTODEVICE", 9999)
    one = rig("127.0.0.1:0")
    one.all.open()
    assert answers(("127.0.0.1", one.port(0)))


def test_where_no_interface_can_be_bound_to_dev_does_not_go_without(
    rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "SO_BINDTODEVICE", 9999)
    with pytest.raises(OSError, match="cannot listen on dev:lo:0"):
        rig("dev:lo:0").all.open()


def test_every_interface_both_families_and_said_aloud(rig: Callable[..., Rig], logged: Logged) -> None:
    one = rig(":0")
    one.all.open()
    assert answers(("127.0.0.1", one.port(0)))
    assert answers(("::1", one.port(0)))
    assert one[0].url == f"http://127.0.0.1:{one.port(0)}/"
    assert logged == [("warn", "listening on every interface")]


@pytest.mark.parametrize("spec", [":0", "dev:lo:0"])
def test_without_ipv6_both_families_is_ipv4(
    rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch, spec: str
) -> None:
    real = socket.socket

    def without_ipv6(family: int = -1, *arguments: int, **named: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
        return real(family, *arguments, **named)

    monkeypatch.setattr(socket, "socket", without_ipv6)
    one = rig(spec)
    one.all.open()
    assert one[0].sockets[0].family == socket.AF_INET
    assert answers(("127.0.0.1", one.port(0)))


def test_taken_port_is_refused_by_name_and_nothing_stays_open(rig: Callable[..., Rig]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        one = rig("127.0.0.1:0", f"127.0.0.1:{taken}")
        first = one[0]
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{taken}: the port is taken"):
            one.all.open()
    assert first.sockets == []
    assert [word for word, *_ in one.told] == ["opened", "closed"]


def test_overlap_is_refused(rig: Callable[..., Rig]) -> None:
    with pytest.raises(ValueError, match="overlap"):
        rig("127.0.0.1:9100", ":9100")


def test_an_address_that_is_not_here_yet(
    rig: Callable[..., Rig], logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = rig("192.0.2.77:0", "[2001:db8::77]:0")  # of the blocks for documentation
    one.all.open()
    one.all.check()
    assert [level for level, _ in logged] == ["warn", "warn"]
    assert one[0].state == "listening, but 192.0.2.77 is not an address of this machine"
    monkeypatch.setattr(sockets, "is_local", lambda _: True)
    one.all.check()
    one.all.check()
    assert logged[2:] == [
        ("info", "192.0.2.77 is now an address of this machine"),
        ("info", "2001:db8::77 is now an address of this machine"),
    ]
    assert one[0].state == one[1].state == "listening"


def gone(_: socket.socket) -> str:
    raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))


@pytest.mark.parametrize("now", [gone, lambda _: "wg1"], ids=["gone", "renamed"])
def test_gone_or_renamed_interface_closes_and_waits(
    rig: Callable[..., Rig], logged: Logged, monkeypatch: pytest.MonkeyPatch, now: Callable[[socket.socket], str]
) -> None:
    one = rig("dev:lo:0", "127.0.0.1:0")
    one.all.open()
    held = one[0].sockets[0]
    assert one[0].valid(held)
    assert one[0].url is None
    with monkeypatch.context() as patch:
        patch.setattr(sockets, "device", now)
        assert not one[0].valid(held)
        one.all.check()
        one.all.check()
        assert one[0].state == "waiting for interface lo"
        assert one[0].sockets == []
        assert held.fileno() == -1
        assert one[1].state == "listening"
    assert one.told[2:] == [("closed", "dev:lo:0", False)]
    one.all.check()
    assert one[0].state == "listening"
    assert answers(("127.0.0.1", one.port(0)))
    assert logged[2:] == [
        ("warn", "interface gone or renamed: closed, with all connections"),
        ("info", "listening"),
    ]


def test_missing_interface_is_waited_for(rig: Callable[..., Rig], logged: Logged) -> None:
    one = rig("dev:motes-none:9100", "[fe80::1%motes-none]:9101")
    one.all.open()
    one.all.check()
    assert one.told == []
    assert [listener.state for listener in one.all.listeners] == ["waiting for interface motes-none"] * 2
    assert logged == [("warn", "waiting for interface motes-none")] * 2


def test_trouble_on_return_is_said_once_and_tried_again(
    rig: Callable[..., Rig], logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    one = rig(f"dev:lo:{port}")
    with monkeypatch.context() as patch:
        patch.setattr(sockets, "device", gone)
        one.all.open()
    with socket.create_server(("127.0.0.1", port)):
        one.all.check()
        one.all.check()
        assert one[0].state == f"not listening: cannot listen on dev:lo:{port}: the port is taken"
    one.all.check()
    assert one[0].state == "listening"
    assert [level for level, _ in logged] == ["warn", "error", "info"]


def test_without_events_check_alone_does(
    rig: Callable[..., Rig], logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> socket.socket:
        raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))

    monkeypatch.setattr(rtnetlink, "subscribe", refused)
    one = rig("dev:lo:0")
    one.all.open()
    one.all.handle()
    assert one.all.fileno() == -1
    assert one[0].state == "listening"
    assert logged[0][0] == "info"


def test_replace_keeps_what_stays_and_closes_what_goes(rig: Callable[..., Rig]) -> None:
    one = rig("127.0.0.1:0", "[::1]:0")
    one.all.open()
    kept, removed = one.all.listeners
    held = kept.sockets[0]
    one.all.replace([parse("dev:lo:0"), parse("127.0.0.1:0")])
    assert [str(listener.address) for listener in one.all.listeners] == ["dev:lo:0", "127.0.0.1:0"]
    assert one[1] is kept
    assert kept.sockets == [held]
    assert removed.sockets == []
    assert one.told[2:] == [("opened", "dev:lo:0", True), ("closed", "[::1]:0", False)]


def test_replace_makes_room_on_the_same_port(rig: Callable[..., Rig]) -> None:
    port = free_port()
    one = rig(f"127.0.0.1:{port}")
    one.all.open()
    one.all.replace([parse(f":{port}")])
    assert answers(("::1", port))


def test_replace_that_fails_changes_nothing(rig: Callable[..., Rig]) -> None:
    port = free_port()
    one = rig(f"127.0.0.1:{port}", "[::1]:0")
    one.all.open()
    before = list(one.all.listeners)
    with socket.create_server(("127.0.0.1", 0)) as other:
        wanted = [f":{port}", "dev:lo:0", f"127.0.0.1:{other.getsockname()[1]}"]
        with pytest.raises(OSError, match="the port is taken"):
            one.all.replace([parse(spec) for spec in wanted])
    with pytest.raises(ValueError, match="overlap"):
        one.all.replace([parse(":9100"), parse("dev:lo:9100")])
    assert one.all.listeners == before
    assert answers(("127.0.0.1", port))
    assert not answers(("::1", port))
    assert answers(("::1", one.port(1)))


def test_unix_socket_with_its_mode_and_group(rig: Callable[..., Rig], tmp_path: Path) -> None:
    path = tmp_path / "node.sock"
    one = rig(f"unix:{path}", mode=0o666, group=str(os.getgid()))
    one.all.open()
    assert stat.S_IMODE(path.lstat().st_mode) == 0o666
    assert path.lstat().st_gid == os.getgid()
    assert answers(str(path))
    assert one[0].url is None
    one.all.close()
    assert not path.exists()


def test_unix_socket_is_never_wider_than_its_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "node.sock"
    seen: list[tuple[str, int, bool]] = []

    def watched(name: str, real: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: object, **named: object) -> None:
            seen.append((name, stat.S_IMODE(path.lstat().st_mode), answers(str(path))))
            real(*arguments, **named)

        return call

    for name in ("chown", "chmod"):
        monkeypatch.setattr(os, name, watched(name, getattr(os, name)))
    before = os.umask(0)
    try:
        sockets.unix(str(path), 0o660, str(os.getgid())).close()
    finally:
        os.umask(before)
    assert seen == [("chown", 0, False), ("chmod", 0, False)]


def test_stale_unix_socket_is_replaced(rig: Callable[..., Rig], tmp_path: Path) -> None:
    path = tmp_path / "node.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert path.exists()
    rig(f"unix:{path}").all.open()
    assert answers(str(path))


def test_live_unix_socket_is_refused_and_left_alone(rig: Callable[..., Rig], tmp_path: Path) -> None:
    path = tmp_path / "node.sock"
    rig(f"unix:{path}").all.open()
    second = rig(f"unix:{path}")
    with pytest.raises(OSError, match="another program listens there"):
        second.all.open()
    assert answers(str(path))


def test_unix_socket_of_another_kind_is_refused(rig: Callable[..., Rig], tmp_path: Path) -> None:
    path = tmp_path / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(str(path))
        with pytest.raises(OSError, match="may be in use"):
            rig(f"unix:{path}").all.open()
    assert path.exists()


def test_what_is_no_socket_is_refused(rig: Callable[..., Rig], tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    with pytest.raises(OSError, match="something else than a socket"):
        rig(f"unix:{path}").all.open()
    assert path.read_text() == "data"


def test_missing_folder_and_missing_group(rig: Callable[..., Rig], tmp_path: Path) -> None:
    with pytest.raises(OSError, match=f"there is no folder {tmp_path}/none"):
        rig(f"unix:{tmp_path}/none/node.sock").all.open()
    with pytest.raises(OSError, match='there is no group "motes-none"'):
        rig(f"unix:{tmp_path}/node.sock", group="motes-none").all.open()
    assert list(tmp_path.iterdir()) == []


def test_at_exit_only_its_own_unix_socket_goes(rig: Callable[..., Rig], tmp_path: Path) -> None:
    path = tmp_path / "node.sock"
    one = rig(f"unix:{path}")
    one.all.open()
    path.unlink()
    two = rig(f"unix:{path}")
    two.all.open()
    one.all.close()
    assert answers(str(path))


# Puts the given descriptors where a service manager does, and becomes the program.


def test_an_address_is_shown_in_the_log(rig: Callable[..., Rig], capfd: pytest.CaptureFixture[str]) -> None:
    one = rig("[::1]:0")
    one.all.open()
    assert "msg=listening address=[::1]:0" in capfd.readouterr().err
    assert isinstance(one[0].address, Address)
