"""Weaknesses of the processor, and what is done against them.

Source: sys/devices/system/cpu/vulnerabilities, see the kernel's Documentation/ABI/testing/sysfs-devices-system-cpu.
Errors: without the folder there are no series; a file that cannot be read fails this collector. A text that begins
        with no known state has the state unknown, and is shown whole.
"""

from collections.abc import Iterator
from functools import lru_cache

from motes.exporters.node.host import Host
from motes.shared.exposition import Family, gauge, labels

_FOLDER = "devices/system/cpu/vulnerabilities"
_STATES = (b"vulnerable", b"mitigation", b"unknown")
_NOT_AFFECTED = b"not affected"


def collect(host: Host) -> Iterator[Family]:
    try:
        names = host.sys.names(_FOLDER)
    except FileNotFoundError:
        return
    yield gauge(
        "node_cpu_vulnerabilities_info",
        "What the kernel says of each weakness of the processor, in labels; the value is always 1.",
        {_labels(name, host.sys.value(f"{_FOLDER}/{name}")): 1 for name in names},
    )


# There are some twenty, and few of them ever say something else.
@lru_cache(maxsize=64)
def _labels(name: str, content: bytes) -> bytes:
    state, mitigation = _parse(content)
    return labels(codename=name, mitigation=mitigation, state=state)


def _parse(content: bytes) -> tuple[bytes, bytes]:
    """The state, and what stands behind it."""
    lower = content.lower()
    if lower.startswith(_NOT_AFFECTED):
        return _NOT_AFFECTED, b""
    for state in _STATES:
        if lower.startswith(state):
            return state, b" ".join(content.split()[1:])
    return b"unknown", content
