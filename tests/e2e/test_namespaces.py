"""The program on a network of its own, whose interfaces come, go and change their names."""

import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.flood import sockets
from tests.support.namespaces import WITHIN, Host, Lan, WireGuard, until

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "motes.exporters.node.program")
ONE_COLLECTOR = ("--collector.disable-defaults", "--collector.loadavg")
PORT = 9100
POWERLESS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")


class Program:
    """motes-node on a host."""

    def __init__(
        self, host: Host, log: Path, *flags: str, within: tuple[str, ...] = (), given: int = subprocess.DEVNULL
    ) -> None:
        self.host = host
        self._log = log
        self.process = host.start(
            *within, *PROGRAM, *ONE_COLLECTOR, *flags, log=log, given=given, PYTHONPATH=str(ROOT / ".src")
        )

    def log(self) -> str:
        return self._log.read_text()

    def comes_to(self, condition: Callable[[], object], what: str) -> None:
        """Wait for a condition, as long as the program lives."""

        def met() -> object:
            assert self.process.poll() is None, self.log()
            return condition()

        until(met, what, self.log)

    def says(self, text: str, times: int = 1) -> None:
        """Wait until a text is in the log so often."""
        self.comes_to(lambda: self.log().count(text) >= times, f"{times} times {text!r} in the log")

    def answers(self, host: Host, url: str) -> None:
        self.comes_to(lambda: host.get(url) == 200, f"an answer from {url}")

    def sockets(self) -> int:
        """How many the process has open."""
        return sockets(self.process.pid)

    def connections(self) -> int:
        """How many are established with the program."""
        found = self.host.run("ss", "-H", "-t", "-n", "state", "established", f"sport = :{PORT}")
        return len(found.splitlines())


def listen_on(*addresses: str) -> list[str]:
    return [f"--web.listen-address={address}" for address in addresses]


@pytest.fixture
def three() -> Iterator[Lan]:
    """Who runs the program, who may scrape it, and a neighbour."""
    with Lan(3) as lan:
        yield lan


@pytest.fixture
def two() -> Iterator[Lan]:
    with Lan(2) as lan:
        yield lan


def tunnel(near: Host, far: Host, name: str = "wg0") -> list[str]:
    """The commands that make a tunnel out of a pair of veths; its far end is far0 on the other host."""
    return [
        f"link add {name} type veth peer name far0 netns {far.pid}",
        f"address add 10.77.0.1/24 dev {name}",
        f"link set {name} up",
    ]


def test_wireguard_comes_goes_and_is_renamed(three: Lan, tmp_path: Path) -> None:
    exporter, monitor, neighbour = three.hosts
    wireguard = WireGuard([exporter, monitor], tmp_path / "wireguard.log")
    wireguard.start(1)
    neighbour.ip("route add 10.77.0.1/32 via 10.99.0.1")
    program = Program(exporter, tmp_path / "log", *listen_on("dev:wg0:9100", "127.0.0.1:9100"), within=POWERLESS)
    over_tunnel, local = "http://10.77.0.1:9100/metrics", "http://127.0.0.1:9100/metrics"

    program.answers(exporter, local)
    program.says("waiting for interface wg0")
    daemon = wireguard.start(0)
    program.answers(monitor, over_tunnel)
    assert neighbour.get(over_tunnel) == 0

    daemon.terminate()
    program.says("interface gone or renamed")
    assert exporter.get(local) == 200
    wireguard.start(0)
    program.answers(monitor, over_tunnel)
    assert neighbour.get(over_tunnel) == 0

    exporter.ip("link set wg0 down", "link set wg0 name wg9", "link set wg9 up")
    program.says("interface gone or renamed", times=2)
    assert monitor.get(over_tunnel) == 0
    assert exporter.get(local) == 200
    exporter.ip("link set wg9 down", "link set wg9 name wg0", "link set wg0 up")
    program.answers(monitor, over_tunnel)
    assert neighbour.get(over_tunnel) == 0


def test_address_of_the_tunnel_is_open_to_the_neighbour(three: Lan, tmp_path: Path) -> None:
    """Linux takes packets for any of its addresses on any interface: what `dev:` and `--web.allow` are for."""
    exporter, monitor, neighbour = three.hosts
    neighbour.ip("route add 10.77.0.1/32 via 10.99.0.1")
    flags = listen_on("10.77.0.1:9100")
    program = Program(exporter, tmp_path / "log", *flags)
    allowing = Program(exporter, tmp_path / "allowing", *listen_on("10.77.0.1:9101"), "--web.allow=10.77.0.0/24")
    program.says("listening, but 10.77.0.1 is not an address of this machine")
    allowing.says("is not an address of this machine")

    exporter.ip(*tunnel(exporter, monitor))
    monitor.ip("address add 10.77.0.2/24 dev far0", "link set far0 up")
    program.says("10.77.0.1 is now an address of this machine")
    program.answers(monitor, "http://10.77.0.1:9100/metrics")
    program.answers(neighbour, "http://10.77.0.1:9100/metrics")
    allowing.answers(monitor, "http://10.77.0.1:9101/metrics")
    assert neighbour.get("http://10.77.0.1:9101/metrics") == 0


CLIENT = """
import socket, sys
with socket.create_connection(("10.77.0.1", 9100)) as kept:
    kept.sendall(b"GET /-/healthy HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
    print(kept.recv(65536)[:12].decode(), flush=True)
    try:
        while kept.recv(65536):
            pass
    except ConnectionError:
        pass
    print("closed", flush=True)
"""


def test_renaming_closes_the_connections_that_came_that_way(two: Lan, tmp_path: Path) -> None:
    exporter, monitor = two.hosts
    exporter.ip(*tunnel(exporter, monitor))
    monitor.ip("address add 10.77.0.2/24 dev far0", "link set far0 up")
    program = Program(exporter, tmp_path / "log", *listen_on("dev:wg0:9100", "127.0.0.1:9100"))
    program.answers(monitor, "http://10.77.0.1:9100/metrics")
    client = tmp_path / "client"
    monitor.start(sys.executable, "-c", CLIENT, log=client)
    program.comes_to(lambda: client.read_text() == "HTTP/1.1 200\n", "a connection that is kept")
    exporter.ip("link set wg0 down", "link set wg0 name wg9", "link set wg9 up")
    program.comes_to(lambda: program.connections() == 0, "no connection")
    program.comes_to(lambda: client.read_text() == "HTTP/1.1 200\nclosed\n", "word of it at the client")
    # Another interface takes the name: it is what was asked for.
    exporter.ip("link set eth0 down", "link set eth0 name wg0", "link set wg0 up")
    program.answers(monitor, "http://10.99.0.1:9100/metrics")
    assert monitor.get("http://10.77.0.1:9100/metrics") == 0


@pytest.mark.parametrize("first", ["rename", "connect"])
def test_connection_that_is_not_accepted_yet_when_the_interface_is_renamed(
    two: Lan, tmp_path: Path, first: str
) -> None:
    """The socket goes along with its interface, so the kernel lets a client in that the program has to turn away."""
    exporter, monitor = two.hosts
    exporter.ip(*tunnel(exporter, monitor))
    monitor.ip("address add 10.77.0.2/24 dev far0", "link set far0 up")
    program = Program(exporter, tmp_path / "log", *listen_on("dev:wg0:9100", "127.0.0.1:9100"))
    program.answers(monitor, "http://10.77.0.1:9100/metrics")
    client = tmp_path / "client"
    program.process.send_signal(signal.SIGSTOP)
    if first == "rename":
        exporter.ip("link set wg0 down", "link set wg0 name wg9", "link set wg9 up")
    monitor.start(sys.executable, "-c", CLIENT, log=client)
    program.comes_to(lambda: program.connections() == 1, "a connection that the kernel has made")
    if first == "connect":
        exporter.ip("link set wg0 down", "link set wg0 name wg9", "link set wg9 up")
    program.process.send_signal(signal.SIGCONT)
    program.says("interface gone or renamed")
    program.comes_to(client.read_text, "word from the client")
    assert "200" not in client.read_text()
    program.answers(exporter, "http://127.0.0.1:9100/metrics")


def test_link_local_address_follows_its_interface(two: Lan, tmp_path: Path) -> None:
    exporter, monitor = two.hosts
    program = Program(exporter, tmp_path / "log", *listen_on("[fe80::1%wg0]:9100", "[::1]:9100"))
    program.says("waiting for interface wg0")
    for times in (1, 2):
        exporter.ip(*tunnel(exporter, monitor), "address add fe80::1/64 dev wg0 nodad")
        monitor.ip("link set far0 up", "address add fe80::2/64 dev far0 nodad")
        program.answers(monitor, "http://[fe80::1%25far0]:9100/metrics")
        program.answers(exporter, "http://[::1]:9100/metrics")
        assert monitor.get("http://10.77.0.1:9100/metrics") == 0
        exporter.ip("link delete wg0")
        program.says("interface gone or renamed", times)


def test_every_interface(two: Lan, tmp_path: Path) -> None:
    exporter, monitor = two.hosts
    exporter.ip("address add fd00::1/64 dev eth0 nodad")
    monitor.ip("address add fd00::2/64 dev eth0 nodad")
    program = Program(exporter, tmp_path / "log", *listen_on(":9100"))
    for url in ("http://10.99.0.1:9100/metrics", "http://[fd00::1]:9100/metrics"):
        program.answers(monitor, url)
    program.answers(exporter, "http://127.0.0.1:9100/metrics")
    assert "every interface" in program.log()


def test_two_interfaces_and_loopback_on_one_port(three: Lan, tmp_path: Path) -> None:
    exporter, monitor, neighbour = three.hosts
    exporter.ip(*tunnel(exporter, monitor))
    monitor.ip("address add 10.77.0.2/24 dev far0", "link set far0 up", "route add 10.99.9.9/32 via 10.77.0.1")
    exporter.ip("address add 10.99.9.9/32 dev lo")
    program = Program(exporter, tmp_path / "log", *listen_on("dev:wg0:9100", "dev:eth0:9100", "127.0.0.1:9100"))
    program.answers(monitor, "http://10.77.0.1:9100/metrics")
    program.answers(monitor, "http://10.99.9.9:9100/metrics")
    program.answers(neighbour, "http://10.99.0.1:9100/metrics")
    program.answers(exporter, "http://127.0.0.1:9100/metrics")


def test_storm_of_changes_ends_well(two: Lan, tmp_path: Path) -> None:
    exporter, monitor = two.hosts
    program = Program(exporter, tmp_path / "log", *listen_on("dev:wg0:9100", "127.0.0.1:9100"))
    program.says("msg=serving")
    before = program.sockets()  # before any client has come, for the last one would linger
    made, renamed, deleted = tunnel(exporter, monitor), "link set wg0 name wg9", "link delete wg9"
    back = "link set wg9 name wg0"
    for _ in range(20):
        exporter.ip(*made, "link set wg0 down", renamed, back, renamed, deleted)
        exporter.ip(*made, "link delete wg0")
    exporter.ip(*made)
    monitor.ip("address add 10.77.0.2/24 dev far0", "link set far0 up")
    program.answers(monitor, "http://10.77.0.1:9100/metrics")
    program.comes_to(lambda: program.sockets() == before + 1, "one socket more than at first")
    exporter.ip("link set wg0 down", renamed)
    program.comes_to(lambda: program.sockets() == before, "the sockets of before")


def test_another_name_of_an_interface_is_none(two: Lan, tmp_path: Path) -> None:
    """The kernel binds by alternative names too, but they would tell nothing of a rename."""
    exporter, monitor = two.hosts
    exporter.ip("link property add dev eth0 altname wg0")
    program = Program(exporter, tmp_path / "log", *listen_on("dev:wg0:9100", "127.0.0.1:9100"))
    program.says("wg0 is another name of eth0: write eth0")
    program.answers(exporter, "http://127.0.0.1:9100/metrics")
    assert monitor.get("http://10.99.0.1:9100/metrics") == 0


OVERWHELMED = """
import os, socket, subprocess, sys
from motes.shared.address import parse
from motes.shared.listen import Listeners

def drops():
    wanted = str(os.fstat(listeners.fileno()).st_ino)
    with open("/proc/net/netlink") as lines:
        (line,) = (fields for fields in map(str.split, lines) if fields[-1] == wanted)
    return int(line[-2])

listeners = Listeners([parse("dev:wg0:9100")], socket_mode=0o660, opened=lambda *_: None, closed=lambda *_: None)
listeners.open()
with socket.socket(fileno=os.dup(listeners.fileno())) as events:
    events.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
make = "link add wg0 type veth peer name far0\\n"
subprocess.run(["ip", "-batch", "-"], input=(make + "link delete wg0\\n") * 30 + make, text=True, check=True)
print("lost" if drops() else "none lost")
print(listeners.listeners[0].state)
listeners.handle()
print(listeners.listeners[0].state)
subprocess.run(["ip", "-batch", "-"], input=("link delete wg0\\n" + make) * 30, text=True, check=True)
stale = listeners.listeners[0].sockets[0]
print(listeners.listeners[0].valid(stale))
listeners.handle()
print(listeners.listeners[0].state, stale.fileno(), listeners.listeners[0].sockets[0] is not stale)
"""


def test_lost_events_are_made_up_for(two: Lan) -> None:
    host = two.hosts[0]
    path = f"PYTHONPATH={ROOT / '.src'}"
    assert host.run("env", path, sys.executable, "-c", OVERWHELMED).splitlines() == [
        "lost",
        "waiting for interface wg0",
        "listening",
        "False",
        "listening -1 True",
    ]


EVENTS = """
import select, subprocess, sys
from motes.shared import rtnetlink

events = rtnetlink.subscribe()
for command in sys.argv[1:]:
    subprocess.run(["ip", *command.split()], check=True)
    print(select.select([events], [], [], 20)[0] == [events])
    rtnetlink.drain(events)
    print(select.select([events], [], [], 0)[0] == [])
"""


def test_the_kernel_tells_of_links_and_addresses(two: Lan) -> None:
    changes = ("link set lo mtu 1400", "address add 10.1.1.1/32 dev lo", "address add fd01::1/128 dev lo nodad")
    path = f"PYTHONPATH={ROOT / '.src'}"
    told = two.hosts[0].run("env", path, sys.executable, "-c", EVENTS, *changes)
    assert told.split() == ["True"] * 2 * len(changes)


def answers_over(path: Path, host: Host) -> bool:
    """Whether a unix socket is served; it is no matter of the network, so the host is any."""
    return "\nnode_load1 " in host.run("curl", "--silent", "--unix-socket", str(path), "http://x/metrics")


def test_unix_socket_goes_with_the_program(two: Lan, tmp_path: Path) -> None:
    host = two.hosts[0]
    path = tmp_path / "node.sock"
    program = Program(host, tmp_path / "log", *listen_on(f"unix:{path}"), "--web.socket-mode=0600")
    program.says("listening")
    assert stat.S_IMODE(path.lstat().st_mode) == 0o600
    assert answers_over(path, host)
    program.process.terminate()
    assert program.process.wait(WITHIN) == 0
    assert not path.exists()


def test_handed_over_socket_needs_no_flag_and_stays(two: Lan, tmp_path: Path) -> None:
    host = two.hosts[0]
    path = tmp_path / "node.sock"
    activate = ("sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3<&0', "sh")
    with socket.create_server(str(path), family=socket.AF_UNIX) as listening:
        program = Program(host, tmp_path / "log", within=activate, given=listening.fileno())
        program.says("listening")
        assert answers_over(path, host)
        program.process.terminate()
        assert program.process.wait(WITHIN) == 0
    assert path.exists()
