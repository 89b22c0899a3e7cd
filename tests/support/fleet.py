"""A fleet in namespaces, brought up by what `motes fleet` writes: by no service manager, so two things are done here.

`install` says what is to be started where none runs; and what it reloads elsewhere is Prometheus.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.namespaces import Host
from tests.support.program import ROOT, Program
from tests.support.recipes import name, prometheus

MOTES = (sys.executable, "-m", "motes.shared.person.program")
KEY = "/etc/wireguard/wg0.key"
TUNNEL = "/etc/wireguard/wg0.conf"
OUR_MOTESD = f"""\
#!/bin/sh
PYTHONPATH={ROOT / ".src"} exec {sys.executable} -m motes.shared.motesd "$@"
"""
_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / ".src"), "NO_COLOR": "1"}
_OUR_PROGRAMS = "/run/bin"
_COPY = "/run/fleet"


def motes_fleet(inventory: Path, output: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [*MOTES, "fleet", str(inventory), str(output), *flags]
    return subprocess.run(command, env=_ENVIRONMENT, capture_output=True, text=True, check=False)


class Fleet:
    """A monitor, whose LAN is everybody's, and those who are in its inventory."""

    def __init__(self, monitor: Host, folder: Path) -> None:
        self.monitor = monitor
        self.hosts: dict[str, Host] = {}
        self.inventory = folder / "fleet.toml"
        self.output = folder / "out"
        self.folder = folder
        self._tables: dict[str, str] = {}
        self._prepare(monitor)
        self._tables["monitor"] = (
            '[monitor]\naddresses = ["10.77.0.1/24", "fd77:6d6f:7465::1/64"]\n'
            'endpoint = "monitor.example.org:51820"\ninterval = "1s"\n'
        )

    def add(self, called: str, host: Host, table: str) -> None:
        """To the inventory, by the lines of its table; it has no key yet."""
        self._prepare(host)
        name({"monitor.example.org": "10.99.0.1"}, host)
        self.hosts[called] = host
        self._tables[called] = f"[hosts.{called}]\n{table}"

    def remove(self, called: str) -> None:
        del self.hosts[called], self._tables[called]

    def write(self) -> str:
        """What the command says."""
        done = self._run()
        assert done.returncode == 0, done.stderr
        return done.stdout

    def has_something_to_do(self) -> bool:
        done = self._run("--check")
        assert done.returncode in (0, 1), done.stderr
        return done.returncode == 1

    def install(self, *names: str) -> str:
        """What it says on these, one after the other."""
        with ThreadPoolExecutor() as at_once:
            return "".join(at_once.map(self._install, names))

    def make_keys(self, *names: str) -> None:
        """What a person does with what `install` says of the public key: into the inventory with it."""
        for called, line in zip(names, re.findall("public-key = .*", self.install(*names)), strict=True):
            head, _, rest = self._tables[called].partition("\n")
            self._tables[called] = f"{head}\n{line}\n{rest}"

    def start(self, *names: str) -> None:
        """The tunnel and motesd of each."""
        for called in names:
            self.host(called).run("wg-quick", "up", "wg0")
            if called != "monitor":
                motesd = (f"{_OUR_PROGRAMS}/motesd", "--config.file=/etc/motes/motes.toml")
                self.host(called).start(*motesd, log=self.log(called))

    def prometheus(self) -> Program:
        return prometheus(self.monitor, self.log("prometheus"), "/etc/prometheus/motes/prometheus.yml")

    def reload(self, program: Program) -> None:
        program.process.send_signal(signal.SIGHUP)

    def host(self, called: str) -> Host:
        return self.monitor if called == "monitor" else self.hosts[called]

    def log(self, called: str) -> Path:
        return self.folder / f"{called}.log"

    def content(self) -> dict[str, tuple[bytes, int]]:
        """The files of all, and when each was written."""
        files = [path for path in self.output.glob("*/**/*") if path.is_file()]
        return {str(path.relative_to(self.output)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}

    def private_keys(self) -> Sequence[str]:
        return [host.path(KEY).read_text().strip() for host in (self.monitor, *self.hosts.values())]

    def _run(self, *flags: str) -> subprocess.CompletedProcess[str]:
        self.inventory.write_text("\n".join(self._tables.values()))
        return motes_fleet(self.inventory, self.output, *flags)

    def _prepare(self, host: Host) -> None:
        host.own("/etc", "/var/lib")
        host.write(f"{_OUR_PROGRAMS}/motesd", OUR_MOTESD, 0o755)

    def _install(self, called: str) -> str:
        host = self.host(called)
        shutil.rmtree(host.path(_COPY), ignore_errors=True)
        shutil.copytree(self.output / called, host.path(_COPY))
        return host.run("env", f"PATH={_OUR_PROGRAMS}:{os.environ['PATH']}", f"{_COPY}/install")
