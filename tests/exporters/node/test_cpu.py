"""What the cpu collector keeps between scrapes, and what it and the cpufreq collector tell each other."""

from collections.abc import Callable
from pathlib import Path

import pytest
from motes.exporters import node
from motes.shared import exposition

CPUINFO = "processor\t: 0\ncpu MHz\t\t: 799.998\nphysical id\t: 0\ncore id\t\t: 3\n"


@pytest.fixture
def collector(tmp_path: Path) -> Callable[..., Callable[[], str]]:
    def create(name: str = "cpu", **flags: object) -> Callable[[], str]:
        roots = {option.name: str(tmp_path) for option in node.ROOTS}
        given = {"collector.disable-defaults": True, "collector.cpufreq": name == "cpufreq", f"collector.{name}": True}
        words = {f"collector.{key}": value for key, value in flags.items()}
        (found,) = [
            found for found in node.create(roots | given | words).collectors if found.name == name
        ]  # fmt: skip
        return lambda: exposition.text(found.collect(float("inf"))).decode()

    return create


def write(root: Path, path: str, content: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(content)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        # user, idle, iowait in ticks
        pytest.param((100, 1000, 50), (101, 1001, 51), (1.01, 10.01, 0.51), id="forward"),
        pytest.param((100, 1000, 50), (101, 990, 49), (1.01, 10.0, 0.5), id="a little back"),
        pytest.param((100, 1000, 50), (90, 701, 60), (1.0, 10.0, 0.6), id="just below three seconds"),
        pytest.param((100, 1000, 50), (90, 700, 40), (0.9, 7.0, 0.4), id="plugged in anew"),
    ],
)
def test_counters_go_back_for_a_new_cpu_only(
    tmp_path: Path,
    collector: Callable[..., Callable[[], str]],
    before: tuple[int, int, int],
    after: tuple[int, int, int],
    shown: tuple[float, float, float],
) -> None:
    page = collector()
    write(tmp_path, "stat", "cpu0 {} 0 0 {} {} 0 0 0 0 0\n".format(*before))
    page()
    write(tmp_path, "stat", "cpu0 {} 0 0 {} {} 0 0 0 0 0\n".format(*after))
    text = page()
    for mode, seconds in zip(("user", "idle", "iowait"), shown, strict=True):
        assert f'node_cpu_seconds_total{{cpu="0",mode="{mode}"}} {seconds}\n' in text


def test_a_cpu_offline_is_forgotten(tmp_path: Path, collector: Callable[..., Callable[[], str]]) -> None:
    page = collector()
    write(tmp_path, "stat", "cpu0 1 0 0 1 0\ncpu1 5 0 0 9 0\n")
    assert 'cpu="1"' in page()
    write(tmp_path, "stat", "cpu0 1 0 0 1 0\n")
    assert 'cpu="1"' not in page()
    write(tmp_path, "stat", "cpu0 1 0 0 1 0\ncpu1 2 0 0 3 0\n")
    assert 'node_cpu_seconds_total{cpu="1",mode="user"} 0.02\n' in page()


def test_throttles_are_found_anew_when_other_cpus_are_online(
    tmp_path: Path, collector: Callable[..., Callable[[], str]]
) -> None:
    page = collector()
    write(tmp_path, "stat", "cpu0 1 0 0 1 0\n")
    write(tmp_path, "devices/system/cpu/online", "0\n")
    for cpu in (0, 1):
        write(tmp_path, f"devices/system/cpu/cpu{cpu}/topology/physical_package_id", "0\n")
        write(tmp_path, f"devices/system/cpu/cpu{cpu}/topology/core_id", f"{cpu}\n")
    count = "devices/system/cpu/cpu{}/thermal_throttle/core_throttle_count"
    write(tmp_path, count.format(0), "4\n")
    assert 'node_cpu_core_throttles_total{package="0",core="0"} 4\n' in page()
    write(tmp_path, count.format(0), "5\n")
    write(tmp_path, count.format(1), "6\n")
    assert 'node_cpu_core_throttles_total{package="0",core="0"} 5\n' in page()
    write(tmp_path, "devices/system/cpu/online", "0-1\n")
    assert 'node_cpu_core_throttles_total{package="0",core="1"} 6\n' in page()


@pytest.mark.parametrize("cpufreq", [True, False])
def test_cpuinfo_tells_the_frequency_unless_cpufreq_is_off(
    tmp_path: Path, collector: Callable[..., Callable[[], str]], cpufreq: bool
) -> None:
    write(tmp_path, "stat", "cpu0 1 0 0 1 0\n")
    write(tmp_path, "cpuinfo", CPUINFO)
    page = collector(**{"cpu.info": True, "cpufreq": cpufreq})
    assert ('node_cpu_frequency_hertz{package="0",core="3",cpu="0"} 799998000.0\n' in page()) == cpufreq


@pytest.mark.parametrize("info", [True, False])
def test_cpufreq_leaves_the_frequency_to_cpuinfo(
    tmp_path: Path, collector: Callable[..., Callable[[], str]], info: bool
) -> None:
    write(tmp_path, "devices/system/cpu/offline", "\n")
    cpu = "devices/system/cpu/cpu0/cpufreq/"
    for name, value in (("cpuinfo_cur_freq", "1"), ("scaling_governor", "x"), ("scaling_available_governors", "x")):
        write(tmp_path, cpu + name, value)
    page = collector("cpufreq", **{"cpu.info": info})
    assert ('node_cpu_frequency_hertz{cpu="0"} 1000\n' in page()) != info
