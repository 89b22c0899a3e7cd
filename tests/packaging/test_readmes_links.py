"""What all README.md files have in common: their links lead somewhere, and their commands leave the shell as it was."""

import re
from pathlib import Path

import pytest

from tests.support.program import ROOT

READMES = [ROOT / "README.md", *sorted((ROOT / "packaging").rglob("README.md"))]
_FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r'\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"')
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def prose(file: Path) -> str:
    return _FENCED.sub("", file.read_text())


def anchors(file: Path) -> set[str]:
    """What GitHub and others make of the headings."""
    headings = _HEADING.findall(prose(file))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(file: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    there = file.parent / path if path else file
    return there.exists() and (not anchor or anchor in anchors(there))


@pytest.mark.parametrize("file", READMES, ids=lambda file: str(file.parent.relative_to(ROOT)))
def test_links_lead_somewhere(file: Path) -> None:
    links = [one or other for one, other in _LINK.findall(prose(file))]
    assert [link for link in links if "://" not in link and not leads_somewhere(file, link)] == []


@pytest.mark.parametrize("file", READMES, ids=lambda file: str(file.parent.relative_to(ROOT)))
def test_commands_leave_the_shell_as_it_was(file: Path) -> None:
    """A person types all into one: files that are copied later are to be readable by those whom they are for."""
    lines = [
        line for language, text in _FENCED.findall(file.read_text()) if language == "sh" for line in text.split("\n")
    ]
    assert [line for line in lines if line.startswith(("umask", "cd ", "set "))] == []
