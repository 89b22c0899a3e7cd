"""Debian's own piuparts: installing, upgrading from an older version, removing and purging leave nothing behind."""

from pathlib import Path

from tests.support import debian
from tests.support.debian import Root


def test_nothing_is_left_behind(packages: Path, older_packages: Path, root: Root) -> None:
    for folder, name in ((packages, "new"), (older_packages, "old")):
        debian.repository(folder)
        root.put([folder / "Packages", *debian.packages(folder)], f"/srv/{name}")
    # From where the older ones are installed; the newer ones are given as files.
    root.shell("echo 'deb [trusted=yes] file:/srv/old ./' >>/etc/apt/sources.list; apt-get update")
    # It would copy what is in there.
    root.outside("umount", "--recursive", *[root.path / name for name in ("dev", "proc", "run", "sys")])
    told = root.outside(
        *("piuparts", f"--existing-chroot={root.path}", f"--tmpdir={root.memory}", "--distribution=bookworm"),
        *("--keep-sources-list", "--testdebs-repo=deb [trusted=yes] file:/srv/new ./"),
        # Python's own bytecode, and users, stay with Debian's packages.
        *("--warn-on-others", "--no-eatmydata", "--fail-on-broken-symlinks"),
        *[f"{root.path}/srv/new/{package.name}" for package in debian.packages(packages)],
        PATH=debian.SYSTEM_PATH,
    )
    assert "PASS: Installation and purging test." in told
    assert "PASS: Installation, upgrade and purging tests." in told, told
    assert "Upgrading" not in told
    for package in debian.PACKAGES:
        assert f"Unpacking {package} (0.1.0) over ({debian.OLDER})" in told
