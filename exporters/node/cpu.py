"""Time that each CPU spent in each mode, and what the CPUs are.

Source: proc/stat, see proc_stat(5); proc/cpuinfo with --collector.cpu.info; sys/devices/system/cpu.
Unit:   seconds, from ticks (USER_HZ, which is 100 everywhere).
Errors: numbers that are none, in any line of proc/stat, fail the collector. A mode that the kernel does not have is 0
        (steal before Linux 2.6.11, guest before 2.6.24), as in node_exporter. What is not in sysfs is left out.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from motes.exporters.node import _cpuinfo, _cpus, _procstat
from motes.exporters.node._cpu_throttles import Throttles
from motes.exporters.node.host import Device, Host
from motes.shared.exposition import Family, gauge, labels
from motes.shared.frame import Frame
from motes.shared.options import BOOLEAN, Option
from motes.shared.re2 import REGEX

_GUEST = "collector.cpu.guest"

OPTIONS = (
    Option(_GUEST, BOOLEAN, True, "Tell the time spent in guests."),
    Option(_cpuinfo.INFO, BOOLEAN, False, "Tell what the processors are."),
    Option(_cpuinfo.FLAGS, REGEX, None, "Flags of the processor to tell, an expression. Turns on collector.cpu.info."),
    Option(_cpuinfo.BUGS, REGEX, None, "Bugs of the processor to tell, an expression. Turns on collector.cpu.info."),
)

# In the order of the columns, which the two of the guests follow.
_MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_GUEST_MODES = ("user", "nice")
_IDLE = 3
_COLUMNS = 10
_USER_HZ = 100
# What is left of the file without them is its layout.
_DIGITS = b"0123456789"
# A CPU that lost so many seconds of idle time is another than before, plugged in anew.
_HOTPLUG_SECONDS = 3.0


class Collector:
    """Keeps each CPU's ticks, for the kernel takes some back now and then and a counter must not; the CPUs until
    others are present; the layout of proc/stat; and the list of isolated CPUs, which is fixed at boot.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._ticks: dict[int, list[float]] = {}
        self._seen = b""
        self._cpus = _cpus.Cpus(host.sys)
        self._throttles = Throttles(host.sys)
        self._isolated: dict[bytes, int] | None = None

    def collect(self) -> Iterator[Family]:
        if _cpuinfo.wanted(self._host.flags):
            yield from _cpuinfo.families(self._host)
        yield self._times()
        yield gauge("node_cpu_isolated", "CPUs kept free of the scheduler's balancing.", self._isolated_cpus())
        cpus = self._cpus.all()
        yield from self._throttles.collect(cpus)
        yield gauge("node_cpu_online", "CPUs that are online.", _online(cpus))

    def _times(self) -> Family:
        self._update()
        guests = self._host.flags[_GUEST]
        ticks = [tick for cpu in self._ticks.values() for tick in cpu[: len(_MODES)]]
        if guests:
            ticks += [tick for cpu in self._ticks.values() for tick in cpu[len(_MODES) :]]
        return _frame(tuple(self._ticks), guests).fill([tick / _USER_HZ for tick in ticks])

    def _update(self) -> None:
        """The new ticks, each as high as it has been as long as the CPU is the same."""
        fresh: dict[int, list[float]] = {}
        for line in self._lines():
            word, *numbers = line.split(None, 1 + _COLUMNS)[: 1 + _COLUMNS]
            ticks = list(map(float, numbers))
            ticks += [0.0] * (_COLUMNS - len(ticks))
            cpu = int(word[3:])
            known = self._ticks.get(cpu)
            if known is not None and known[_IDLE] / _USER_HZ - ticks[_IDLE] / _USER_HZ < _HOTPLUG_SECONDS:
                ticks = list(map(max, known, ticks))
            fresh[cpu] = ticks
        self._ticks = fresh

    def _lines(self) -> list[bytes]:
        """Those of single CPUs."""
        content = _procstat.content(self._host)
        seen = content.translate(None, _DIGITS)
        if seen != self._seen:
            _procstat.lines(content)  # what is wrong in any line fails the collector
            self._seen = seen
        return [line for line in content.splitlines() if line.startswith(b"cpu") and not line.startswith(b"cpu ")]

    def _isolated_cpus(self) -> dict[bytes, int]:
        if self._isolated is None:
            try:
                ranges = self._host.sys(f"{_cpus.FOLDER}/isolated")
            except FileNotFoundError:
                ranges = b""
            self._isolated = {labels(cpu=str(cpu)): 1 for cpu in _cpus.numbers(ranges)}
        return self._isolated


@lru_cache(maxsize=2)
def _frame(cpus: tuple[int, ...], guests: bool) -> Frame:
    """Made anew only when CPUs come or go."""
    modes = [labels(cpu=str(cpu), mode=mode) for cpu in cpus for mode in _MODES]
    guest_modes = [labels(cpu=str(cpu), mode=mode) for cpu in cpus for mode in _GUEST_MODES if guests]
    return Frame(
        (
            ("counter", "node_cpu_seconds_total", "Seconds that the CPU spent in each mode.", modes),
            ("counter", "node_cpu_guest_seconds_total", "Seconds that the CPU spent in guests, by mode.", guest_modes),
        )
    )


def _online(cpus: Sequence[Device]) -> dict[bytes, int]:
    """Nothing where the first CPU cannot be taken offline, as on most x86 machines."""
    if not cpus or not cpus[0].has("online"):
        return {}
    return {labels(cpu=cpu.name[3:]): int(cpu.get("online") == b"1") for cpu in cpus}
