"""Bonded network devices: how many others each is made of, and how many of these are up.

Source: sys/class/net/bonding_masters, the kernel's Documentation/networking/bonding. A slave hangs below its master
        as lower_NAME, in older kernels as slave_NAME.
Unit:   devices.
Errors: no data without the list (no bonding module), nor where a device that is there lacks its files. One that went
        away in the meantime is left out.
"""

import os
from collections.abc import Iterator

from motes.exporters.node.host import Host, Tree
from motes.shared.collector import NoData
from motes.shared.exposition import Family, gauge, labels

_NET = "class/net"


class Collector:
    """Keeps a view of sys that holds no file open: one goes on answering for a device that has another name by now."""

    def __init__(self, host: Host) -> None:
        self._sys = Tree(host.sys.root, short_read_ends=True)

    def collect(self) -> Iterator[Family]:
        try:
            states = dict(self._masters())
        except FileNotFoundError:
            raise NoData from None
        slaves = {one: len(found) for one, found in states.items()}
        active = {one: found.count(b"up") for one, found in states.items()}
        yield gauge("node_bonding_slaves", "Devices that the bond is made of.", slaves)
        yield gauge("node_bonding_active", "Devices of the bond that are up.", active)

    def _masters(self) -> Iterator[tuple[bytes, list[bytes]]]:
        """Each bond's labels, and the state of its slaves' links."""
        for master in self._names("bonding_masters"):
            try:
                slaves = self._names(f"{master}/bonding/slaves")
                yield labels(master=master), [state for slave in slaves if (state := self._state(master, slave))]
            except FileNotFoundError:
                if self._sys.exists(f"{_NET}/{master}"):
                    raise

    def _names(self, file: str) -> list[str]:
        return os.fsdecode(self._sys(f"{_NET}/{file}")).split()

    def _state(self, master: str, slave: str) -> bytes | None:
        """None for a device that has left the bond since."""
        for prefix in ("lower_", "slave_"):
            path = f"{_NET}/{master}/{prefix}{slave}"
            if self._sys.exists(path):
                return self._sys.value(f"{path}/bonding_slave/mii_status") or b"unknown"
        return None
