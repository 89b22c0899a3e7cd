"""A machine that boots OpenRC: Debian's 0.45 below sysvinit, or Alpine's (see alpine.py), as nspawn.py boots systemd.

Debian's root is made once and kept in .roots of the checkout.
"""

import shutil
from pathlib import Path
from zlib import crc32

from tests.support import debian, nspawn
from tests.support.namespaces import until

_WANTED = ("openrc", "python3", "runit", "sysvinit-core")
# What a container has none of: terminals, a clock, disks.
_CONTAINED = """
sed -i -E '/getty/d; s,^~~:S.*,,; s,^z6:.*,,' "$1"/etc/inittab
echo 'rc_sys="systemd-nspawn"' >>"$1"/etc/rc.conf
for absent in boot/networking boot/modules boot/quicksand-guest-agent hwclock brightness cgroups devfs dmesg \
    mount-configfs setup-dns hwclock.sh; do
    rm -f "$1"/etc/runlevels/*/"${absent#*/}"
done
"""


def base() -> Path:
    """A Debian with OpenRC, and without anything of ours; not to be changed."""
    made = debian.ROOTS / f"openrc-{crc32(f'{_WANTED}{_CONTAINED}'.encode()):08x}"
    with debian.alone():
        if not made.exists():
            new = debian.ROOTS / "openrc.new"
            shutil.rmtree(new, ignore_errors=True)
            debian.debootstrap(new, include=_WANTED)
            contain(new)
            new.rename(made)
    return made


def contain(root: Path) -> None:
    """Leave out what a container cannot boot."""
    debian.run("sh", "-euc", _CONTAINED, "sh", root)


class Machine(nspawn.Machine):
    """Booted, with its runlevel `default` reached."""

    def close(self) -> None:
        """Without a shutdown, which nothing is kept of."""
        self._process.kill()
        self.leader = 0
        super().close()

    def service(self, name: str, *words: str) -> str:
        """What rc-service says. AssertionError where it fails."""
        return self.run("rc-service", name, *words)

    def status(self, name: str) -> str:
        """One word."""
        return self.inside("rc-service", "--nocolor", name, "status").stdout.rpartition(":")[2].strip()

    def processes(self, program: str) -> list[int]:
        """The numbers of those that run it."""
        return [int(at.name) for at in Path(f"/proc/{self.leader}/root/proc").glob("[0-9]*") if _runs(at, program)]

    def kill(self, number: int, signal: str = "KILL") -> None:
        self.run("sh", "-c", f"kill -{signal} {number}")

    def answering(self, program: str, url: str, unlike: int = 0) -> int:
        """Waits for one process of a program, another than that, which answers with its page; its number."""
        found: list[int] = []

        def answers() -> bool:
            found[:] = self.processes(program)
            return len(found) == 1 and found[0] != unlike and bool(self.get(url))

        until(answers, f"another {program} that answers", lambda: self.log(program))
        return found[0]

    def log(self, name: str) -> str:
        return self.inside("cat", f"/var/log/{name}.log").stdout

    def _booted(self) -> bool:
        super()._booted()
        if not self.leader:
            return False
        starting = self.inside("test", "-e", "/run/openrc/rc.starting").returncode == 0
        return not starting and self.inside("rc-status", "--runlevel").stdout.strip() == "default"


def _runs(process: Path, program: str) -> bool:
    try:
        words = (process / "cmdline").read_text().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return words[:3] == ["/usr/bin/python3", "-I", f"/usr/bin/{program}"]
