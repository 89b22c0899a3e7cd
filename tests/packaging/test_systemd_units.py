"""systemd's units as they are in the checkout: how much they let a service do, by systemd's own reckoning."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.namespaces import WITHIN
from tests.support.program import ROOT

UNITS = ROOT / "packaging/systemd"
# Tenths: what systemd-analyze calls 1.8.
EXPOSED = {
    "motes-node.service": 18,
    "motesd.service": 18,
    "motesd@.service": 18,
    "motes-lywsd03mmc.service": 15,
    "motes-card10-bme680.service": 15,
    "user/motes-firefox-tabs.service": 15,
}
# Where units may differ, for what is served is another.
OWN = {"Description", "Documentation", "After", "EnvironmentFile", "ExecStart", "ExecReload", "MemoryMax"}


def settings(unit: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (UNITS / unit).read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def test_all_units_are_looked_at() -> None:
    assert {str(path.relative_to(UNITS)) for path in UNITS.rglob("*.service")} == EXPOSED.keys()


@pytest.mark.parametrize("unit", EXPOSED)
def test_exposure(unit: str, tmp_path: Path) -> None:
    manager = ["--user"] if unit.startswith("user/") else []
    # An instance has a name.
    file = tmp_path / Path(unit).name.replace("@.", "@home.")
    file.write_text((UNITS / unit).read_text())
    done = subprocess.run(
        ["systemd-analyze", "security", *manager, "--offline=yes", f"--threshold={EXPOSED[unit]}", "--no-pager", file],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN,
    )
    assert "Overall exposure level" in done.stdout, done.stderr
    assert done.returncode == 0, done.stdout


def test_instances_are_as_locked_down_as_motesd_itself() -> None:
    alone, instance = settings("motesd.service"), settings("motesd@.service")
    for found in (alone, instance):
        for name in OWN:
            found.pop(name, None)
    assert instance == alone


@pytest.mark.parametrize("unit", EXPOSED)
def test_restarts_but_not_for_ever(unit: str) -> None:
    found = settings(unit)
    assert found["Restart"] == ["always"]
    assert found["RestartPreventExitStatus"] == ["2"]
    wait, interval = int(found["RestartSec"][0].rstrip("s")), {"1min": 60}[found["StartLimitIntervalSec"][0]]
    assert wait * int(found["StartLimitBurst"][0]) < interval / 2, "or a start that takes long is tried for ever"


def test_sockets_are_where_the_programs_listen() -> None:
    for file in UNITS.glob("*.socket"):
        found = settings(file.name)
        program = file.stem
        assert found["FileDescriptorName"] == [program]
        address = found["ListenStream"][0]
        assert f"| `{program}` " in (ROOT / "README.md").read_text()
        table = (ROOT / "README.md").read_text().split(f"| `{program}` ")[1].splitlines()[0]
        assert address in table
