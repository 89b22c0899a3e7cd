"""This checkout, as a clone of it would be were all committed."""

import subprocess
from collections.abc import Sequence

from tests.support.program import ROOT

# What is no module, and lies among them.
_BESIDE = ("py.typed", "files.sh", "roads.sh", "main.sh", "roads.yml")


def unpack(folder: str, within: Sequence[str] = ()) -> None:
    """Put the files that git knows of, or would, into a folder that is there; `within` enters another machine."""
    listed = ("git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    files = subprocess.run(listed, capture_output=True, check=True).stdout
    pack = ("tar", "-C", ROOT, "-c", "--null", "--ignore-failed-read", "-T", "-")
    packed = subprocess.run(pack, input=files, capture_output=True, check=True).stdout
    subprocess.run([*within, "tar", "-x", "-C", folder], input=packed, check=True)


def modules() -> list[str]:
    """What is installed of the package `motes`, by its paths in there, with what fleet takes from the recipes."""
    tree = [path for part in ("shared", "exporters") for path in (ROOT / part).rglob("*")]
    found = [str(path.relative_to(ROOT)) for path in tree if path.suffix == ".py" or path.name in _BESIDE]
    recipes = ROOT / "packaging/recipes"
    files = [path.relative_to(recipes) for path in recipes.rglob("*") if path.is_file()]
    return found + [f"shared/fleet/files/{path}" for path in files if path.parts[1] in ("host", "monitor")]
