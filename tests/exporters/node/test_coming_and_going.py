"""Devices that come and go while they are read: what stays is served whole, on every page."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import pytest
from motes.exporters import node
from motes.shared import exposition

PAGES = 150


def make_chip(root: Path, at: int) -> Path:
    return fill(root, f"class/hwmon/hwmon{at}", name=f"chip{at}", temp1_input="40000", temp1_label="CPU")


def make_interface(root: Path, at: int) -> Path:
    return fill(root, f"class/net/port{at}", ifindex=f"{at}", operstate="up", mtu="1500", flags="0x1003")


def make_zone(root: Path, at: int) -> Path:
    return fill(root, f"class/thermal/thermal_zone{at}", type=f"zone{at}", temp="40000", policy="step_wise")


def make_rapl(root: Path, at: int) -> Path:
    zone = f"class/powercap/intel-rapl:{at}"
    return fill(root, zone, name=f"package-{at}", energy_uj="5000", max_energy_range_uj="9000")


def make_supply(root: Path, at: int) -> Path:
    return fill(root, f"class/power_supply/BAT{at}", type="Battery", capacity="77", voltage_now="1200000")


def make_file_system(root: Path, at: int) -> Path:
    return fill(root, f"fs/xfs/sd{at}/stats", stats="rw 5 7")


def fill(root: Path, folder: str, **files: str) -> Path:
    """In one go, for no attribute of the kernel's is ever half written."""
    made = Path(mkdtemp(dir=root))
    for name, content in files.items():
        (made / name).write_text(f"{content}\n")
    (root / folder).parent.mkdir(parents=True, exist_ok=True)
    return made.rename(root / folder)


# How a device is made, and what of the first is on every page.
KINDS: dict[str, tuple[Callable[[Path, int], Path], str]] = {
    "hwmon": (make_chip, 'node_hwmon_temp_celsius{chip="chip0",sensor="temp1"} 40.0'),
    "netclass": (make_interface, 'node_network_mtu_bytes{device="port0"} 1500'),
    "powersupplyclass": (make_supply, 'node_power_supply_capacity{power_supply="BAT0"} 77'),
    "rapl": (make_rapl, 'node_rapl_package_joules_total{index="0",path="'),
    "thermal_zone": (make_zone, 'node_thermal_zone_temp{type="zone0",zone="0"} 40.0'),
    "xfs": (make_file_system, 'node_xfs_write_calls_total{device="sd0"} 5'),
}


@contextmanager
def others(make: Callable[[Path, int], Path], root: Path) -> Iterator[None]:
    """Meanwhile others are made and removed, two at a time."""
    over = threading.Event()

    def mutate() -> None:
        for at in count(1, 2):
            if over.is_set():
                break
            for folder in [make(root, at), make(root, at + 1)]:
                shutil.rmtree(folder.rename(root / "gone"))

    thread = threading.Thread(target=mutate)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("name", KINDS)
def test_what_stays_is_served(name: str, tmp_path: Path) -> None:
    make, stays = KINDS[name]
    make(tmp_path, 0)
    flags: dict[str, object] = {option.name: str(tmp_path) for option in node.ROOTS}
    (collector,) = node.create(flags | {"collector.disable-defaults": True, f"collector.{name}": True}).collectors
    with others(make, tmp_path):
        for _ in range(PAGES):
            assert stays in exposition.text(collector.collect(float("inf"))).decode()
