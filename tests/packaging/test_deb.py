"""Debian's packages as files: what is in which, what they depend on, and that who builds them again gets the same."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from motes.shared.version import VERSION

from tests.support import checkout, debian
from tests.support.debian import PACKAGES
from tests.support.program import ROOT

MODULES = "usr/lib/python3/dist-packages/"
# Besides motes-core and Python.
DEPENDENCIES = {
    "motes-core": {"adduser"},
    "motes-node": set(),
    "motes-lywsd03mmc": {"python3-bleak", "python3-cryptography"},
    "motes-card10-bme680": {"python3-serial"},
    "motes-firefox-tabs": {"python3-lz4"},
    "motesd": set(),
}
PROGRAMS = {package: {package} for package in PACKAGES} | {"motes-core": set(), "motesd": {"motes", "motesd"}}
_OURS = re.compile(
    r"(etc/(motes|init\.d|conf\.d)|(usr/)?lib/systemd/(system|user)|usr/bin|usr/share/(doc|motes|lintian/overrides|man/man[18])"
    r"|usr/lib/python3/dist-packages/motes(-[0-9.]+\.dist-info)?)/.+"
)


def package(packages: Path, name: str) -> Path:
    return packages / f"{name}_{VERSION}_all.deb"


def files(package: Path) -> list[str]:
    """All but folders, without the leading ./"""
    listed = debian.run("dpkg-deb", "--contents", package).splitlines()
    return [line.split(None, 5)[5].partition(" -> ")[0][2:] for line in listed if not line.startswith("d")]


@pytest.fixture(scope="module")
def contents(packages: Path) -> dict[str, list[str]]:
    return {name: files(package(packages, name)) for name in PACKAGES}


def test_these_are_all(packages: Path) -> None:
    assert {path.name for path in debian.packages(packages)} == {package(packages, name).name for name in PACKAGES}


def test_lintian_has_nothing_to_say(packages: Path) -> None:
    (changes,) = packages.glob("*.changes")
    told = debian.run("lintian", "--pedantic", "--fail-on=error,warning,pedantic", "--allow-root", changes)
    assert told == ""


def test_built_again_they_are_the_same(packages: Path, tmp_path: Path) -> None:
    """By somebody else, elsewhere, at another time of day, from a copy without git."""
    copy = tmp_path / "a copy"
    copied = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    for name in filter(None, copied):
        if (ROOT / name).exists() and not name.startswith("tests/"):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name, follow_symlinks=False)
    os.chmod(copy / "shared/engine.py", 0o600)
    built = tmp_path / "built"
    debian.run(
        *("sh", "-c", 'umask 077 && exec "$@"', "sh", copy / "packaging/build-deb", built),
        TZ="Pacific/Kiritimati",
        LC_ALL="C",
        HOME="/nonexistent",
        TMPDIR=str(tmp_path),
    )
    for one in debian.packages(packages):
        assert (built / one.name).read_bytes() == one.read_bytes(), one.name


def test_every_module_is_in_one_package(contents: dict[str, list[str]]) -> None:
    found = [file for listed in contents.values() for file in listed if file.startswith(f"{MODULES}motes/")]
    assert sorted(found) == sorted(f"{MODULES}motes/{path}" for path in checkout.modules())


@pytest.mark.parametrize("name", PACKAGES)
def test_what_is_in_it(contents: dict[str, list[str]], name: str) -> None:
    assert [file for file in contents[name] if not _OURS.fullmatch(file)] == []
    assert {file.removeprefix("usr/bin/") for file in contents[name] if file.startswith("usr/bin/")} == PROGRAMS[name]
    manuals = {re.sub(r".*/(.+)\.[18]\.gz", r"\1", file) for file in contents[name] if "/man/" in file}
    assert manuals == PROGRAMS[name]


@pytest.mark.parametrize("name", PACKAGES)
def test_what_it_depends_on(packages: Path, name: str) -> None:
    told = debian.run("dpkg-deb", "--field", package(packages, name), "Depends")
    depends = {one.split()[0] for one in told.split(",")} - {"python3:any", "init-system-helpers"}
    assert depends == DEPENDENCIES[name] | ({"motes-core"} if name != "motes-core" else set())
    if name != "motes-core":
        assert f"motes-core (= {VERSION})" in told


def test_what_stands_in_etc_is_kept(packages: Path, contents: dict[str, list[str]], tmp_path: Path) -> None:
    """It is the administrator's: dpkg asks before it overwrites what was changed."""
    for name in PACKAGES:
        control = tmp_path / name
        debian.run("dpkg-deb", "--control", package(packages, name), control)
        listed = (control / "conffiles").read_text().split() if (control / "conffiles").exists() else []
        assert sorted(listed) == sorted(f"/{file}" for file in contents[name] if file.startswith("etc/")), name
    assert "etc/motes/motes.toml" in contents["motesd"]


def test_the_version_is_that_of_the_programs() -> None:
    told = debian.run("dpkg-parsechangelog", "-l", ROOT / "packaging/debian/changelog", "-S", "Version")
    assert told.strip() == VERSION


def test_the_licence_is_that_of_the_checkout() -> None:
    told = (ROOT / "packaging/debian/copyright").read_text().split("License: Expat\n")[2].replace("\n .\n", "\n")
    licence = (ROOT / "LICENSE").read_text()
    assert told.split() == licence.partition("authors\n")[2].split()


def test_usage() -> None:
    done = subprocess.run([ROOT / "packaging/build-deb"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "usage: packaging/build-deb FOLDER\n")
