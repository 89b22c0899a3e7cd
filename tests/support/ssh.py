"""A monitor's real sshd, with Debian's configuration and the recipes' drop-in, and hosts with a key for it."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support import bringing
from tests.support.namespaces import Host, until
from tests.support.nspawn import Machine
from tests.support.recipes import RECIPES, follow, install
from tests.support.service_file import exec_start

USER = "motes-tunnel"
KEYS = "/etc/ssh/motes-tunnel.keys"
HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"
DROP_IN = "/etc/ssh/sshd_config.d/motes-tunnel.conf"
AS_USER = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups", "--no-new-privs")
_PROGRAMS = ("/usr/bin/ssh", "/usr/bin/ssh-keygen", "/usr/sbin/sshd")


def make_user(host: Host | Machine) -> None:
    """As the recipes do, on the monitor and on the hosts that connect to it."""
    host.run(
        "useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", USER
    )


def make_key(host: Host | Machine, file: str) -> str:
    """A private key on a host; the public one is returned."""
    host.run("mkdir", "-p", str(Path(file).parent))
    host.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file)
    return host.path(f"{file}.pub").read_text().strip()


def make_host_key(monitor: Host | Machine) -> str:
    """The monitor's own, in place of this machine's; returned is what others know it by, without a name."""
    monitor.run("rm", "-f", HOST_KEY, f"{HOST_KEY}.pub")
    return " ".join(make_key(monitor, HOST_KEY).split()[:2])


def hold_tunnel(host: Host, monitor: Host, filled_in: Mapping[str, str]) -> None:
    """Follow the steps of ssh-socks; what a person copies from one to the other is copied here."""
    for each, tree, values in ((host, "ssh-socks/host", {}), (monitor, "ssh-socks/monitor", filled_in)):
        make_user(each)
        install(each, tree, values)
    make_host_key(monitor)
    follow(host, "ssh-socks", "ssh-keygen")
    follow(monitor, "ssh-socks", "cat >>", given=follow(host, "ssh-socks", "permitlisten"))
    follow(host, "ssh-socks", "cat >/", given=follow(monitor, "ssh-socks", 'echo "monitor'))


def start_tunnel(host: Host, log: Path) -> subprocess.Popen[bytes]:
    """What the unit would run, as its user."""
    unit = (RECIPES / "ssh-socks/host/etc/systemd/system/motes-tunnel.service").read_text()
    return host.start(*AS_USER, *exec_start(unit), log=log)


def start_sshd(monitor: Host, log: Path, port: int = 22) -> subprocess.Popen[bytes]:
    """sshd at a port of a host that has /etc as its own."""
    monitor.run("mkdir", "-p", "/run/sshd")
    process = monitor.start("/usr/sbin/sshd", "-D", "-e", "-p", str(port), log=log)

    def listens() -> bool:
        assert process.poll() is None, log.read_text()
        return is_listening(monitor, port)

    until(listens, "sshd listens", log.read_text)
    return process


def is_listening(host: Host, port: int) -> bool:
    return bool(host.run("ss", "-H", "-l", "-t", "-n", f"sport = :{port}"))


def bring(machine: Machine) -> None:
    """This one's programs, onto a machine that was made without them."""
    bringing.bring(machine, *_PROGRAMS)
    folder = machine.path("/etc/ssh")
    folder.mkdir(exist_ok=True)
    shutil.copy("/etc/ssh/sshd_config", folder)
