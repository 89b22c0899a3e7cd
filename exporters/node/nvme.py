"""NVMe controllers and, behind native multipath, their namespaces.

Source: sys/class/nvme/nvme*, and there nvme*c*n*, one for each path to a namespace, see drivers/nvme/host/sysfs.c.
Unit:   bytes, from blocks. As node_exporter has it, the size is multiplied with the logical block's, too, although
        the kernel counts it in sectors of 512; so it is true for such blocks alone.
Errors: no data without the folder, or where an attribute is absent (nuse, before Linux 6.8). A namespace without
        ana_state has the state unknown, a number that is none is 0. One that cannot be read fails the collector;
        a controller or namespace that vanishes is left out.
"""

import re
from collections.abc import Iterator
from functools import partial

from motes.exporters.node._attributes import text
from motes.exporters.node._rows import Column, Row, fill
from motes.exporters.node._samples import whole
from motes.exporters.node.host import Device, Host, Tree
from motes.shared.collector import NoData
from motes.shared.exposition import Family, labels

_INFO: tuple[Column, ...] = (("gauge", "node_nvme_info", "What is known of the controller; the value is always 1."),)
_NAMESPACE_INFO: tuple[Column, ...] = (
    ("gauge", "node_nvme_namespace_info", "What is known of the namespace; the value is always 1."),
)
_NAMESPACE: tuple[Column, ...] = (
    ("gauge", "node_nvme_namespace_capacity_bytes", "Capacity of the namespace."),
    ("gauge", "node_nvme_namespace_size_bytes", "Size of the namespace."),
    ("gauge", "node_nvme_namespace_used_bytes", "Space of the namespace that is in use."),
    ("gauge", "node_nvme_namespace_logical_block_size_bytes", "Size of the namespace's logical blocks."),
)
_PATH = re.compile(r"nvme[0-9]+c[0-9]+n([0-9]+)")
# Attribute by label, in the labels' order.
_ATTRIBUTES = {"firmware_revision": "firmware_rev", "model": "model", "serial": "serial", "state": "state"}
_BLOCKS = ("nuse", "size", "queue/logical_block_size")


def collect(host: Host) -> Iterator[Family]:
    found: dict[tuple[Column, ...], list[Row]] = {_INFO: [], _NAMESPACE_INFO: [], _NAMESPACE: []}
    read = partial(_rows, host.sys)
    try:
        for device in host.sys.devices("class/nvme"):
            for columns, row in whole(host.sys, device, read):
                found[columns].append(row)
    except FileNotFoundError:
        raise NoData from None
    for columns, rows in found.items():
        yield fill(columns, rows)


def _rows(tree: Tree, device: Device) -> Iterator[tuple[tuple[Column, ...], Row]]:
    told = {label: text(device(attribute)) for label, attribute in _ATTRIBUTES.items()}
    yield _INFO, (labels(cntlid=text(device("cntlid")), device=device.name, **told), [1])
    for name in tree.names(device.path):
        path = _PATH.search(name)
        if path:
            yield from _namespace(tree, device, name, path[1])


def _namespace(tree: Tree, device: Device, name: str, nsid: str) -> Iterator[tuple[tuple[Column, ...], Row]]:
    try:
        used, size, block = [_number(device(f"{name}/{attribute}")) for attribute in _BLOCKS]
    except FileNotFoundError:
        if tree.exists(f"{device.path}/{name}"):
            raise
        return
    state = device.get(f"{name}/ana_state")
    state = b"unknown" if state is None else state
    yield _NAMESPACE_INFO, (labels(ana_state=state, device=device.name, nsid=nsid), [1])
    yield _NAMESPACE, (labels(device=device.name, nsid=nsid), [size * block, size * block, used * block, block])


def _number(text: bytes) -> int:
    return int(text) if text.isdigit() else 0
