"""What a collector looks for first, and tells nothing without: until it is there, the collector is not even loaded.

Most machines lack most of this hardware, and some of it comes while the program runs.
"""

import os

from motes.exporters.node.host import Host

# As the kernel has it: below sys, below proc, below proc's net.
_SYS = {
    "bcache": "fs/bcache",
    "bcachefs": "fs/bcachefs",
    "bonding": "class/net/bonding_masters",
    "btrfs": "fs/btrfs",
    "dmi": "class/dmi/id",
    "edac": "devices/system/edac/mc",
    "fibrechannel": "class/fc_host",
    "hwmon": "class/hwmon",
    "infiniband": "class/infiniband",
    "nvme": "class/nvme",
    "powersupplyclass": "class/power_supply",
    "rapl": "class/powercap",
    "tapestats": "class/scsi_tape",
    "thermal_zone": "class/thermal",
    "watchdog": "class/watchdog",
    "xfs": "fs/xfs",
}
_PROC = {"mdadm": "mdstat", "schedstat": "schedstat", "zfs": "spl/kstat/zfs"}
_NET = {"ipvs": "ip_vs_stats", "nfs": "rpc/nfs", "nfsd": "rpc/nfsd"}

NAMES = frozenset((*_SYS, *_PROC, *_NET))
# To these no such hardware is no failure, as in node_exporter; the others have no data.
CONTENT = frozenset(("bcache", "btrfs", "edac", "thermal_zone", "xfs"))


def is_absent(name: str, host: Host) -> bool:
    """Whether there is nothing for a collector to read; one that is not among `NAMES` always has something."""
    if name in _SYS:
        path = host.sys.path(_SYS[name])
    elif name in _PROC:
        path = host.proc.path(_PROC[name])
    elif name in _NET:
        path = host.proc.path(host.net_path(_NET[name]))
    else:
        return False
    try:
        os.stat(path)
    except FileNotFoundError:
        return True
    except OSError:
        pass  # what is wrong is for the collector to tell
    return False
