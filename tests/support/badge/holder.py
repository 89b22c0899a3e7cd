"""Another program that has a port open, and wants nobody else there."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HOLD = """
import fcntl, os, sys, termios
port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
if "flock" in sys.argv:
    fcntl.flock(port, fcntl.LOCK_EX | fcntl.LOCK_NB)
if "tiocexcl" in sys.argv:
    fcntl.ioctl(port, termios.TIOCEXCL)
print("held", flush=True)
sys.stdin.read()
if "tiocexcl" in sys.argv:
    fcntl.ioctl(port, termios.TIOCNXCL)
"""


@contextmanager
def held(port: Path, *by: str) -> Iterator[None]:
    """By "flock", as pyserial does, by "tiocexcl", as ModemManager does (which does not keep root out), or by both."""
    command = ["setpriv", "--pdeathsig=KILL", sys.executable, "-c", _HOLD, str(port), *by]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        try:
            assert process.stdout.readline() == b"held\n"
            yield
        finally:
            process.stdin.close()
            process.wait()
