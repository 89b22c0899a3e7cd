"""The manual pages, made from the options' declarations."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from motes.exporters.card10_bme680.program import PROGRAM as CARD10_BME680
from motes.exporters.firefox_tabs.program import PROGRAM as FIREFOX_TABS
from motes.exporters.lywsd03mmc.program import PROGRAM as LYWSD03MMC
from motes.exporters.node.program import PROGRAM as NODE
from motes.shared.motesd import PROGRAM as MOTESD
from motes.shared.person.program import HELP
from motes.shared.program import Program

from tests.support import debian
from tests.support.program import ROOT

WIDE = 400
PROGRAMS = (CARD10_BME680, FIREFOX_TABS, LYWSD03MMC, NODE, MOTESD)


@pytest.fixture(scope="module")
def manual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("manual")
    debian.run(
        sys.executable, ROOT / "packaging/manual.py", folder, PYTHONPATH=str(ROOT / ".src"), SOURCE_DATE_EPOCH="0"
    )
    return folder


def _shown(page: Path, width: int = 80) -> str:
    """As a reader has it; there is nothing that the formatter warns of."""
    done = subprocess.run(
        ["man", "--warnings=w", "-l", page],
        capture_output=True,
        text=True,
        check=True,
        env={"MANWIDTH": str(width), "PATH": debian.SYSTEM_PATH, "LC_ALL": "C.UTF-8"},
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_every_flag_is_there_as_help_has_it(manual: Path, program: Program) -> None:
    page = _shown(manual / f"{program.name}.8", WIDE)
    flags = {line.strip() for line in program._help().splitlines() if re.match(r"  \S+$|  -\w, \S+$", line)}
    assert len(flags) > 15
    assert [flag for flag in flags if not re.search(rf"^ +{re.escape(flag)}(\s|$)", page, re.MULTILINE)] == []


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_its_parts(manual: Path, program: Program) -> None:
    page = _shown(manual / f"{program.name}.8")
    titles = re.findall(r"^([A-Z]+(?: [A-Z]+)?)$", page, re.MULTILINE)
    wanted = "NAME SYNOPSIS DESCRIPTION OPTIONS ENVIRONMENT FILES SIGNALS EXIT-STATUS SEE-ALSO"
    assert [title.replace(" ", "-") for title in titles] == wanted.split()
    assert " ".join(program.about.split()) in " ".join(page.split())
    assert program.address in page
    assert "1970" in page


def test_that_of_the_persons_command(manual: Path) -> None:
    page = _shown(manual / "motes.1")
    commands = re.findall(r"^  motes (.+)$", HELP, re.MULTILINE)
    assert len(commands) > 4
    for command in commands:
        assert re.search(rf"^ +motes {re.escape(command)}", page, re.MULTILINE), command
    assert "Exit status 0 if nothing is bad" in " ".join(page.split())


def test_there_is_one_for_every_program(manual: Path) -> None:
    programs = re.findall(r"^(motes[a-z0-9-]*) = ", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert {page.stem for page in manual.iterdir()} == set(programs)
