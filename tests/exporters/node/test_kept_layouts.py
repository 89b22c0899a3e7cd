"""A collector that keeps a file's layout serves what one that sees the file for the first time does."""

import re
import shutil
from pathlib import Path

import pytest
from motes.exporters import node
from motes.shared import exposition
from motes.shared.collector import Collector, NoData

HERE = Path(__file__).parent
NAMES = (
    *("buddyinfo", "conntrack", "interrupts", "lnstat", "meminfo", "netstat", "pressure", "slabinfo", "sockstat"),
    *("softirqs", "softnet", "stat", "udp_queues", "vmstat", "xfrm", "zoneinfo"),
)
# Which resources there are is kept on purpose, see its docstring.
OTHER_LINES = tuple(name for name in NAMES if name != "pressure")
NUMBER = re.compile(rb"(?<![\w.])\d+(?!\w)")


def collector(name: str, proc: Path, **more: object) -> Collector:
    flags = {"path.procfs": str(proc), "collector.disable-defaults": True, f"collector.{name}": True}
    return node.create(flags | more).collectors[0]


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


def write_netstat(proc: Path, netstat: str, snmp6: str) -> None:
    (proc / "net").mkdir(parents=True, exist_ok=True)
    (proc / "net" / "netstat").write_text(netstat)
    (proc / "net" / "snmp").write_text("Tcp: ActiveOpens\nTcp: 5\n")
    (proc / "net" / "snmp6").write_text(snmp6)


def test_netstat_knows_the_first_layout_again_after_one_that_is_garbled(tmp_path: Path) -> None:
    kept = collector("netstat", tmp_path)
    write_netstat(tmp_path, "TcpExt: ListenDrops\nTcpExt: 1\n", "Udp6InErrors 2\n")
    before = page(kept)
    write_netstat(tmp_path, "Other: A B\nOther: 7 8\nTcpExt: ListenDrops\nTcpExt: 1\n", "Udp6InErrors x\n")
    assert page(kept) == "ValueError"
    write_netstat(tmp_path, "TcpExt: ListenDrops\nTcpExt: 1\n", "Udp6InErrors 2\n")
    assert page(kept) == before


def test_netstat_tells_names_apart_by_their_digits(tmp_path: Path) -> None:
    kept = collector("netstat", tmp_path, **{"collector.netstat.fields": re.compile("Type")})
    for snmp6 in ("Icmp6OutType133 1\n", "Icmp6OutType143 2\n", "Icmp6OutType143\n"):
        write_netstat(tmp_path, "TcpExt: ListenDrops\nTcpExt: 1\n", snmp6)
        fresh = collector("netstat", tmp_path, **{"collector.netstat.fields": re.compile("Type")})
        assert page(kept) == page(fresh)


def test_a_copied_disk_is_looked_through_each_time(tmp_path: Path) -> None:
    shutil.copytree(HERE / "diskstats" / "good", tmp_path, dirs_exist_ok=True)
    trees = {"path.sysfs": str(tmp_path / "sys"), "path.udev.data": str(tmp_path / "udev")}
    kept = collector("diskstats", tmp_path / "proc", **trees)
    before = page(kept)
    timeout = tmp_path / "sys" / "block" / "sda" / "queue" / "io_timeout"
    timeout.rename(tmp_path / "elsewhere")
    assert page(kept) == page(collector("diskstats", tmp_path / "proc", **trees)) != before
    (tmp_path / "elsewhere").rename(timeout)
    assert page(kept) == before
