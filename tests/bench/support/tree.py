"""A machine as large as they come: trees of /proc and /sys, made up, for what grows with the number of devices."""

from collections.abc import Callable, Mapping
from pathlib import Path

MOST_CPUS = 256
SENSORS = 8  # of each chip

_INTERFACE = {
    "addr_assign_type": "0",
    "address": "02:00:00:00:00:01",
    "broadcast": "ff:ff:ff:ff:ff:ff",
    "carrier": "1",
    "carrier_changes": "4",
    "carrier_down_count": "2",
    "carrier_up_count": "2",
    "dev_id": "0x0",
    "dormant": "0",
    "duplex": "full",
    "flags": "0x1003",
    "ifalias": "",
    "link_mode": "0",
    "mtu": "1500",
    "name_assign_type": "4",
    "netdev_group": "0",
    "operstate": "up",
    "speed": "10000",
    "tx_queue_len": "1000",
    "type": "1",
}
_QUEUE = {
    **dict.fromkeys(
        (
            *("add_random", "chunk_sectors", "dax", "discard_granularity", "discard_max_bytes", "discard_max_hw_bytes"),
            *("fua", "io_poll", "io_poll_delay", "nomerges", "nr_zones", "optimal_io_size", "rotational"),
            *("wbt_lat_usec", "write_same_max_bytes", "write_zeroes_max_bytes"),
        ),
        "0",
    ),
    **dict.fromkeys(("hw_sector_size", "logical_block_size", "minimum_io_size", "physical_block_size"), "512"),
    **dict.fromkeys(("max_hw_sectors_kb", "max_sectors_kb", "max_segment_size", "read_ahead_kb"), "1280"),
    **dict.fromkeys(("max_discard_segments", "max_integrity_segments", "max_segments", "nr_requests"), "128"),
    **dict.fromkeys(("iostats", "rq_affinity"), "1"),
    "io_timeout": "30000",
    "scheduler": "[none] mq-deadline",
    "write_cache": "write back",
    "zoned": "none",
}
_CPUFREQ = {
    "cpuinfo_max_freq": "3500000",
    "cpuinfo_min_freq": "800000",
    "scaling_available_governors": "performance powersave",
    "scaling_cur_freq": "2400000",
    "scaling_driver": "intel_pstate",
    "scaling_governor": "powersave",
    "scaling_max_freq": "3500000",
    "scaling_min_freq": "800000",
}
_TEMPERATURE = {"input": "42000", "label": "Core", "max": "90000", "crit": "100000"}
_DEV = """\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
"""  # noqa: E501 - so the kernel writes it
_VECTORS = ("HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED", "HRTIMER", "RCU")


# Those that there is something to read for.
COLLECTORS = frozenset(
    """
    cpu cpufreq diskstats hwmon interrupts loadavg meminfo netclass netdev schedstat softirqs softnet stat
    """.split()  # noqa: SIM905 - words read better without their quotes
)


def flags(folder: Path) -> list[str]:
    """Has either program read the tree, and not ask netlink, which would tell of this machine."""
    roots = [f"--path.procfs={folder / 'proc'}", f"--path.sysfs={folder / 'sys'}", f"--path.udev.data={folder}"]
    return [*roots, "--no-collector.netdev.netlink"]


def make(folder: Path, devices: int) -> None:
    """So many interfaces, disks and sensors each, and CPUs up to `MOST_CPUS`."""
    cpus = min(devices, MOST_CPUS)
    sys = folder / "sys"
    _make_proc(folder / "proc", cpus)
    _make_devices(folder / "proc", devices)
    _make_cpus(sys / "devices/system/cpu", cpus)
    for at in range(devices):
        _fill(sys / f"class/net/port{at}", _INTERFACE | {"ifindex": str(at), "iflink": str(at)})
        _fill(sys / f"block/{_disk(at)}/queue", _QUEUE)
    for at in range(devices // SENSORS):
        _make_chip(sys, at)


def _make_proc(proc: Path, cpus: int) -> None:
    # The lines of a quiet machine.
    _fill(proc, {"loadavg": "0.5 0.4 0.3 1/999 4242", "meminfo": "MemTotal: 16000000 kB\nMemFree: 8000000 kB"})
    _fill(proc, {"stat": _stat(cpus)})
    _fill(proc, {"schedstat": _lines(cpus, lambda at: f"cpu{at} 0 0 0 0 0 0 {_counted(at, 3)}")})
    _fill(proc, {"softirqs": _per_cpu(cpus, {f"{name}:": "" for name in _VECTORS})})
    _fill(proc, {"interrupts": _per_cpu(cpus, {f"{at}:": f"IR-PCI-MSI {at}-edge nvme{at}" for at in range(64)})})
    _fill(proc / "net", {"softnet_stat": _lines(cpus, lambda at: f"{at:08x} " * 13)})


def _make_devices(proc: Path, devices: int) -> None:
    _fill(proc, {"diskstats": _lines(devices, lambda at: f"   8 {at} {_disk(at)} " + _counted(at, 17))})
    _fill(proc / "net", {"dev": _DEV + _lines(devices, lambda at: f"port{at}: " + _counted(at, 16))})


def _make_cpus(folder: Path, cpus: int) -> None:
    every = f"0-{cpus - 1}"
    _fill(folder, {"present": every, "online": every, "offline": "", "isolated": ""})
    for at in range(cpus):
        cpu = folder / f"cpu{at}"
        _fill(cpu, {"online": "1"})
        _fill(cpu / "cpufreq", _CPUFREQ)
        _fill(cpu / "topology", {"core_id": str(at // 2), "physical_package_id": str(at * 2 // cpus)})
        _fill(cpu / "thermal_throttle", {"core_throttle_count": str(at), "package_throttle_count": "7"})


def _make_chip(sys: Path, at: int) -> None:
    device = sys / f"devices/platform/sensor.{at}"
    sensors = {f"temp{number}_{what}": value for number in range(SENSORS) for what, value in _TEMPERATURE.items()}
    _fill(device / f"hwmon/hwmon{at}", {"name": f"sensor{at}", **sensors})
    (device / f"hwmon/hwmon{at}/device").symlink_to("../..")
    (sys / "class/hwmon").mkdir(parents=True, exist_ok=True)
    (sys / f"class/hwmon/hwmon{at}").symlink_to(f"../../devices/platform/sensor.{at}/hwmon/hwmon{at}")


def _disk(at: int) -> str:
    """sda, sdb, … sdz, sdaa, …"""
    name = ""
    at += 1
    while at:
        at, letter = divmod(at - 1, 26)
        name = chr(ord("a") + letter) + name
    return f"sd{name}"


def _stat(cpus: int) -> str:
    rest = "ctxt 123456\nbtime 1700000000\nprocesses 4242\nprocs_running 3\nprocs_blocked 0\n"
    return f"cpu  {_counted(9, 10)}\n" + _lines(cpus, lambda at: f"cpu{at} {_counted(at, 10)}") + rest


def _per_cpu(cpus: int, rows: Mapping[str, str]) -> str:
    heading = " ".join(f"CPU{at}" for at in range(cpus))
    return "\n".join([heading, *[f"{name} {_counted(7, cpus)} {what}" for name, what in rows.items()]])


def _counted(seed: int, numbers: int) -> str:
    return " ".join(str(seed * 1000 + at * 77) for at in range(numbers))


def _lines(number: int, line: Callable[[int], str]) -> str:
    return "".join(line(at) + "\n" for at in range(number))


def _fill(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content if content.endswith("\n") else content + "\n")
