"""What fleet writes for the example is what the recipes have, and what those who read it take."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from motes.shared.fleet.command import read, trees
from motes.shared.fleet.inventory import Host

from tests.support.recipes import RECIPES

EXAMPLE = RECIPES / "fleet/fleet.toml"
README = RECIPES / "fleet/README.md"
# Which recipe's files are whose in the example.
WHOSE = {
    "wireguard/host": "attic",
    "wireguard/monitor": "monitor",
    "ssh-socks/host": "notebook",
    "ssh-socks/monitor": "monitor",
    "ssh-fixed/host": "router",
    "ssh-fixed/monitor": "monitor",
    "nginx/host": "garden",
    "nginx/monitor": "monitor",
    "vmagent/host": "cabin",
    "vmagent/monitor": "monitor",
}
# A recipe has one host, and a fleet one file with all targets; what makes files for the monitor is fleet itself.
_OTHERWISE = ("etc/prometheus/motes/scrape.yml", "etc/motes/tunnels", "usr/local/sbin/motes-tunnels")


def content(folder: Path) -> dict[str, tuple[str, bool]]:
    """Texts, and whether they can be run; git knows no more of modes."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): (path.read_text(), bool(path.stat().st_mode & 0o100)) for path in paths}


@pytest.mark.parametrize(("recipe", "name"), WHOSE.items())
def test_the_same_as_the_recipe(recipe: str, name: str) -> None:
    written = {path: (file.content.decode(), bool(file.mode & 0o100)) for path, file in trees(read(EXAMPLE)).items()}
    for path, file in content(RECIPES / recipe).items():
        if path not in _OTHERWISE:
            assert written[f"{name}/{path}"] == file


@pytest.mark.parametrize("host", read(EXAMPLE).hosts, ids=lambda host: host.road)
def test_one_host_more_changes_what_the_readme_says(host: Host) -> None:
    found = read(EXAMPLE)
    before, after = trees(found), trees(replace(found, hosts=[*found.hosts, replace(host, name="more")]))
    changed = {path for path in after if before.get(path) != after[path] and not path.startswith("more/")}
    assert all(path.startswith("monitor/") for path in changed)
    (row,) = (line for line in README.read_text().splitlines() if line.startswith(f"  | `{host.road}` |"))
    _, *told = re.findall("`(.+?)`", row)
    told += ["pushing.yml"] if host.road == "vmagent" else ["targets.json", "hosts.yml"]
    files = {path.rpartition("/")[2].replace("more", "NAME") for path in changed}
    assert files == set(told)


def test_tunnels_are_nobody_elses_to_read() -> None:
    modes = {file.mode for path, file in trees(read(EXAMPLE)).items() if path.endswith("/wg0.conf")}
    assert modes == {0o600}
