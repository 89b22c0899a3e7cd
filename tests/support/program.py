"""Programs that serve HTTP on loopback: started, waited for, asked, and ended by their pid."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from tests.support.namespaces import WITHIN, until

ROOT = Path(__file__).parents[2]
NODE = (sys.executable, "-m", "motes.exporters.node.program")


class Machine(Protocol):
    """Where programs run: a `namespaces.Host`, or `HERE`."""

    def start(self, *command: str, log: Path, **environment: Any) -> subprocess.Popen[bytes]: ...

    def attempt(self, *command: str) -> subprocess.CompletedProcess[str]: ...


class _Here:
    """This machine, with the network and the mounts that it has."""

    def start(self, *command: str, log: Path, **environment: str) -> subprocess.Popen[bytes]:
        with log.open("ab") as written:
            return subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", *command],
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                env={**os.environ, **environment},
            )

    def attempt(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=WITHIN)


HERE = _Here()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


class Program:
    """A program on a port of its own, ready once `ready` answers; it ends with the `with` at the latest."""

    def __init__(
        self, command: Sequence[str], port: int, log: Path, *, ready: str, machine: Machine = HERE, **environment: str
    ) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._log = log
        self._machine = machine
        self.process = machine.start(*command, log=log, **environment)
        try:
            until(lambda: self._answers(ready), f"an answer from {self.url}{ready}", self.log)
        except BaseException:
            self._end()
            raise

    def log(self) -> str:
        return self._log.read_text()

    def get(self, path: str, *flags: str) -> str:
        """The content of an answer with status 200, by curl(1); AssertionError without one."""
        done = self._curl(path, *flags)
        assert done.returncode == 0, f"{self.url}{path}: {done.stderr}{self.log()}"
        return done.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self._end()

    def _answers(self, path: str) -> bool:
        assert self.process.poll() is None, self.log()
        return self._curl(path).returncode == 0

    def _curl(self, path: str, *flags: str) -> subprocess.CompletedProcess[str]:
        quiet = ("curl", "--silent", "--show-error", "--fail", "--noproxy", "*", "--max-time", str(WITHIN))
        return self._machine.attempt(*quiet, *flags, self.url + path)

    def _end(self) -> None:
        self.process.kill()
        self.process.wait()


def motes_node(log: Path, *flags: str, machine: Machine = HERE) -> Program:
    """motes-node out of this checkout."""
    port = free_port()
    command = (*NODE, f"--web.listen-address=127.0.0.1:{port}", *flags)
    return Program(command, port, log, ready="/-/ready", machine=machine, PYTHONPATH=str(ROOT / ".src"))
