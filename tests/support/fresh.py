"""A Debian 12 as its installer leaves it, that boots systemd and has no Python.

What the README has installed are files on it, Debian's packages and those that pip asks for: it needs no network.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

from tests.support import debian, readme
from tests.support.program import ROOT

WHEELS = "/srv/wheels"
# What packaging/start installs where it is missing.
_PYTHON = ("python3", "python3-venv")
_INCLUDED = ("systemd", "systemd-sysv", "dbus", "dbus-user-session", "libnss-systemd", "libpam-systemd")


def base() -> Path:
    """Not to be changed."""
    wanted = sorted(_packages()), sorted(_requirements())
    return debian.kept("fresh", repr(wanted), lambda folder: _make(folder, *wanted))


def _make(folder: Path, packages: list[str], requirements: list[str]) -> None:
    debian.stock(folder, packages, include=_INCLUDED)
    (folder / "etc/apt/sources.list").write_text(f"deb [trusted=yes] file:{debian.SOURCE} ./\n")
    versions = ("--only-binary=:all:", "--python-version=3.11", f"--dest={folder}{WHEELS}")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-cache-dir", *versions, *requirements]
    subprocess.run(command, check=True)


def _packages() -> set[str]:
    """Debian's, by their names: those that are built here are files."""
    commands = [block.text for block in readme.blocks("sh")]
    words = [line.split()[2:] for text in commands for line in text.splitlines() if line.startswith("apt install ")]
    return {word for line in words for word in line if word[0] not in "-./"} | set(_PYTHON) | set(_dependencies())


def _dependencies() -> list[str]:
    """Of the packages that are built here: python3-lz4 and the like."""
    control = (ROOT / "packaging/debian/control").read_text()
    return sorted({word.strip(",") for word in control.split() if word.startswith("python3-")})


def _requirements() -> set[str]:
    """What pip gets for packaging/start."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    named = {name for extra, names in extras.items() if extra not in ("all", "test") for name in names}
    return named | set(project["build-system"]["requires"])
