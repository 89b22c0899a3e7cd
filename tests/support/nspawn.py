"""A machine that boots systemd: a root below a layer of its own in memory, in name spaces, under systemd-nspawn(1).

Its mounts are in a name space of its own, its processes in a control group of its own, and both end with it. It has no
network but its loopback.
"""

import os
import pty
import signal
import subprocess
import tempfile
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

from tests.support import debian
from tests.support.namespaces import OWN_MOUNTS, WITHIN, until

# What Debian's installer would install, as far as it matters, what a tunnel wants, and what our packages depend on.
_WANTED = (
    *("systemd", "systemd-sysv", "dbus", "dbus-user-session", "libnss-systemd", "libpam-systemd"),
    *("iproute2", "nftables", "wireguard-go", "wireguard-tools"),
    *("adduser", "python3", "python3-bleak", "python3-cryptography", "python3-lz4", "python3-serial"),
)
NAME = "motes-test"
# Installing packages, on a slow machine.
_LONG = 120.0
_ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
    "SYSTEMD_PAGER": "",
    "SYSTEMD_COLORS": "0",
}
# $1: the root below, $2: the folder to be seen as /given; the rest are control groups. 133 asks for another boot.
_BOOT = rf"""
root=$1 given=$2
shift 2
for group; do echo $$ >"$group/cgroup.procs"; done
mount -t tmpfs none /run
mkdir /run/upper /run/work /run/root
mount -t overlay none -o "lowerdir=$root,upperdir=/run/upper,workdir=/run/work" /run/root
rm -f /run/root/usr/sbin/policy-rc.d
echo {NAME} >/run/root/etc/hostname
systemd-id128 new >/run/root/etc/machine-id
again=133
while [ $again = 133 ]; do
    again=0
    systemd-nspawn --quiet --directory=/run/root --boot --machine={NAME} --register=no --keep-unit \
        --private-network --system-call-filter=@clock --bind-ro="$given:/given" \
        --bind-ro=/usr/bin/prometheus-node-exporter systemd.show_status=no || again=$?
done
"""


def base() -> Path:
    """A Debian with systemd, and without anything of ours; not to be changed."""
    return debian.kept("systemd", " ".join(_WANTED), lambda folder: debian.debootstrap(folder, include=_WANTED))


class Machine:
    """Booted from a root, with a folder of the caller's at /given. All that it changes is forgotten."""

    def __init__(self, root: Path, given: Path) -> None:
        self._groups = _control_groups()
        # It wants a terminal: without one, what it boots waits for ever.
        self._console, theirs = pty.openpty()
        self._said = b""
        within = (*OWN_MOUNTS, "--pid", "--fork", "--kill-child", "--mount-proc")
        command = (*within, "sh", "-euc", _BOOT, "sh", str(root), str(given), *map(str, self._groups))
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", *command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**_ENVIRONMENT, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1", "SYSTEMD_NSPAWN_LOCK": "0"},
        )
        os.close(theirs)
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()
        self.leader = 0
        try:
            until(self._booted, "a system that is up", self.said)
        except BaseException:
            self.close()
            raise

    def said(self) -> str:
        """What stood on its console."""
        return self._said.decode("utf-8", "replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def run(self, *command: str) -> str:
        """A command's output. AssertionError with what it says where it fails."""
        done = self.inside(*command)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout

    def inside(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.entering(*command), capture_output=True, text=True, check=False, timeout=_LONG, env=_ENVIRONMENT
        )

    def attempt(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A program of the machine that the tests run on, on this one's network."""
        outside = ("nsenter", f"--target={self.leader}", "--net", *command)
        return subprocess.run(outside, capture_output=True, text=True, check=False, timeout=WITHIN)

    def start(self, *command: str, log: Path, **environment: str) -> subprocess.Popen[bytes]:
        """A process, which is to be ended by the caller."""
        with log.open("ab") as written:
            return subprocess.Popen(
                self.entering("setpriv", "--pdeathsig=KILL", *command),
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                env={**_ENVIRONMENT, **environment},
            )

    def entering(self, *command: str) -> list[str]:
        spaces = ("--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wdns=/")
        return ["nsenter", f"--target={self.leader}", *spaces, *command]

    def write(self, path: str, content: str) -> None:
        """A file, with the folders that it wants."""
        file = self.path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    def path(self, path: str) -> Path:
        """Where a path of this machine's is seen from outside."""
        return Path(f"/proc/{self.leader}/root{path}")

    def get(self, url: str, *flags: str) -> str:
        """The content of an answer with status 200; nothing where there is none."""
        return self.attempt("curl", "--silent", "--fail", "--noproxy", "*", "--max-time", "10", *flags, url).stdout

    def reboot(self) -> None:
        before, self.leader = self.leader, 0
        os.kill(before, signal.SIGINT)  # as Ctrl-Alt-Delete does
        until(lambda: not Path(f"/proc/{before}").exists(), "a system that is down", self.said)
        until(self._booted, "a system that is up again", self.said)

    def close(self) -> None:
        if self.leader:
            self.inside("systemctl", "poweroff", "--force")
        try:
            self._process.wait(WITHIN)
        except subprocess.TimeoutExpired:
            pass
        self._process.kill()
        self._process.wait()
        self._reader.join(WITHIN)
        os.close(self._console)
        until(lambda: not [group for group in self._groups if not _removed(group)], "no processes are left", self.said)

    def _read(self) -> None:
        try:
            while octets := os.read(self._console, 4096):
                self._said += octets
        except OSError:
            pass  # the last one has closed it

    def _booted(self) -> bool:
        assert self._process.poll() is None, self.said()
        self.leader = self.leader or _first_below(self._process.pid)
        if not self.leader:
            return False
        state = self.inside("systemctl", "is-system-running").stdout.strip()
        return state in ("running", "degraded")


def _control_groups() -> list[Path]:
    """One in each of systemd's hierarchies (the new kind, and beside it the old one if there is), of the same name."""
    lines = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    at = [fields[1] for fields in lines if fields[2] == "cgroup2" or "name=systemd" in fields[3].split(",")]
    first = Path(tempfile.mkdtemp(prefix="motes-", dir=at[0]))
    rest = [Path(each) / first.name for each in at[1:]]
    for group in rest:
        group.mkdir()
    return [first, *rest]


def _first_below(pid: int) -> int:
    """The process that is the first in a name space within ours within this one's, among descendants; 0 without one."""
    for child in _children(pid):
        if _numbers(child)[2:] == ["1"]:
            return child
        if found := _first_below(child):
            return found
    return 0


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def _numbers(pid: int) -> list[str]:
    """A process's numbers in its name spaces, from the outermost."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return next((line.split()[1:] for line in lines if line.startswith("NSpid:")), [])


def _removed(group: Path) -> bool:
    try:
        for below in sorted((at for at in group.rglob("*") if at.is_dir()), reverse=True):
            below.rmdir()
        group.rmdir()
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return not group.exists()
