"""What is kept of the nodes' files shows what a fresh look does, whichever nodes and lines there are."""

import shutil
from pathlib import Path

from motes.exporters import node
from motes.shared import exposition
from motes.shared.collector import Collector

CASES = Path(__file__).parent / "meminfo_numa"


def collector(sys: Path) -> Collector:
    flags = {"path.sysfs": str(sys), "collector.disable-defaults": True, "collector.meminfo_numa": True}
    return node.create(flags).collectors[0]


def page(collector: Collector) -> str:
    try:
        return exposition.text(collector.collect(float("inf"))).decode()
    except (OSError, ValueError) as error:
        return type(error).__name__


def put(case: Path, sys: Path) -> None:
    shutil.rmtree(sys, ignore_errors=True)
    sys.mkdir()
    shutil.copytree(case / "sys", sys, dirs_exist_ok=True)


def test_other_numbers(tmp_path: Path) -> None:
    sys = tmp_path / "sys"
    put(CASES / "two_nodes", sys)
    kept = collector(sys)
    before = page(kept)
    for path in sys.glob("devices/system/node/node[0-9]/*"):
        path.write_text(path.read_text().replace("20 kB", "4711 kB").replace(" 1200", " 12000000"))
    assert page(kept) == page(collector(sys)) != before


def test_other_lines(tmp_path: Path) -> None:
    sys = tmp_path / "sys"
    sys.mkdir()
    kept = collector(sys)
    for case in sorted(path.parent for path in CASES.glob("*/expected.prom")):
        for each in (case, CASES / "two_nodes", case):
            put(each, sys)
            assert page(kept) == page(collector(sys)), each.name


def test_a_node_comes_and_goes(tmp_path: Path) -> None:
    sys = tmp_path / "sys"
    put(CASES / "two_nodes", sys)
    kept = collector(sys)
    both = page(kept)
    nodes = sys / "devices" / "system" / "node"
    (nodes / "node1").rename(nodes / "node_away")
    assert page(kept) == page(collector(sys)) != both
    (nodes / "node_away").rename(nodes / "node1")
    assert page(kept) == both
