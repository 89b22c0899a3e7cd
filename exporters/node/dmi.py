"""What the firmware says of the machine: its maker, model, serial numbers and the like.

Source: sys/class/dmi/id, see the kernel's drivers/firmware/dmi-id.c.
Errors: no data without the folder (many boards have no DMI), or when nothing in it is for us to read. Serial numbers
        and the UUID are for root alone, and left out for others. Any other error fails this collector.
"""

from collections.abc import Iterator

from motes.exporters.node._attributes import text
from motes.exporters.node.host import Host, Tree
from motes.shared.collector import NoData
from motes.shared.exposition import Family, gauge, labels

_FOLDER = "class/dmi/id"
# In the order of the page.
_LABELS = (
    *("bios_date", "bios_release", "bios_vendor", "bios_version", "board_asset_tag", "board_name", "board_serial"),
    *("board_vendor", "board_version", "chassis_asset_tag", "chassis_serial", "chassis_vendor", "chassis_version"),
    *("product_family", "product_name", "product_serial", "product_sku", "product_uuid", "product_version"),
    "system_vendor",
)
# Label -> attribute, where they differ.
_ATTRIBUTES = {"system_vendor": "sys_vendor"}


class Collector:
    """Keeps what it has read: it does not change before the next boot."""

    def __init__(self, host: Host) -> None:
        # A view of sys that holds no file open.
        self._sys = Tree(host.sys.root, short_read_ends=True)
        self._told: dict[str, str] = {}

    def collect(self) -> Iterator[Family]:
        self._told = self._told or dict(self._read())
        if not self._told:
            raise NoData
        help = "What the firmware says of the machine, in labels; the value is always 1."
        yield gauge("node_dmi_info", help, {labels(**self._told): 1})

    def _read(self) -> Iterator[tuple[str, str]]:
        for label in _LABELS if self._sys.exists(_FOLDER) else ():
            try:
                yield label, text(self._sys.value(f"{_FOLDER}/{_ATTRIBUTES.get(label, label)}"))
            except (FileNotFoundError, PermissionError, IsADirectoryError):
                continue
