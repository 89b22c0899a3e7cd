"""`motes doctor`, run, and what it said."""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.e2e.test_motes_command import MOTES
from tests.e2e.test_program import SOURCE
from tests.support.namespaces import WITHIN

FEW = ("--collector.disable-defaults", "--collector.loadavg")
# What needs root, or is not to be found in a machine for tests, is beside the point.
QUIET = {"COLUMNS": "1000", "HOME": "/nonexistent"}


class Told:
    """What the doctor said: pairs of a state and a text, with its advice."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        assert done.stderr == ""
        assert done.returncode in (0, 1)
        self.status = done.returncode
        self.text = done.stdout
        found = re.findall(r"^  (ok|note|BAD) +(.*)\n((?: {8}→ .*\n)?)", done.stdout, re.MULTILINE)
        self.findings = [(state, what, advice.strip(" →\n")) for state, what, advice in found]
        assert (self.status == 1) == any(state == "BAD" for state, _, _ in self.findings)

    def says(self, state: str, text: str, advice: str = "") -> None:
        assert any(each == state and text in what and advice in more for each, what, more in self.findings), (
            f"no {state}: {text} → {advice}\n{self.text}"
        )

    def says_nothing_of(self, text: str) -> None:
        assert text not in self.text


def doctor(*words: str, before: Sequence[str] = (), **environment: str) -> Told:
    """`before` is what it is run by: another user, in another machine."""
    return Told(
        subprocess.run(
            [*before, *MOTES, "doctor", *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * WITHIN,
            env={**os.environ, "PYTHONPATH": SOURCE, **QUIET, **environment},
        )
    )


def configured(folder: Path, text: str) -> str:
    file = folder / "motes.toml"
    file.write_text(text)
    return f"--config.file={file}"
