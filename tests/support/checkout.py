"""This checkout, as a clone of it would be were all committed."""

import subprocess
from collections.abc import Sequence

from tests.support.program import ROOT


def unpack(folder: str, within: Sequence[str] = ()) -> None:
    """Put the files that git knows of, or would, into a folder that is there; `within` enters another machine."""
    listed = ("git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    files = subprocess.run(listed, capture_output=True, check=True).stdout
    pack = ("tar", "-C", ROOT, "-c", "--null", "--ignore-failed-read", "-T", "-")
    packed = subprocess.run(pack, input=files, capture_output=True, check=True).stdout
    subprocess.run([*within, "tar", "-x", "-C", folder], input=packed, check=True)
