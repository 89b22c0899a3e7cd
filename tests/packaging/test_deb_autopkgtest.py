"""The packages' own tests, run by Debian's autopkgtest in a bare Debian."""

import shutil
from pathlib import Path

from tests.support import debian
from tests.support.debian import Root
from tests.support.program import ROOT


def test_the_packages_own_tests(packages: Path, root: Root, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT / "packaging/debian", source / "debian")
    # That is how it knows that there is nothing to build.
    (source / "debian/files").touch()
    told = root.outside(
        "autopkgtest",
        *debian.packages(packages),
        source,
        *("--output-dir", f"{root.memory}/told", "--", "chroot", str(root.path)),
        PATH=debian.SYSTEM_PATH,
        TMPDIR="/tmp",  # noqa: S108 - the one that the root has, too
    )
    results = dict(line.split()[:2] for line in root.outside("cat", root.memory / "told/summary").splitlines())
    assert results == {"programs": "PASS", "scrape": "PASS"}, told
