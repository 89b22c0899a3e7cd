"""motes-node beside Debian's node_exporter on the files of whole machines, series by series.

Debian 12 has release 1.5.0. Where ours differs the difference is listed here with its reason.
"""

from pathlib import Path

import pytest
from motes.exporters import node

from tests.e2e.test_node_exporter import FAMILIES, LABELS, OURS, THEIRS, VALUES
from tests.e2e.test_prometheus import complaints
from tests.exporters.node.test_machines import CALLING, MACHINES, NAMES, flags
from tests.support.comparison import Exceptions, settle, told
from tests.support.counterparts import node_exporter, node_exporter_flags
from tests.support.page import Page
from tests.support.program import motes_node
from tests.support.tree import unpack

# Theirs asks netlink, whatever --path.procfs says.
_THIS_MACHINES = ("network_route", "tcpstat")
_KNOWN = node_exporter_flags()
_COLLECTORS = [
    f"--collector.{name}"
    for name in node.COLLECTORS
    if f"--collector.{name} " in _KNOWN and name not in CALLING and name not in _THIS_MACHINES
]
_LABELS = {
    **LABELS,
    ("node_mountstats_nfs_transport_.*", "transport"): "a newer release tells a mount's transports apart",
    ("node_nvme_info", "cntlid"): "a newer release tells the controller's number",
}
# One side alone, or another value, on any of the machines or on one.
_ANY = {
    r"node_nfs_requests_total\{method='(LayoutGet|GetDeviceInfo)',.*": "a newer release has them the other way round",
    r"node_nfsd_requests_total\{method='(RelLockOwner|SetClientID(Confirm)?|Verify|WdelegGetattr)',.*": (
        "a newer release knows all of the kernel's procedures, each at its place"
    ),
    r"node_scrape_collector_success\{collector='ksmd'\}": "a newer release leaves out what the kernel does not have",
    r"node_zfs_zpool_state\{state='suspended',.*": "a newer release knows this state",
}
_OF = {
    "board": {
        r"node_cpu_frequency_hertz\{.*": "a newer release takes it from cpuinfo, with other labels, if cpu.info is on",
        r"node_cpu_(guest_)?seconds_total\{cpu='[23]',.*": "theirs fills gaps between the CPUs' numbers with zeros",
        r"node_disk_info\{device='mmcblk0',.*": "a newer release takes ID_SERIAL where there is nothing else",
        r"node_disk_.*\{device='zram0'.*": "a newer release leaves out zram",
        r"node_softnet_.*\{cpu='[2-5]'\}": "a newer release reads the CPU's number, theirs counts lines",
    },
    "server": {r"node_disk_info\{device='sda',.*": "a newer release prefers what SCSI itself calls the serial number"},
}


def exceptions(name: str) -> Exceptions:
    either = _ANY | _OF.get(name, {})
    return Exceptions(
        ours=OURS | either, theirs=THEIRS | either, values=VALUES | either, labels=_LABELS, newer=FAMILIES
    )


@pytest.mark.parametrize("name", NAMES)
def test_as_node_exporter_has_it(name: str, tmp_path: Path) -> None:
    unpack((MACHINES / f"{name}.tree").read_text(), tmp_path)
    words = ["--collector.disable-defaults", *_COLLECTORS, "--no-collector.netdev.netlink", *flags(name, tmp_path)]
    excluded = "--collector.netdev.device-exclude=^$"
    with (
        motes_node(tmp_path / "ours.log", *words, excluded) as ours,
        node_exporter(tmp_path / "theirs.log", *words, excluded) as theirs,
    ):
        left = settle(lambda: ours.get("/metrics"), lambda: theirs.get("/metrics"), exceptions(name))
        assert not left, told(left) + "\n" + ours.log()


def test_promtool_complains_of_nothing_new(tmp_path: Path) -> None:
    """With everything on, of which theirs has not all."""
    unpack((MACHINES / "server.tree").read_text(), tmp_path)
    words = [*flags("server", tmp_path), "--collector.netstat.fields=.*"]
    everything = [f"--collector.{name}" for name in node.COLLECTORS]
    with (
        motes_node(tmp_path / "ours.log", *everything, *words) as ours,
        node_exporter(tmp_path / "theirs.log", *_COLLECTORS, *words) as theirs,
    ):
        page = ours.get("/metrics")
        assert complaints(page) - complaints(theirs.get("/metrics")) == set()
    assert {"node_pcidevice_info", "node_sysctl_vm_swappiness"} < Page(page).kinds.keys()
