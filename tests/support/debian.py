"""Debian's packages of this checkout, and small Debians to install them in.

The base is made once, from the mirror that mmdebstrap knows, and kept in .roots of the checkout, with the packages that
ours depend on as its one source: installing needs no network. Who wants newer ones deletes .roots.
Needs root, mmdebstrap, and what packaging/build-deb needs.
"""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from zlib import crc32

from tests.support.namespaces import Host
from tests.support.program import ROOT

ROOTS = ROOT / ".roots"
PACKAGES = (
    "motes-core",
    "motes-node",
    "motes-lywsd03mmc",
    "motes-card10-bme680",
    "motes-firefox-tabs",
    "motesd",
)
OLDER = "0.0.9"
# In every root: where its packages come from.
SOURCE = "/srv/debian"
# Seconds, for what packages' tools do on a slow machine.
PATIENCE = 300.0

# What there is to install, with all that it depends on: what ours do, and what the tests want.
_WANTED = ("apt-utils", "prometheus", "python3-bleak", "python3-cryptography", "python3-lz4", "python3-serial")
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_ENVIRONMENT = {"PATH": SYSTEM_PATH, "HOME": "/root", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
_FILL = f"""
chroot "$1" apt-get install -qy --no-install-recommends --download-only %s
mkdir -p "$1"{SOURCE}
mv "$1"/var/cache/apt/archives/*.deb "$1"{SOURCE}
"""
# What is written there is in memory, and gone with the last process. Nothing starts services, or goes to the network.
_HOLD = """
set -e
mount -t tmpfs -o size=2g tmpfs "$2"
mkdir "$2/upper" "$2/work" "$2/root"
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
cd "$2/root"
printf '#!/bin/sh\\nexit 101\\n' >usr/sbin/policy-rc.d
chmod 755 usr/sbin/policy-rc.d
echo 127.0.0.1 localhost >etc/hosts
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs dev
mkdir dev/shm dev/pts
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
for device in null zero full random urandom; do
    touch dev/$device
    mount --bind /dev/$device dev/$device
done
ln -s /proc/self/fd dev/fd
mount -t sysfs sysfs sys
sed -n 's/^PPid:\\t//p' /proc/self/status
mount -t proc proc proc
mount -t proc proc /proc
exec cat >/dev/null
"""


def run(*command: str | Path, **environment: str) -> str:
    """What a command prints. AssertionError, with that, where it fails."""
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=PATIENCE,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stdout}"
    return done.stdout


def build(folder: Path, checkout: Path = ROOT) -> None:
    """The packages of a checkout, into a folder."""
    run(checkout / "packaging/build-deb", folder)


def packages(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.deb"))


def older(folder: Path, target: Path) -> None:
    """The same packages as an older version, in which `motes-core` has one module more, and another conffile."""
    for package in packages(folder):
        tree = target / "tree"
        run("dpkg-deb", "-R", package, tree)
        for file in (tree / "DEBIAN/control", *tree.glob("etc/motes/motes.toml")):
            file.write_text(file.read_text().replace("0.1.0", OLDER) + ("" if file.name == "control" else "# Old.\n"))
        shared = tree / "usr/lib/python3/dist-packages/motes/shared"
        if (shared / "version.py").exists():
            (shared / "gone.py").touch()
        run("dpkg-deb", "--root-owner-group", "-b", tree, target)
        shutil.rmtree(tree)


def repository(folder: Path) -> None:
    """Have a folder of packages be a source for apt."""
    listed = subprocess.run(
        ["dpkg-scanpackages", "--multiversion", "."], cwd=folder, capture_output=True, text=True, check=True
    )
    (folder / "Packages").write_text(listed.stdout)


def base() -> Path:
    """A Debian without anything of ours; not to be changed."""
    return kept("debian", " ".join(_WANTED), lambda folder: stock(folder, _WANTED))


def stock(folder: Path, packages: Sequence[str], *, include: Sequence[str] = ()) -> None:
    """A Debian that has packages, with what they depend on, as its one source: to be installed without a network."""
    debootstrap(folder, f"--customize-hook={_FILL % ' '.join(packages)}", include=include)
    repository(folder / SOURCE[1:])
    (folder / "etc/apt/sources.list").write_text(f"deb [trusted=yes] file:{SOURCE} ./\n")
    run("chroot", folder, "apt-get", "update", PATH=SYSTEM_PATH)


def kept(name: str, recipe: str, make: Callable[[Path], None]) -> Path:
    """A root that is made once for each recipe."""
    made = ROOTS / f"{name}-{crc32(recipe.encode()):08x}"
    with alone():
        if not made.exists():
            new = ROOTS / f"{name}.new"
            shutil.rmtree(new, ignore_errors=True)
            make(new)
            new.rename(made)
    return made


def debootstrap(folder: Path, *options: str, include: Sequence[str] = ()) -> None:
    """A Debian 12 with little more than apt, and the packages that are named."""
    run(
        *("mmdebstrap", "--variant=minbase", "--mode=root", "--format=directory", "--quiet"),
        *("--dpkgopt=path-exclude=/usr/share/locale/*", '--aptopt=Acquire::Languages "none"'),
        *([f"--include={','.join(include)}"] if include else []),
        *options,
        *("bookworm", folder),
        PATH=SYSTEM_PATH,
    )


@contextmanager
def alone() -> Iterator[None]:
    """While no other run of the tests makes a root."""
    ROOTS.mkdir(exist_ok=True)
    with (ROOTS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Root:
    """A Debian to be changed: processes, mounts and a network of its own, and no init. It is gone with the `with`.

    As a `program.Machine`, it starts programs inside, and asks them from outside, over its network.
    """

    def __init__(self, folder: Path, below: Path) -> None:
        folder.mkdir()
        # What is written below, even elsewhere than in the root, is in memory.
        self.memory = folder
        self.path = folder / "root"
        self.host = Host()
        self._holder = subprocess.Popen(
            [
                *(*self.host.entering(), "unshare", "--mount", "--propagation=private", "--pid", "--ipc", "--uts"),
                *("--fork", "--kill-child", "sh", "-c", _HOLD, "sh", below, folder),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout is not None
        self._pid = self._holder.stdout.readline().strip()
        assert self._pid, "no root of its own: not root, or no overlays here?"

    def entering(self) -> list[str]:
        inside = ("nsenter", f"--target={self._pid}", "--mount", "--pid", "--net", "--ipc", "--uts", "--")
        variables = [f"{name}={value}" for name, value in _ENVIRONMENT.items()]
        return [*inside, "chroot", str(self.path), "env", "-i", *variables]

    def run(self, *command: str) -> str:
        return run(*self.entering(), *command)

    def shell(self, script: str) -> str:
        """The words of a person at a prompt."""
        return self.run("sh", "-euc", script)

    def attempt(self, *command: str) -> subprocess.CompletedProcess[str]:
        return self.host.attempt(*command)

    def start(self, *command: str, log: Path, **environment: str) -> subprocess.Popen[bytes]:
        """It ends with this root."""
        with log.open("ab") as written:
            return subprocess.Popen(
                [*self.entering(), *[f"{name}={value}" for name, value in environment.items()], *command],
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
            )

    def put(self, files: Sequence[Path], folder: str) -> None:
        """Copies of files, in a folder of this root that is made for them."""
        self.outside("mkdir", "-p", f"{self.path}{folder}")
        self.outside("cp", *files, f"{self.path}{folder}")

    def outside(self, *command: str | Path, **environment: str) -> str:
        """What a program of this machine prints that has its processes and network, and sees its files below `path`."""
        return run(
            "nsenter", f"--target={self._pid}", "--mount", "--pid", "--net", "--ipc", "--", *command, **environment
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        assert self._holder.stdin is not None
        self._holder.stdin.close()
        self._holder.wait()
        self.host.close()
