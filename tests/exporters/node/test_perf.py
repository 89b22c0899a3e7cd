"""Counting events: which ones the kernel is asked for, what it answers, and the files that this takes."""

import errno
import os
import resource
from pathlib import Path
from struct import pack, unpack

import pytest
from motes.exporters import node
from motes.exporters.node import _perf, perf
from motes.exporters.node.host import Budget, Host
from motes.shared.collector import Failed, NoData
from motes.shared.exposition import text

DEFAULTS = {option.name: option.default for option in perf.OPTIONS}
PREFIX = "node_perf_"
CACHES = {
    "cache_l1d_read_hits": 0,
    "cache_l1d_read_misses": 0x10000,
    "cache_l1d_write_hits": 0x100,
    "cache_l1_instr_read_misses": 0x10001,
    "cache_ll_read_hits": 2,
    "cache_ll_read_misses": 0x10002,
    "cache_ll_write_hits": 0x102,
    "cache_ll_write_misses": 0x10102,
    "cache_tlb_data_read_hits": 3,
    "cache_tlb_data_read_misses": 0x10003,
    "cache_tlb_data_write_hits": 0x103,
    "cache_tlb_data_write_misses": 0x10103,
    "cache_tlb_instr_read_hits": 4,
    "cache_tlb_instr_read_misses": 0x10004,
    "cache_bpu_read_hits": 5,
    "cache_bpu_read_misses": 0x10005,
}
SOFTWARE = {
    "page_faults": 2,
    "context_switches": 3,
    "cpu_migrations": 4,
    "minor_faults": 5,
    "major_faults": 6,
}
HARDWARE = {
    "cpucycles": 0,
    "instructions": 1,
    "cache_refs": 2,
    "cache_misses": 3,
    "branch_instructions": 4,
    "branch_misses": 5,
    "stalled_cycles_frontend": 7,
    "stalled_cycles_backend": 8,
    "ref_cpucycles": 9,
}


class Kernel:
    """Counts events of any kind; each count is the kind, the number, the CPU, and how often it was asked before."""

    def __init__(self) -> None:
        self.open: set[int] = set()
        self.asked: list[tuple[int, int, int]] = []
        self.refused: dict[tuple[int, int], int] = {}

    def opened(self, kind: int, config: int, cpu: int) -> int:
        self.asked.append((kind, config, cpu))
        if (kind, config) in self.refused:
            number = self.refused[kind, config]
            raise OSError(number, os.strerror(number))
        descriptor = os.memfd_create("counter")
        value = kind << 40 | config << 16 | cpu << 8
        os.pwrite(descriptor, pack("=8Q", *range(value, value + 8)), 0)
        self.open.add(descriptor)
        return descriptor

    def still_open(self) -> int:
        return sum(1 for descriptor in self.open if Path(f"/proc/self/fd/{descriptor}").exists())


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    played = Kernel()
    monkeypatch.setattr(_perf, "_open", played.opened)
    return played


@pytest.fixture
def sys(tmp_path: Path) -> Path:
    (tmp_path / "devices" / "system" / "cpu").mkdir(parents=True)
    online(tmp_path, "0-1\n")
    return tmp_path


def online(sys: Path, cpus: str) -> None:
    (sys / "devices" / "system" / "cpu" / "online").write_text(cpus)


def collector(sys: Path, *words: str) -> perf.Collector:
    options = {option.name: option for option in perf.OPTIONS}
    flags: dict[str, object] = {"path.procfs": "/proc", "path.rootfs": "/", "path.udev.data": "/run", **DEFAULTS}
    for word in words:
        key, _, value = f"collector.perf.{word}".partition("=")
        option = options[key]
        parsed = option.kind.parse(value or "true")
        flags[key] = [*flags[key], parsed] if option.repeatable else parsed  # type: ignore[misc]
    return perf.Collector(Host({**flags, "path.sysfs": str(sys)}, Budget()))


def values(keeping: perf.Collector) -> dict[str, int]:
    lines = text(keeping.collect()).decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name.removeprefix(PREFIX): int(value) for name, value in pairs}


def expected(kind: int, events: dict[str, int], cpus: tuple[int, ...] = (0, 1), before: int = 0) -> dict[str, int]:
    return {
        f'{name}_total{{cpu="{cpu}"}}': kind << 40 | config << 16 | cpu << 8 | before
        for name, config in events.items()
        for cpu in cpus
    }


def everything(cpus: tuple[int, ...] = (0, 1), before: int = 0) -> dict[str, int]:
    kinds = ((0, HARDWARE), (1, SOFTWARE), (3, CACHES))
    return {key: value for kind, events in kinds for key, value in expected(kind, events, cpus, before).items()}


def test_everything_on_all_cpus(kernel: Kernel, sys: Path) -> None:
    keeping = collector(sys)
    assert values(keeping) == everything()
    assert values(keeping) == everything(before=1)
    assert len(kernel.asked) == 2 * 30


def test_all_are_counters(kernel: Kernel, sys: Path) -> None:
    page = text(collector(sys).collect()).decode()
    kinds = [line.split()[3] for line in page.splitlines() if line.startswith("# TYPE")]
    assert kinds == ["counter"] * 30


def test_some_events(kernel: Kernel, sys: Path) -> None:
    chosen = ("hardware-profilers=CpuInstr", "hardware-profilers=CacheRef", "software-profilers=PageFault")
    keeping = collector(sys, *chosen, "disable-cache-profilers")
    found = expected(0, {"instructions": 1, "cache_refs": 2}) | expected(1, {"page_faults": 2})
    assert values(keeping) == found


@pytest.mark.parametrize(("name", "kind", "events"), [("hardware", 0, HARDWARE), ("software", 1, SOFTWARE)])
def test_without_a_kind(kernel: Kernel, sys: Path, name: str, kind: int, events: dict[str, int]) -> None:
    found = values(collector(sys, f"disable-{name}-profilers"))
    assert found == {key: value for key, value in everything().items() if key not in expected(kind, events)}


def test_some_cpus(kernel: Kernel, sys: Path) -> None:
    kinds = ("disable-hardware-profilers", "disable-cache-profilers")
    assert values(collector(sys, "cpus=5,1-3:2", *kinds)) == expected(1, SOFTWARE, (5, 1, 3))


def test_what_the_machine_does_not_count_is_left_out(kernel: Kernel, sys: Path) -> None:
    kernel.refused = {(0, 9): errno.ENOENT, (3, 0x10005): errno.EOPNOTSUPP, (1, 6): errno.EINVAL}
    missing = (
        expected(0, {"ref_cpucycles": 9}) | expected(3, {"cache_bpu_read_misses": 0}) | expected(1, {"major_faults": 6})
    )
    assert values(collector(sys)) == {key: value for key, value in everything().items() if key not in missing}


def test_tracepoints(kernel: Kernel, sys: Path) -> None:
    for folder, name, number in (("tracing", "exec", 315), ("debug/tracing", "exit", 317)):
        place = sys / "kernel" / folder / "events" / "sched" / name
        place.mkdir(parents=True)
        (place / "id").write_text(f"{number}\n")
    kinds = [f"disable-{kind}-profilers" for kind in ("hardware", "software", "cache")]
    found = values(collector(sys, *kinds, "tracepoint=sched:exec", "tracepoint=sched:exit"))
    named = {"sched_exec": 315, "sched_exit": 317}
    assert found == {
        f'{name}{{cpu="{cpu}"}}': 2 << 40 | number << 16 | cpu << 8 for name, number in named.items() for cpu in (0, 1)
    }


def test_a_cpu_comes_and_goes(kernel: Kernel, sys: Path) -> None:
    keeping = collector(sys)
    values(keeping)
    online(sys, "0,2\n")
    assert values(keeping) == everything((0, 2))
    assert values(keeping) == everything((0, 2), before=1)
    assert kernel.still_open() == 2 * 30


def test_it_is_tried_again(kernel: Kernel, sys: Path) -> None:
    keeping = collector(sys)
    kernel.refused = {(3, 0): errno.EACCES}
    with pytest.raises(PermissionError):
        keeping.collect()
    assert kernel.still_open() == 0
    kernel.refused.clear()
    assert values(keeping) == everything()


def test_counters_end_with_the_collector(kernel: Kernel, sys: Path) -> None:
    keeping = collector(sys)
    values(keeping)
    assert kernel.still_open() == 2 * 30
    del keeping
    assert kernel.still_open() == 0


def test_connections_keep_their_files(kernel: Kernel, sys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (119, 119))
    with pytest.raises(Failed, match="60 counters are too many for the 119 files that may be open"):
        collector(sys).collect()
    monkeypatch.setattr(resource, "getrlimit", lambda _: (120, 120))
    assert values(collector(sys)) == everything()


def test_without_a_list_of_cpus(kernel: Kernel, sys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (sys / "devices" / "system" / "cpu" / "online").unlink()
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert values(collector(sys)) == everything((0, 1, 2))


def test_an_unknown_machine(sys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _perf._call.cache_clear()
    machine = os.uname_result(("Linux", "", "", "", "vax"))
    monkeypatch.setattr(os, "uname", lambda: machine)
    with pytest.raises(NoData):
        collector(sys).collect()


def test_what_the_kernel_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[object, ...]] = []

    class Library:
        def syscall(self, *arguments: object) -> int:
            told.append(arguments)
            return os.memfd_create("counter")

    monkeypatch.setattr(_perf, "_library", Library)
    monkeypatch.setattr(_perf, "_call", lambda: 298)
    _perf.Counter(3, 0x10102, 7)
    ((call, attributes, *rest),) = told
    assert (call, rest) == (298, [-1, 7, -1, 8])
    assert isinstance(attributes, bytes)
    assert unpack("=IIQQQQQIIQ", attributes) == (3, 64, 0x10102, 0, 0, 0, 1 << 6, 0, 0, 0)


def test_on_this_machine() -> None:
    """In a sandbox it may be forbidden; elsewhere this very test makes page faults."""
    flags = {"collector.disable-defaults": True, "collector.perf": True}
    (found,) = node.create(flags).collectors
    try:
        before = text(found.collect(float("inf"))).decode()
    except (PermissionError, NoData):
        return
    bytearray(1 << 25)
    after = text(found.collect(float("inf"))).decode()
    assert page_faults(after) > page_faults(before)


def page_faults(page: str) -> int:
    return sum(int(line.split()[1]) for line in page.splitlines() if line.startswith("node_perf_page_faults_total"))


@pytest.mark.parametrize(
    ("word", "cpus"),
    [("", ()), ("3", (3,)), ("0,2-4", (0, 2, 3, 4)), ("1-10:5", (1, 6)), ("7-7", (7,)), ("2,1-2", (2, 1, 2))],
)
def test_lists_of_cpus(word: str, cpus: tuple[int, ...]) -> None:
    kind = perf.OPTIONS[0].kind
    assert kind.parse(word) == cpus
    assert kind.parse(kind.show(cpus)) == cpus


@pytest.mark.parametrize("word", ["x", "1-", "-1", "1-2-3", "2:2", "1-2:0", "1-2:x", "3-2", "1,,2", "0-4000000000"])
def test_no_lists_of_cpus(word: str) -> None:
    with pytest.raises(ValueError, match="is not a list of CPUs such as"):
        perf.OPTIONS[0].kind.parse(word)


@pytest.mark.parametrize("word", ["", "sched", "sched:", ":exec", "a:b:c", "sched/..:exec", "a-b:c"])
def test_no_tracepoints(word: str) -> None:
    with pytest.raises(ValueError, match="is not a tracepoint such as"):
        perf.OPTIONS[1].kind.parse(word)
