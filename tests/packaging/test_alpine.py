"""Alpine's packages, built and installed by its apk in an Alpine that nothing has booted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import alpine
from tests.support.debian import Root
from tests.support.program import ROOT

NEEDED = {
    "motes-lywsd03mmc": ("py3-bleak", "py3-cryptography"),
    "motes-card10-bme680": ("py3-pyserial",),
    "motes-firefox-tabs": ("py3-lz4",),
}
PACKAGES = ("motes-core", "motes-node", *NEEDED, "motesd")
SERVICES = ("motes-node", "motes-lywsd03mmc", "motes-card10-bme680", "motesd")
SCRIPTS = ROOT / "packaging/alpine"
ADD = "apk add --allow-untrusted"


@pytest.fixture(scope="module")
def built(alpine_packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Root]:
    """Nothing of ours is installed; the packages are in /srv/packages."""
    with Root(tmp_path_factory.mktemp("alpine") / "root", alpine.base()) as root:
        root.put(list(alpine_packages.iterdir()), "/srv/packages")
        yield root


@pytest.fixture
def installed(built: Root) -> Iterator[Root]:
    """All of them; in place of the libraries that some need, there are packages of their names."""
    libraries = [name for names in NEEDED.values() for name in names]
    for name in libraries:
        built.shell(f"apk mkpkg --info name:{name} --info version:1 --info arch:noarch --output /srv/{name}.apk")
    built.shell(f"cd /srv; {ADD} py3-*.apk packages/*.apk")
    yield built
    built.run("apk", "del", "--purge", *libraries, *PACKAGES)


@pytest.mark.parametrize(("package", "libraries"), NEEDED.items())
def test_a_package_names_what_it_needs(built: Root, package: str, libraries: tuple[str, ...]) -> None:
    told = built.shell(f"cd /srv/packages; {ADD} motes-core-[0-9]*.apk {package}-[0-9]*.apk 2>&1 || echo refused")
    assert told.endswith("refused\n")
    assert [name for name in libraries if f"{name} (no such package)" not in told] == []


def test_all_modules_are_there_once_and_compiled(installed: Root) -> None:
    listed = [installed.run("apk", "info", "--quiet", "--contents", package).split() for package in PACKAGES]
    files = [path for paths in listed for path in paths]
    assert len(files) == len(set(files))
    modules = [path.rpartition("/motes/")[2] for path in files if path.endswith(".py")]
    folders = [(ROOT / name).rglob("*.py") for name in ("shared", "exporters")]
    assert sorted(modules) == sorted(str(path.relative_to(ROOT)) for found in folders for path in found)
    assert len([path for path in files if path.endswith(".cpython-311.pyc")]) == len(modules)


def test_every_program_is_there(installed: Root) -> None:
    for program in ("motes", *PACKAGES[1:]):
        assert installed.run(program, "--version") == f"{program}, version 0.1.0\n"
    assert "\nnode_load1 " in installed.shell("motes-node --once --log.level=error || [ $? = 1 ]")


def test_services_are_on_but_motesd_and_start_with_the_machine(installed: Root) -> None:
    assert set(installed.run("ls", "/etc/init.d").split()) >= set(SERVICES)
    assert set(installed.run("ls", "/etc/runlevels/default").split()) == set(SERVICES) - {"motesd"}
    assert installed.run("cat", "/etc/motes/motes.toml") == (ROOT / "packaging/motes.toml").read_text()
    assert "motes" not in installed.run("ps", "-o", "args")


def test_nothing_is_left_where_they_are_removed(built: Root) -> None:
    left = built.run("find", "/", "-xdev", "-name", "*motes*", "!", "-path", "/proc/*").split()
    assert [path for path in left if not path.startswith("/srv/packages")] == []
    assert "_motes" not in built.run("cat", "/etc/passwd", "/etc/group")


@pytest.mark.parametrize("kind", ["post-install", "post-upgrade", "pre-deinstall"])
def test_scripts_differ_in_their_names_alone(kind: str) -> None:
    texts = {path.read_text().replace(path.stem, "NAME") for path in SCRIPTS.glob(f"*.{kind}")}
    assert len(texts) == 1
