"""What a systemd unit would run, for hosts of tests that boot no systemd."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from string import Template


def exec_start(unit: str, instance: str = "", variables: Mapping[str, str] = {}) -> list[str]:
    """The command of a unit's ExecStart, as it stands in the unit's text, with its variables in their places."""
    (line,) = entries(unit, "ExecStart")
    words = []
    for word in shlex.split(line.replace("%i", instance).replace("%%", "%")):
        # A variable that is a word of its own is split, and one within a word is not.
        if word[:1] == "$" and word[1:2] not in ("{", "$"):
            words += variables[word[1:]].split()
        else:
            words.append(Template(word).substitute(variables))
    return words


def variables(file: Path) -> dict[str, str]:
    """Those of an EnvironmentFile."""
    pairs = (line.partition("=") for line in file.read_text().splitlines() if line and line[0] not in "#;")
    return {name: " ".join(shlex.split(value)) for name, _, value in pairs}


def entries(unit: str, name: str) -> list[str]:
    """All that a unit says by a name, each in one line."""
    joined = unit.replace("\\\n", " ")
    pairs = (line.partition("=") for line in joined.splitlines() if line[:1] not in ("#", ";"))
    return [value.strip() for key, _, value in pairs if key.strip() == name]
