"""A collector that keeps a file's layout serves what one that sees the file for the first time does."""

import re
import shutil
from pathlib import Path

import pytest
from motes.exporters import node
from motes.shared import exposition
from motes.shared.collector import Collector, NoData

HERE = Path(__file__).parent
NAMES = ("conntrack", "meminfo", "netstat", "pressure", "sockstat", "softnet", "stat", "udp_queues", "vmstat")
# Which resources there are is kept on purpose, see its docstring.
OTHER_LINES = tuple(name for name in NAMES if name != "pressure")
NUMBER = re.compile(rb"(?<![\w.])\d+(?!\w)")


def collector(name: str, proc: Path) -> Collector:
    flags = {"path.procfs": str(proc), "collector.disable-defaults": True, f"collector.{name}": True}
    return node.create(flags).collectors[0]


def page(collector: Collector) -> str:
    try:
        return exposition.text(collector.collect(float("inf"))).decode()
    except (NoData, OSError, ValueError) as error:
        return type(error).__name__


def put(case: Path, proc: Path) -> None:
    shutil.rmtree(proc, ignore_errors=True)
    proc.mkdir()
    if (case / "proc").exists():
        shutil.copytree(case / "proc", proc, dirs_exist_ok=True)


def count_on(proc: Path) -> None:
    """Every number one higher, and as wide as before."""
    for path in proc.rglob("*"):
        if path.is_file():
            path.write_bytes(NUMBER.sub(lambda found: b"%0*d" % (len(found[0]), int(found[0]) + 1), path.read_bytes()))


@pytest.mark.parametrize("name", NAMES)
def test_other_numbers(name: str, tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    put(HERE / name / "good", proc)
    kept = collector(name, proc)
    before = page(kept)
    count_on(proc)
    after = page(kept)
    assert after == page(collector(name, proc))
    assert after != before


@pytest.mark.parametrize("name", OTHER_LINES)
def test_other_lines(name: str, tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    kept = collector(name, proc)
    good = HERE / name / "good"
    for case in sorted(path.parent for path in (HERE / name).glob("*/expected.prom")):
        for each in (case, good, case):
            put(each, proc)
            assert page(kept) == page(collector(name, proc)), each.name


def test_pressure_knows_a_resource_again(tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    put(HERE / "pressure" / "good", proc)
    kept = collector("pressure", proc)
    before = page(kept)
    (proc / "pressure" / "io").rename(tmp_path / "io")
    assert page(kept) == page(collector("pressure", proc)) != before
    (tmp_path / "io").rename(proc / "pressure" / "io")
    assert page(kept) == before
