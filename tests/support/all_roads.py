"""A fleet of all roads but WireGuard, from one inventory, as a person keeps it."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.fleet import OUR_MOTESD, motes_fleet
from tests.support.namespaces import Host

NAMES = ("monitor", "notebook", "router", "garden", "cabin")
INVENTORY = """\
[monitor]
ssh = "monitor.example.org:2222"
outside = ["10.99.0.1", "2001:db8::1"]
push = "10.99.0.1:8443"
interval = "1s"

[hosts.notebook]
road = "ssh-socks"
port = 21001

[hosts.router]
road = "ssh-fixed"
port = 20001

[hosts.garden]
road = "nginx"
endpoint = "garden.example.org:9443"

[hosts.cabin]
road = "vmagent"
labels = { site = "woods: \\"deep\\"" }
"""
TOLD = re.compile(r'write into the inventory, below \[(.*)\]:\n((?:certificate = """[^"]*"""|.*)\n)')


class Fleet:
    """Its inventory, as a person keeps it, and what is written from it."""

    def __init__(self, hosts: Mapping[str, Host], folder: Path) -> None:
        self.hosts = hosts
        self.inventory = folder / "fleet.toml"
        self.output = folder / "out"
        for host in hosts.values():
            host.own("/etc", "/var/lib", "/var/log")
            host.write("/run/bin/motesd", OUR_MOTESD, 0o755)
            # Processes are not the host's own: it is not to end those of others.
            host.write("/run/bin/pkill", '#!/bin/sh\necho "$@" >>/run/ended\n', 0o755)
            host.run("sh", "-c", "grep -q ^_motes: /etc/group || echo _motes:x:4711: >>/etc/group")
        hosts["monitor"].run("mkdir", "/run/sshd")
        hosts["monitor"].run("ssh-keygen", "-A")

    def set_up(self) -> None:
        """What is made on the hosts goes into the inventory, and what follows from that to the hosts."""
        self.write(INVENTORY)
        self.take_over("".join([self.install(name) for name in NAMES]))
        self.write()
        for name in NAMES:
            self.install(name)

    def write(self, text: str = "") -> str:
        if text:
            self.inventory.write_text(text)
        done = motes_fleet(self.inventory, self.output)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def attempt(self, name: str, *shell: str) -> subprocess.CompletedProcess[str]:
        script = str(self.output / name / "install")
        return self.hosts[name].attempt("env", "PATH=/run/bin:/usr/sbin:/usr/bin:/sbin:/bin", *shell, script)

    def install(self, name: str, *shell: str) -> str:
        done = self.attempt(name, *shell)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def take_over(self, said: str) -> None:
        """Write into the inventory what is said to be written there."""
        text = self.inventory.read_text()
        for table, lines in TOLD.findall(said):
            text = text.replace(f"[{table}]\n", f"[{table}]\n{lines}")
        self.inventory.write_text(text)
