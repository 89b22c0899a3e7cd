"""Multipath devices of the device mapper, and their paths.

Source: sys/block/dm-*/dm and slaves, sys/block/PATH/device/state, see the kernel's Documentation/ABI for
        sysfs-block-dm and scsi_sysfs.c for the states.
Unit:   bytes, from sectors of 512.
Errors: no data without the folder, or where an attribute is absent or not for everybody; one that is no number fails
        the collector. A device or a path that vanishes is left out.
"""

from collections.abc import Iterator, Mapping
from functools import partial

from motes.exporters.node._attributes import decimal, text
from motes.exporters.node._samples import Sample, families, whole
from motes.exporters.node.host import Device, Host, Tree
from motes.shared.collector import NoData
from motes.shared.exposition import Family, labels

_HELP = {
    "device_info": "What is known of the device; the value is always 1.",
    "device_active": "Whether the device is active, and not suspended.",
    "device_size_bytes": "Size of the device.",
    "path_state": "The path's state, which is the label; the value is always 1.",
    "device_paths": "Paths of the device.",
    "device_paths_active": "Paths of the device that are running (SCSI) or live (NVMe).",
    "device_paths_failed": "Paths of the device that are not.",
}
_ACTIVE = (b"running", b"live")
_SECTOR = 512


def collect(host: Host) -> Iterator[Family]:
    try:
        if not any(name.startswith("dm-") for name in host.sys.names("block")):
            return
        blocks = {device.name: device for device in host.sys.devices("block")}
        read = partial(_samples, host.sys, blocks)
        devices = [device for name, device in blocks.items() if name.startswith("dm-")]
        samples = [sample for device in devices for sample in whole(host.sys, device, read)]
    except (FileNotFoundError, PermissionError):
        raise NoData from None
    yield from families("node_dmmultipath_", _HELP.__getitem__, samples)


def _samples(tree: Tree, blocks: Mapping[str, Device], device: Device) -> Iterator[Sample]:
    uuid = text(device("dm/uuid")) if device.has("dm/uuid") else ""
    if not uuid.startswith("mpath-"):
        return
    name = text(device("dm/name"))
    one = labels(device=name, sysfs_name=device.name)
    yield "device_info", labels(device=name, sysfs_name=device.name, uuid=uuid), 1
    yield "device_active", one, int(int(decimal(device("dm/suspended"))) != 1)
    yield "device_size_bytes", one, int(decimal(device("size"))) * _SECTOR
    states = _states(tree, blocks, device)
    for path, state in states.items():
        yield "path_state", labels(device=name, path=path, state=state), 1
    active = sum([state in _ACTIVE for state in states.values()])
    yield "device_paths", one, len(states)
    yield "device_paths_active", one, active
    yield "device_paths_failed", one, len(states) - active


def _states(tree: Tree, blocks: Mapping[str, Device], device: Device) -> dict[str, bytes]:
    states: dict[str, bytes] = {}
    for path in _paths(tree, device):
        try:
            states[path] = blocks[path]("device/state")
        except (FileNotFoundError, KeyError) as error:
            if path in _paths(tree, device):
                raise FileNotFoundError(f"block/{path}/device/state") from error
    return states


def _paths(tree: Tree, device: Device) -> list[str]:
    try:
        return tree.names(f"{device.path}/slaves")
    except FileNotFoundError:
        return []
