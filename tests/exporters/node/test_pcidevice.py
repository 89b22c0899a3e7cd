"""Names of PCI devices from pci.ids, and the file itself, which is read only for devices that are new."""

from pathlib import Path

import pytest
from motes.exporters.node._pci_ids import Ids, PciIds

IDS = """\
#
#	List of PCI ID's, cut down
#

144d  Samsung Electronics Co Ltd
	a80a  NVMe SSD Controller PM9A1/PM9A3/980PRO
8086  Intel Corporation
	1521  I350 Gigabit Network Connection
		1028 1f60  Intel GbE 4P I350crNDC
		8086 00a3  Ethernet Network Adapter I350-T4  for OCP
	3ec2  8th Gen Core Processor Host Bridge
ffff  Illegal Vendor ID


# List of known device classes

C 01  Mass storage controller
	00  SCSI storage controller
	08  Non-Volatile memory controller
		01  NVMHCI
		02  NVM Express
C 02  Network controller
	00  Ethernet controller
C 06  Bridge
"""

NVME = ("010802", "144d", "a80a", "144d", "a801")
NIC = ("020000", "8086", "1521", "8086", "00a3")
BRIDGE = ("060000", "8086", "3ec2", "1458", "5000")
STRANGER = ("fe0000", "1234", "1521", "8086", "00a3")


@pytest.fixture
def ids(tmp_path: Path) -> PciIds:
    (tmp_path / "pci.ids").write_text(IDS)
    return PciIds(str(tmp_path / "pci.ids"))


@pytest.mark.parametrize(
    ("device", "names"),
    [
        (
            NVME,
            [
                "Samsung Electronics Co Ltd",
                "NVMe SSD Controller PM9A1/PM9A3/980PRO",
                "Samsung Electronics Co Ltd",
                "a801",
                "NVM Express",
            ],
        ),
        (
            NIC,
            [
                "Intel Corporation",
                "I350 Gigabit Network Connection",
                "Intel Corporation",
                "Ethernet Network Adapter I350-T4  for OCP",
                "Ethernet controller",
            ],
        ),
        (BRIDGE, ["Intel Corporation", "8th Gen Core Processor Host Bridge", "1458", "5000", "Bridge"]),
        (STRANGER, ["1234", "1521", "Intel Corporation", "00a3", "Unknown class (fe0000)"]),
    ],
    ids=["interface", "subsystem", "base class", "unknown"],
)
def test_names(ids: PciIds, device: Ids, names: list[str]) -> None:
    ids.look_up([NVME, NIC, BRIDGE, STRANGER])
    found = ids.of(device)
    assert list(found) == ["vendor_name", "device_name", "subsystem_vendor_name", "subsystem_device_name", "class_name"]
    assert list(found.values()) == names


def test_the_file_is_read_for_new_devices_only(ids: PciIds, tmp_path: Path) -> None:
    ids.look_up([NVME])
    (tmp_path / "pci.ids").write_text("")
    ids.look_up([NVME, NIC])
    assert ids.of(NVME)["vendor_name"] == "Samsung Electronics Co Ltd"
    assert ids.of(NIC)["vendor_name"] == "8086"
