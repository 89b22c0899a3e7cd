"""How often the processor was throttled because it was hot, by core and by package.

Source: sys/devices/system/cpu/cpu*/thermal_throttle (Intel's processors), and topology for whom a count belongs to.
Errors: a CPU that does not tell where it belongs, or does not count, is left out.
"""

from collections.abc import Iterator, Sequence

from motes.exporters.node import _cpus
from motes.exporters.node.host import Device, Tree
from motes.shared.exposition import Family, counter, labels

_CORE = "thermal_throttle/core_throttle_count"
_PACKAGE = "thermal_throttle/package_throttle_count"


class Throttles:
    """Keeps which CPU to ask for each core and each package, until the CPUs or those of them online change."""

    def __init__(self, sys: Tree) -> None:
        self._sys = sys
        self._cpus: Sequence[Device] = ()
        self._online = b""
        self._cores: dict[bytes, Device] = {}
        self._packages: dict[bytes, Device] = {}

    def collect(self, cpus: Sequence[Device]) -> Iterator[Family]:
        online = self._mask()
        if not online or online != self._online or cpus != self._cpus:
            self._place(cpus)
            self._cpus, self._online = cpus, online
        yield counter(
            "node_cpu_package_throttles_total",
            "Times that the package was throttled.",
            _counts(self._packages, _PACKAGE),
        )
        yield counter(
            "node_cpu_core_throttles_total", "Times that the core was throttled.", _counts(self._cores, _CORE)
        )

    def _mask(self) -> bytes:
        try:
            return self._sys(f"{_cpus.FOLDER}/online")
        except OSError:
            return b""

    def _place(self, cpus: Sequence[Device]) -> None:
        """The first CPU of a core that counts speaks for the core, and of a package for the package."""
        self._cores.clear()
        self._packages.clear()
        for cpu in cpus:
            package = _number(cpu, "topology/physical_package_id")
            core = _number(cpu, "topology/core_id")
            if package is None or core is None:
                continue
            for asked, attribute, where in (
                (self._cores, _CORE, labels(package=package, core=core)),
                (self._packages, _PACKAGE, labels(package=package)),
            ):
                if where not in asked and _number(cpu, attribute) is not None:
                    asked[where] = cpu


def _counts(asked: dict[bytes, Device], attribute: str) -> dict[bytes, bytes]:
    counts = ((where, _number(cpu, attribute)) for where, cpu in asked.items())
    return {where: count for where, count in counts if count is not None}


def _number(cpu: Device, attribute: str) -> bytes | None:
    value = cpu.get(attribute)
    return value if value is not None and value.isdigit() else None
