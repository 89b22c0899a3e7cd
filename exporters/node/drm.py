"""Graphics cards of AMD's.

Source: sys/class/drm/card[0-9]/device, see the kernel's gpu/amdgpu documentation. Other drivers have no such files.
Unit:   bytes; percent of the time that the processor is busy.
Errors: without a card there are no series. What a card does not tell is 0, as node_exporter has it; what is no number
        fails this collector.
"""

from collections.abc import Iterator

from motes.exporters.node._attributes import each, text, unsigned
from motes.exporters.node.host import Device, Host
from motes.shared.exposition import Family, Value, gauge, labels

# Attribute, family without its prefix, HELP.
_NUMBERS = (
    ("gpu_busy_percent", "gpu_busy_percent", "How much of the time the card is busy, in percent."),
    ("mem_info_gtt_total", "memory_gtt_size_bytes", "Size of the graphics translation table's block, in bytes."),
    ("mem_info_gtt_used", "memory_gtt_used_bytes", "Used of the graphics translation table's block, in bytes."),
    ("mem_info_vis_vram_total", "memory_vis_vram_size_bytes", "Size of the visible video memory, in bytes."),
    ("mem_info_vis_vram_used", "memory_vis_vram_used_bytes", "Used of the visible video memory, in bytes."),
    ("mem_info_vram_total", "memory_vram_size_bytes", "Size of the video memory, in bytes."),
    ("mem_info_vram_used", "memory_vram_used_bytes", "Used of the video memory, in bytes."),
)
_FOLDER = "class/drm"
_Read = tuple[bytes, list[int]]


def collect(host: Host) -> Iterator[Family]:
    info: dict[bytes, Value] = {}
    rows: dict[bytes, list[int]] = {}
    for device, found in each(host.sys, _FOLDER, _read) if host.sys.exists(_FOLDER) else ():
        if found is not None:
            told, rows[labels(card=device.name)] = found
            info[told] = 1
    yield gauge("node_drm_card_info", "What the card says of itself, in labels; the value is always 1.", info)
    for column, (_, name, help) in enumerate(_NUMBERS):
        yield gauge(f"node_drm_{name}", help, {one: numbers[column] for one, numbers in rows.items()})


def _read(device: Device) -> _Read | None:
    """None for what is no card (a connector, card0-DP-1), and for other makers' cards."""
    number = device.name.removeprefix("card")
    # node_exporter looks no further than card9.
    if len(number) != 1 or not number.isdigit() or b"DRIVER=amdgpu" not in device("device/uevent"):
        return None
    told = labels(
        card=device.name,
        memory_vendor=text(device.get("device/mem_info_vram_vendor") or b""),
        power_performance_level=text(device.get("device/power_dpm_force_performance_level") or b""),
        unique_id=text(device.get("device/unique_id") or b""),
        vendor="amd",
    )
    values = [device.get(f"device/{attribute}") for attribute, _, _ in _NUMBERS]
    return told, [0 if value is None else unsigned(value) for value in values]
