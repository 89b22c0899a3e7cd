"""Each CPU's frequency and who governs it.

Source: sys/devices/system/cpu/cpu*/cpufreq, see the kernel's admin-guide/pm/cpufreq.
Unit:   hertz, from kilohertz.
Errors: without the list of offline CPUs or any CPU online, the collector fails, and so it does without a governor or
        for a frequency that is no number. A frequency that is absent or not for everybody to read is left out.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from motes.exporters.node import _cpuinfo, _cpus
from motes.exporters.node._attributes import decimal
from motes.exporters.node.host import Device, Host
from motes.shared.exposition import Family, Value, gauge, labels

_FREQUENCIES = (
    ("cpuinfo_cur_freq", "node_cpu_frequency_hertz", "Frequency that the hardware tells."),
    ("cpuinfo_min_freq", "node_cpu_frequency_min_hertz", "Lowest frequency that the CPU can have."),
    ("cpuinfo_max_freq", "node_cpu_frequency_max_hertz", "Highest frequency that the CPU can have."),
    ("scaling_cur_freq", "node_cpu_scaling_frequency_hertz", "Frequency that the kernel has set or seen last."),
    ("scaling_min_freq", "node_cpu_scaling_frequency_min_hertz", "Lowest frequency that the governor may set."),
    ("scaling_max_freq", "node_cpu_scaling_frequency_max_hertz", "Highest frequency that the governor may set."),
)


class Collector:
    """Keeps the CPUs until others are present."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._cpus = _cpus.Cpus(host.sys)
        # With cpuinfo read, the cpu collector serves this family.
        left_out = "cpuinfo_cur_freq" if _cpuinfo.wanted(host.flags) else ""
        self._families = [family for family in _FREQUENCIES if family[0] != left_out]

    def collect(self) -> Iterator[Family]:
        offline = _cpus.numbers(self._host.sys(f"{_cpus.FOLDER}/offline"))
        online = [cpu for cpu in self._cpus.all() if int(cpu.name[3:]) not in offline]
        if not online:
            raise FileNotFoundError("no CPU is online")
        governed = [cpu for cpu in online if self._host.sys.exists(f"{cpu.path}/cpufreq")]
        for attribute, name, help in self._families if governed else ():
            yield gauge(name, help, _hertz(governed, f"cpufreq/{attribute}"))
        yield gauge("node_cpu_scaling_governor", "Whether the CPU has this governor.", _governors(governed))


def _hertz(cpus: list[Device], attribute: str) -> Mapping[bytes, Value]:
    samples: dict[bytes, Value] = {}
    for cpu in cpus:
        try:
            kilohertz = int(decimal(cpu(attribute)))
        except (FileNotFoundError, PermissionError):
            continue
        samples[_labels(cpu)] = kilohertz * 1000
    return samples


def _labels(cpu: Device) -> bytes:
    known = cpu.labels.get("cpu")
    if known is None:
        known = cpu.labels["cpu"] = labels(cpu=cpu.name[3:])
    return known


def _governors(cpus: list[Device]) -> Mapping[bytes, Value]:
    samples: dict[bytes, Value] = {}
    for cpu in cpus:
        available = cpu("cpufreq/scaling_available_governors").split(b" ")
        governor = cpu("cpufreq/scaling_governor")
        for name in available if governor else ():
            samples[_governor_labels(cpu.name, name)] = int(name == governor)
    return samples


@lru_cache(maxsize=8192)
def _governor_labels(cpu: str, governor: bytes) -> bytes:
    return labels(cpu=cpu[3:], governor=governor)
