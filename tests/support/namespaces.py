"""Hosts on a small network, each a network namespace of this machine's.

A namespace lives as long as its holder, a process that waits for us to close its standard input; so nothing is left
behind, even if the tests are killed. Without root everything is inside a user namespace, where one is root.
Needs util-linux and iproute2; `wireguard` needs wireguard-go, wireguard-tools and a /dev/net/tun that may be opened.
"""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

WITHIN = 30.0  # seconds that a condition may take, on a slow machine

# In a plain chroot the root is no mount point, and nothing about how its mounts propagate can be set.
_ROOT_IS_MOUNTED = any(line.split()[4] == "/" for line in Path("/proc/self/mountinfo").read_text().splitlines())
OWN_MOUNTS = ("unshare", "--mount", f"--propagation={'private' if _ROOT_IS_MOUNTED else 'unchanged'}")
# At the end, all that runs in the namespace ends: daemons, and workers that have outlived who started them.
_HOLD = """mount -t tmpfs none /run && echo && cat
umount --lazy /run
for each in /proc/[0-9]*; do
    [ "$each" = "/proc/$$" ] || ! [ "$each/ns/net" -ef "/proc/$$/ns/net" ] || kill -KILL "${each#/proc/}"
done"""


def until(condition: Callable[[], object], what: str, told: Callable[[], str] = str, *, within: float = WITHIN) -> None:
    """Wait for a condition; `told` has more to say where it does not come true."""
    give_up = time.monotonic() + within
    while not condition():
        assert time.monotonic() < give_up, f"still not: {what}\n{told()}"
        time.sleep(0.02)


class Host:
    """One namespace, with its loopback up and a /run of its own, and the processes started in it."""

    def __init__(self, within: "Host | None" = None) -> None:
        self._become = ["--user", "--preserve-credentials"] if os.geteuid() else []
        self._started: list[subprocess.Popen[bytes]] = []
        first = ["--user", "--map-root-user"] if self._become and within is None else []
        entering = within.entering() if within else []
        self._holder = subprocess.Popen(
            [*entering, *OWN_MOUNTS, *first, "--net", "sh", "-c", _HOLD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.read(1), "no namespace: not root, and user namespaces are forbidden?"
        self.ip("link set lo up")

    @property
    def pid(self) -> int:
        """What `ip link set … netns` wants."""
        return self._holder.pid

    def entering(self) -> list[str]:
        # Its root too: the name space's own is the one around a chroot.
        return ["nsenter", *self._become, "--net", "--mount", "--root", "--wdns=/", f"--target={self.pid}"]

    def path(self, path: str) -> Path:
        """Where a path of this host's is seen from outside."""
        return Path(f"/proc/{self.pid}/root{path}")

    def own(self, *folders: str) -> None:
        """Give it folders of its own: what is in this machine's is there, and what it changes is seen by it alone."""
        for folder in folders:
            layer = f"/run/own{folder}"
            self.run("mkdir", "-p", f"{layer}/upper", f"{layer}/work")
            layers = f"lowerdir={folder},upperdir={layer}/upper,workdir={layer}/work"
            self.run("mount", "-t", "overlay", "none", "-o", layers, folder)

    def write(self, path: str, content: str, mode: int = 0o644) -> None:
        """A file, with the folders that it wants; seen by this host alone where it has the folder as its own."""
        file = self.path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        file.chmod(mode)

    def run(self, *command: str, given: str = "") -> str:
        """A command's output. AssertionError with what it says where it fails."""
        done = self.attempt(*command, given=given)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout

    def attempt(self, *command: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.entering(), *command], input=given, capture_output=True, text=True, check=False, timeout=WITHIN
        )

    def ip(self, *commands: str) -> None:
        """ip(8), one command after the other, all in one process."""
        self.run("ip", "-batch", "-", given="".join(f"{command}\n" for command in commands))

    def start(
        self, *command: str, log: Path, given: int = subprocess.DEVNULL, **environment: str
    ) -> subprocess.Popen[bytes]:
        """A process that ends with this host at the latest; its pid is the command's own, its input `given`."""
        with log.open("ab") as written:
            process = subprocess.Popen(
                [*self.entering(), "setpriv", "--pdeathsig=KILL", *command],
                stdin=given,
                stdout=written,
                stderr=written,
                env={**os.environ, **environment},
            )
        self._started.append(process)
        return process

    def get(self, url: str) -> int:
        """The status of an HTTP GET; 0 where the connection is refused or closed without an answer."""
        done = self.attempt(
            *("curl", "--silent", "--globoff", "--noproxy", "*", "--max-time", "5"),
            *("--output", "/dev/null", "--write-out", "%{http_code}", url),
        )
        return int(done.stdout)

    def close(self) -> None:
        for process in self._started:
            process.kill()
            process.wait()
        assert self._holder.stdin is not None
        self._holder.stdin.close()
        self._holder.wait()


class Lan:
    """Hosts on one bridge: the first is 10.99.0.1, and so on; their end is eth0."""

    def __init__(self, hosts: int) -> None:
        self.hosts: list[Host] = []
        self._switch = Host()
        try:
            self._switch.ip("link add br0 type bridge", "link set br0 up")
            for number in range(1, hosts + 1):
                self._plug_in(number)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        for host in [*self.hosts, self._switch]:
            host.close()

    def _plug_in(self, number: int) -> None:
        host = Host(self._switch)
        self.hosts.append(host)
        self._switch.ip(
            f"link add port{number} type veth peer name eth0 netns {host.pid}",
            f"link set port{number} master br0",
            f"link set port{number} up",
        )
        host.ip(f"address add 10.99.0.{number}/24 dev eth0", "link set eth0 up")


class WireGuard:
    """wg0 on some hosts of a LAN, each the others' peer: 10.77.0.1 on the first, and so on."""

    def __init__(self, hosts: list[Host], log: Path) -> None:
        self._hosts = hosts
        self._log = log
        self._private = [hosts[0].run("wg", "genkey") for _ in hosts]
        self._public = [hosts[0].run("wg", "pubkey", given=key).strip() for key in self._private]

    def start(self, index: int) -> subprocess.Popen[bytes]:
        """Bring a host's wg0 up. Ending the process deletes the interface."""
        host = self._hosts[index]
        host.run("mkdir", "-p", "/run/wireguard")
        process = host.start("wireguard-go", "-f", "wg0", log=self._log)

        def made() -> bool:
            assert process.poll() is None, self._log.read_text()
            return host.attempt("wg", "show", "wg0").returncode == 0

        until(made, "wireguard-go has made wg0", self._log.read_text)
        peers = []
        for other, public in enumerate(self._public):
            if other != index:
                peers += ["peer", public, "allowed-ips", f"10.77.0.{other + 1}/32"]
                peers += ["endpoint", f"10.99.0.{other + 1}:51820", "persistent-keepalive", "1"]
        host.run(
            "wg", "set", "wg0", "listen-port", "51820", "private-key", "/dev/stdin", *peers, given=self._private[index]
        )
        # Else a random link-local address may become the source of what is sent.
        host.ip("link set wg0 addrgenmode none", f"address add 10.77.0.{index + 1}/24 dev wg0", "link set wg0 up")
        return process
