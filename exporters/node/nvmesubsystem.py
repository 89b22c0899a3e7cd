"""NVMe subsystems and the paths to them.

Source: sys/class/nvme-subsystem/nvme-subsys*, and there a folder for each controller, see drivers/nvme/host/sysfs.c.
Errors: no data without the folder, or where an attribute is absent (iopolicy, where the kernel has no native
        multipath) or not for everybody; a subsystem or a controller that vanishes is left out.
"""

from collections.abc import Iterator
from functools import partial

from motes.exporters.node._attributes import text
from motes.exporters.node._samples import Sample, families, whole
from motes.exporters.node.host import Device, Host, Tree
from motes.shared.collector import NoData
from motes.shared.exposition import Family, labels

_HELP = {
    "info": "What is known of the subsystem; the value is always 1.",
    "namespace_info": "Which namespaces the subsystem has; the value is always 1.",
    "paths": "Controllers that lead to the subsystem.",
    "paths_live": "Controllers that lead to the subsystem and are live.",
    "path_state": "Whether the controller is in this state.",
}
_STATES = (b"live", b"connecting", b"resetting", b"dead", b"unknown")
# Those of a controller that comes or goes: then it is in none of the states that are told.
_PASSING = frozenset((b"deleting", b"deleting (no IO)", b"new"))


def collect(host: Host) -> Iterator[Family]:
    read = partial(_samples, host.sys)
    try:
        devices = [one for one in host.sys.devices("class/nvme-subsystem") if one.name.startswith("nvme-subsys")]
        samples = [sample for device in devices for sample in whole(host.sys, device, read)]
    except (FileNotFoundError, PermissionError):
        raise NoData from None
    yield from families("node_nvmesubsystem_", _HELP.__getitem__, samples)


def _samples(tree: Tree, device: Device) -> Iterator[Sample]:
    one = labels(subsystem=device.name)
    policy, model, nqn, serial = [text(device(attribute)) for attribute in ("iopolicy", "model", "subsysnqn", "serial")]
    yield "info", labels(iopolicy=policy, model=model, nqn=nqn, serial=serial, subsystem=device.name), 1
    states: list[bytes] = []
    for name in tree.names(device.path):
        controller, _, namespace = name.removeprefix("nvme").partition("n")
        if not name.startswith("nvme") or not controller.isdecimal():
            continue
        if namespace.isdecimal():
            yield "namespace_info", labels(device=name, subsystem=device.name), 1
        elif name == f"nvme{controller}":
            found = _controller(tree, device, name)
            if found:
                states.append(found[0])
                yield from _path(device, name, *found)
    yield "paths", one, len(states)
    yield "paths_live", one, states.count(b"live")


def _controller(tree: Tree, device: Device, name: str) -> tuple[bytes, bytes] | None:
    """Its state and its transport; None for one that vanished."""
    try:
        state, transport, _ = [device(f"{name}/{attribute}") for attribute in ("state", "transport", "address")]
    except FileNotFoundError:
        if tree.exists(f"{device.path}/{name}"):
            raise
        return None
    return state if state in _STATES or state in _PASSING else b"unknown", transport


def _path(device: Device, name: str, state: bytes, transport: bytes) -> Iterator[Sample]:
    for each in _STATES:
        where = labels(controller=name, state=each, subsystem=device.name, transport=transport)
        yield "path_state", where, int(each == state)
