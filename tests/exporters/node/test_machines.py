"""Whole machines, as files that the kernel would write, and the whole page that each must give.

`machines/NAME.tree` holds the files, `NAME.flags` what the program is given besides, `NAME.prom` the page. All
collectors are on but for those that ask the kernel or another program by a call, or look into folders of their own.
"""

from pathlib import Path

import pytest
from motes.exporters import node
from motes.shared import exposition
from motes.shared.collector import NoData
from motes.shared.command_line import CommandLine
from motes.shared.settings import on_command_line

from tests.support.tree import unpack

MACHINES = Path(__file__).parent / "machines"
NAMES = sorted(path.stem for path in MACHINES.glob("*.tree"))
ROOTS = {"path.procfs": "proc", "path.sysfs": "sys", "path.rootfs": "root", "path.udev.data": "udev"}
# No file of these trees tells what they tell.
CALLING = frozenset(
    (
        "ethtool",
        "filesystem",
        "logind",
        "ntp",
        "perf",
        "qdisc",
        "supervisord",
        "systemd",
        "time",
        "timex",
        "uname",
        "wifi",
    )
)
_FROM_FILES = [name for name in node.COLLECTORS if name not in CALLING]


def flags(name: str, folder: Path) -> list[str]:
    """Those of a machine whose files are in a folder."""
    roots = [f"--{flag}={folder / below}" for flag, below in ROOTS.items()]
    return [*roots, *(MACHINES / f"{name}.flags").read_text().split()]


@pytest.mark.parametrize("name", NAMES)
def test_page(name: str, tmp_path: Path) -> None:
    unpack((MACHINES / f"{name}.tree").read_text(), tmp_path)
    words = ["--collector.disable-defaults", *[f"--collector.{name}" for name in _FROM_FILES], *flags(name, tmp_path)]
    exporter = node.create(CommandLine(on_command_line(node.PLUGIN), {}).read(words, {}))
    page = []
    for collector in exporter.collectors:
        try:
            page.append(exposition.text(collector.collect(float("inf"))).decode())
        except NoData:
            page.append(f"# {collector.name}: no data\n")
        except Exception as error:
            page.append(f"# {collector.name}: {type(error).__name__}\n")
    exporter.close()
    assert "".join(page).replace(f"{tmp_path}/", "/") == (MACHINES / f"{name}.prom").read_text()
