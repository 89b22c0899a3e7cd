"""Errors that the memory controllers found.

Source: sys/devices/system/edac/mc, see the kernel's Documentation/admin-guide/ras. A controller has rows of chip
        selects (csrow), a row has channels, each of which is a memory module with a label.
Unit:   errors since the driver was loaded, or since they were set back.
Errors: without the folder there are no series; a count that is missing or is no number fails this collector, but for
        those of uncorrectable errors of a channel, which are left out.
"""

from collections.abc import Iterator

from motes.exporters.node._attributes import decimal, each
from motes.exporters.node.host import Device, Host, Tree
from motes.shared.exposition import Family, Value, counter, labels

# A family without its prefix, its sample's labels and its value.
_Sample = tuple[str, bytes, bytes]

_FOLDER = "devices/system/edac/mc"
_FAMILIES = {
    "correctable_errors_total": "Correctable memory errors of the controller.",
    "uncorrectable_errors_total": "Uncorrectable memory errors of the controller.",
    "csrow_correctable_errors_total": "Correctable memory errors of the row; unknown are those of no known row.",
    "csrow_uncorrectable_errors_total": "Uncorrectable memory errors of the row; unknown are those of no known row.",
    "channel_correctable_errors_total": "Correctable memory errors of the row's channel.",
    "channel_uncorrectable_errors_total": "Uncorrectable memory errors of the row's channel.",
}


def collect(host: Host) -> Iterator[Family]:
    families: dict[str, dict[bytes, Value]] = {name: {} for name in _FAMILIES}
    if host.sys.exists(_FOLDER):
        for _, samples in each(host.sys, _FOLDER, lambda device: list(_controller(host.sys, device))):
            for family, where, value in samples:
                families[family][where] = value
    for name, found in families.items():
        yield counter(f"node_edac_{name}", _FAMILIES[name], found)


def _controller(sys: Tree, device: Device) -> Iterator[_Sample]:
    if not device.name.startswith("mc") or not device.name[2:].isdigit():
        return
    number = device.name[2:]
    one, rest = labels(controller=number), labels(controller=number, csrow="unknown")
    yield "correctable_errors_total", one, decimal(device("ce_count"))
    yield "uncorrectable_errors_total", one, decimal(device("ue_count"))
    yield "csrow_correctable_errors_total", rest, decimal(device("ce_noinfo_count"))
    yield "csrow_uncorrectable_errors_total", rest, decimal(device("ue_noinfo_count"))
    for name in sys.names(device.path):
        if name.startswith("csrow") and name[5:].isdigit():
            yield from _row(sys, device, number, name)


def _row(sys: Tree, device: Device, controller: str, row: str) -> Iterator[_Sample]:
    where = labels(controller=controller, csrow=row[5:])
    yield "csrow_correctable_errors_total", where, decimal(device(f"{row}/ce_count"))
    yield "csrow_uncorrectable_errors_total", where, decimal(device(f"{row}/ue_count"))
    for name in sys.names(f"{device.path}/{row}"):
        channel = name.removeprefix("ch").removesuffix("_ce_count")
        if name != f"ch{channel}_ce_count" or not channel.isdigit():
            continue
        told = _label(device.get(f"{row}/ch{channel}_dimm_label"))
        where = labels(channel=channel, controller=controller, csrow=row[5:], dimm_label=told)
        yield "channel_correctable_errors_total", where, decimal(device(f"{row}/{name}"))
        uncorrectable = device.get(f"{row}/ch{channel}_ue_count") or b""
        if uncorrectable.isdigit():
            yield "channel_uncorrectable_errors_total", where, uncorrectable


def _label(content: bytes | None) -> bytes:
    """The module's label, in node_exporter's form: mc#0csrow#1channel#0 is mc0_csrow1_channel0."""
    if content is None:
        return b"unknown"
    return content.replace(b"#", b"").replace(b"csrow", b"_csrow").replace(b"channel", b"_channel")
