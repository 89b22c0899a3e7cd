"""What the kernel tells of each processor.

Source: proc/cpuinfo, see proc_cpuinfo(5), in the words of each architecture.
Unit:   hertz, from megahertz.
Errors: where there is no processor in the file, or a number is none, ValueError. What an architecture does not tell
        is an empty label, or a frequency of 0, as in node_exporter.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from motes.exporters.node.host import Host
from motes.shared.exposition import Family, gauge, labels

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from typing import Any

INFO = "collector.cpu.info"
FLAGS = "collector.cpu.info.flags-include"
BUGS = "collector.cpu.info.bugs-include"

_LABELS = ("package", "core", "cpu", "vendor", "family", "model", "model_name", "microcode", "stepping", "cachesize")
_PLACE = _LABELS[:3]

_X86 = {
    b"vendor_id": "vendor",
    b"vendor": "vendor",
    b"cpu family": "family",
    b"model": "model",
    b"model name": "model_name",
    b"microcode": "microcode",
    b"stepping": "stepping",
    b"cache size": "cachesize",
    b"physical id": "package",
    b"core id": "core",
    b"cpu MHz": "mhz",
    b"flags": "flags",
    b"bugs": "bugs",
}
_ARM = {b"model name": "model_name", b"Processor": "model_name", b"Features": "flags"}
_MIPS = {b"system type": "vendor", b"cpu model": "model_name"}
_POWER = {b"cpu": "vendor", b"clock": "mhz"}
_RISCV = {b"hart": "core", b"isa": "model_name"}
_S390 = {
    b"vendor_id": "vendor",
    b"features": "flags",
    b"physical id": "package",
    b"core id": "core",
    b"cpu MHz dynamic": "mhz",
}

# Each architecture by a line that only it has; the others are x86 or write as x86 does.
_ARCHITECTURES: tuple[tuple[bytes, Mapping[bytes, str]], ...] = (
    (b"Features", _ARM),
    (b"system type", _MIPS),
    (b"clock", _POWER),
    (b"hart", _RISCV),
    (b"cpu number", _S390),
    (b"", _X86),
)


def wanted(flags: "Mapping[str, Any]") -> bool:
    """Whether proc/cpuinfo is to be read: an expression for flags or bugs asks for it too."""
    expressions = (flags.get(name) for name in (FLAGS, BUGS))
    return bool(flags.get(INFO)) or any(expression and expression.pattern for expression in expressions)


def families(host: Host) -> Iterator[Family]:
    found = processors(host.proc("cpuinfo"))
    infos = {_labels(_LABELS, *[one.get(name, b"") for name in _LABELS]): 1 for one in found}
    yield gauge("node_cpu_info", "What cpuinfo tells of the processor.", infos)
    # As in node_exporter: with the cpufreq collector off, frequencies are not wanted.
    if host.flags.get("collector.cpufreq", not host.flags.get("collector.disable-defaults")):
        hertz = {_labels(_PLACE, *[one.get(name, b"") for name in _PLACE]): _hertz(one) for one in found}
        yield gauge("node_cpu_frequency_hertz", "Frequency of the processor, from cpuinfo.", hertz)
    yield gauge("node_cpu_flag_info", "Flags of the first processor.", _chosen("flag", found[0], host.flags[FLAGS]))
    yield gauge("node_cpu_bug_info", "Bugs of the first processor.", _chosen("bug", found[0], host.flags[BUGS]))


@lru_cache(maxsize=2048)
def _labels(names: tuple[str, ...], *values: bytes) -> bytes:
    return labels(**dict(zip(names, values, strict=True)))


def _hertz(processor: Mapping[str, bytes]) -> float:
    return float(processor.get("mhz", b"0").strip().removesuffix(b"MHz")) * 1e6


def _chosen(label: str, processor: Mapping[str, bytes], wanted: "re.Pattern[str] | None") -> dict[bytes, int]:
    if wanted is None or not wanted.pattern:
        return {}
    words = processor.get(f"{label}s", b"").decode("utf-8", "replace").split()
    return {labels(**{label: word}): 1 for word in words if wanted.search(word)}


def processors(content: bytes) -> list[dict[str, bytes]]:
    """Each processor by its number, `cpu`, and what else is known of it; ValueError where there are none."""
    lines = [(name.strip(), value) for name, _, value in (line.partition(b": ") for line in content.splitlines())]
    present = {name for name, _ in lines}
    words = next(words for mark, words in _ARCHITECTURES if mark in present or not mark)
    found, common = _blocks(lines, words)
    if words is _ARM:
        # Before Linux 3.8 the features stand once, after all the processors, and a single processor has no number.
        found = found or [{"cpu": b"0"}]
        common["flags"] = next((one["flags"] for one in reversed(found) if "flags" in one), common.get("flags", b""))
    if not found:
        raise ValueError(f"no processor in {content[:80]!r}")
    return [common | processor for processor in found]


def _blocks(
    lines: Sequence[tuple[bytes, bytes]], words: Mapping[bytes, str]
) -> tuple[list[dict[str, bytes]], dict[str, bytes]]:
    """A processor for each line that names one; what stands before the first is common to all."""
    found: list[dict[str, bytes]] = []
    common: dict[str, bytes] = {}
    block = common
    for name, value in lines:
        if name == b"processor" or (words is _S390 and name.startswith(b"processor ")):
            block = {"cpu": b"%d" % int(name[9:] or value)}
            found.append(block)
        elif words is _S390 and name == b"cpu number":
            block = found[int(value)]
        elif name in words:
            block[words[name]] = value
    return found, common
