"""A monitor's real sshd, with Debian's configuration and the recipes' drop-in, and hosts with a key for it."""

import subprocess
from pathlib import Path

from tests.support.namespaces import Host, until

USER = "motes-tunnel"
KEYS = "/etc/ssh/motes-tunnel.keys"
HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"


def make_user(host: Host) -> None:
    """As the recipes do, on the monitor and on the hosts that connect to it."""
    host.run(
        "useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", USER
    )


def make_key(host: Host, file: str) -> str:
    """A private key on a host; the public one is returned."""
    host.run("mkdir", "-p", str(Path(file).parent))
    host.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file)
    return host.path(f"{file}.pub").read_text().strip()


def make_host_key(monitor: Host) -> str:
    """The monitor's own, in place of this machine's; returned is what others know it by, without a name."""
    monitor.run("rm", "-f", HOST_KEY, f"{HOST_KEY}.pub")
    return " ".join(make_key(monitor, HOST_KEY).split()[:2])


def start_sshd(monitor: Host, log: Path) -> subprocess.Popen[bytes]:
    """sshd at port 22 of a host that has /etc as its own."""
    monitor.run("mkdir", "-p", "/run/sshd")
    process = monitor.start("/usr/sbin/sshd", "-D", "-e", log=log)

    def listens() -> bool:
        assert process.poll() is None, log.read_text()
        return is_listening(monitor, 22)

    until(listens, "sshd listens", log.read_text)
    return process


def is_listening(host: Host, port: int) -> bool:
    return bool(host.run("ss", "-H", "-l", "-t", "-n", f"sport = :{port}"))
