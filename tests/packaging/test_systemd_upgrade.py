"""An upgrade under systemd: what runs is restarted, and what the administrator has decided stays so. And the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import nspawn
from tests.support.namespaces import until
from tests.support.nspawn import Machine
from tests.support.units import listening, main_pid, page, serves, shown, told

HOME = '[web]\nlisten-address = ["127.0.0.1:9301"]\n[node]\n'
EDITED = "[web]\nmax-requests = 7\n[node]\n"
CONFFILE = "/etc/motes/motes.toml"
INSTALL = "dpkg --force-confold --install /given/{}/*.deb"


@pytest.fixture
def both(packages: Path, older_packages: Path, tmp_path: Path) -> Path:
    """A folder with the packages of both versions."""
    for name, folder in (("new", packages), ("old", older_packages)):
        (tmp_path / name).mkdir()
        for package in folder.glob("*.deb"):
            (tmp_path / name / package.name).hardlink_to(package)
    return tmp_path


@pytest.fixture
def old(both: Path) -> Iterator[Machine]:
    """With the older packages, and an administrator who has made up her mind."""
    with Machine(nspawn.base(), both) as machine:
        machine.run("sh", "-c", INSTALL.format("old"))
        machine.run("systemctl", "disable", "--now", "motes-lywsd03mmc", "motes-card10-bme680")
        machine.run("systemctl", "enable", "--now", "motes-card10-bme680.socket")
        machine.write(CONFFILE, EDITED)
        machine.write("/etc/motes/home.toml", HOME)
        machine.run("systemctl", "start", "motesd@home")
        yield machine


def test_what_was_decided_stays(old: Machine) -> None:
    node, home = serves(old, "motes-node"), main_pid(old, "motesd@home")
    old.run("sh", "-c", INSTALL.format("new"))

    serves(old, "motes-node", instead_of=node)
    until(
        lambda: main_pid(old, "motesd@home") not in (0, home), "that an instance is restarted", told(old, "motesd@home")
    )
    assert "node_load1 " in page(old, 9301)
    assert shown(old, "motes-lywsd03mmc", "UnitFileState") == "disabled"
    assert shown(old, "motes-lywsd03mmc", "ActiveState") == "inactive"
    assert old.path(CONFFILE).read_text() == EDITED
    assert shown(old, "motes-card10-bme680", "ActiveState") == "inactive"
    assert serves(old, "motes-card10-bme680")
    assert shown(old, "motes-card10-bme680", "StatusText").endswith(" on fd:")
    assert old.run("systemctl", "list-units", "--failed", "--no-legend") == ""

    old.run("sh", "-c", "dpkg --purge $(dpkg-query --show --showformat='${Package} ' 'motes*')")
    assert listening(old) == set()
    assert old.run("systemctl", "list-units", "--all", "--no-legend", "motes*") == ""
