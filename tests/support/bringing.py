"""This machine's programs, for machines that were made without them."""

import shutil
import subprocess

from tests.support.nspawn import Machine


def bring(machine: Machine, *programs: str) -> None:
    """Them, with the libraries that they want."""
    told = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=True).stdout
    libraries = {words[2] for line in told.splitlines() if (words := line.split())[1:2] == ["=>"]}
    for file in (*programs, *sorted(libraries), "/lib64/ld-linux-x86-64.so.2"):
        there = machine.path(file)
        if not there.exists():
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, there)
