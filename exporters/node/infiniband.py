"""InfiniBand adapters and their ports.

Source: sys/class/infiniband, see the kernel's Documentation/ABI/stable/sysfs-class-infiniband; counters_ext is that of
        kernels before 4.5.
Unit:   bytes, for which the kernel has words of four; packets; ticks (port_transmit_wait); bytes a second for the
        rate, from Gbit/s.
Errors: no data without the folder, or where an adapter or a port lacks what all have. A counter that is absent, or
        that the driver does not have, is left out; one that is no number fails this collector.
"""

import errno
from collections.abc import Iterator

from motes.exporters.node._attributes import decimal, each, text, unsigned
from motes.exporters.node._infiniband import COUNTERS, IN_WORDS, LEGACY
from motes.exporters.node.host import Device, Host, Tree
from motes.shared.collector import NoData
from motes.shared.exposition import Family, Value, counter, gauge, labels

_GAUGES = {
    "state_id": "State of the port: 1 down, 2 init, 3 armed, 4 active, 5 active deferred.",
    "physical_state_id": "Physical state of the port: 1 sleep, 2 polling, 3 disabled, 4 training, 5 link up, 6 link"
    " error recovery, 7 physical test.",
    "rate_bytes_per_second": "Rate of the port, in bytes a second.",
}
# EISDIR for what is no attribute.
_NOT_THERE = frozenset((errno.ENOENT, errno.EACCES, errno.EPERM, errno.EOPNOTSUPP, errno.EINVAL, errno.EISDIR))
# What older kernels say in the place of a counter that the driver does not have.
_NO_COUNTER = b"N/A (no PMA)"
# A port's labels; its samples by family.
_Port = tuple[bytes, dict[str, Value]]


def collect(host: Host) -> Iterator[Family]:
    info: dict[bytes, Value] = {}
    ports: list[_Port] = []
    try:
        for _, (told, found) in each(host.sys, "class/infiniband", lambda device: _adapter(host.sys, device)):
            info[told] = 1
            ports += found
    except FileNotFoundError:
        raise NoData from None
    yield gauge("node_infiniband_info", "What the adapter says of itself, in labels; the value is always 1.", info)
    for name, help in _GAUGES.items():
        yield gauge(f"node_infiniband_{name}", help, {where: samples[name] for where, samples in ports})
    for name, (_, help) in (COUNTERS | LEGACY).items():
        known = {where: samples[name] for where, samples in ports if name in samples}
        yield counter(f"node_infiniband_{name}", help, known)


def _adapter(sys: Tree, device: Device) -> tuple[bytes, list[_Port]]:
    told = labels(
        board_id=text(device("board_id")) if device.has("board_id") else "",
        device=device.name,
        firmware_version=text(device("fw_ver")),
        hca_type=text(device("hca_type")) if device.has("hca_type") else "",
    )
    return told, [_port(device, name) for name in sys.names(f"{device.path}/ports")]


def _port(device: Device, name: str) -> _Port:
    folder = f"ports/{name}"
    gigabits, _ = device(f"{folder}/rate").split(b" ", 1)
    samples: dict[str, Value] = {
        "state_id": _state(device(f"{folder}/state")),
        "physical_state_id": _state(device(f"{folder}/phys_state")),
        "rate_bytes_per_second": int(float(gigabits) * 125000000),
    }
    if device.has(f"{folder}/counters"):
        samples |= _counters(device, f"{folder}/counters", COUNTERS)
        if device.has(f"{folder}/counters_ext"):
            samples |= _counters(device, f"{folder}/counters_ext", LEGACY)
    return labels(device=device.name, port=str(int(name))), samples


def _state(content: bytes) -> int:
    """The number of `4: ACTIVE`."""
    number, _ = content.split(b":")
    return int(decimal(number.strip()))


def _counters(device: Device, folder: str, known: dict[str, tuple[str, str]]) -> Iterator[tuple[str, int]]:
    for name, (attribute, _) in known.items():
        path = f"{folder}/{attribute}"
        if not device.has(path):
            continue
        try:
            content = device(path)
        except OSError as error:
            if error.errno not in _NOT_THERE:
                raise
            continue
        if _NO_COUNTER not in content:
            yield name, unsigned(content) * 4 % 2**64 if attribute in IN_WORDS else unsigned(content)
