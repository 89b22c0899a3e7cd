"""The roads by which metrics get home, one module each."""

from collections.abc import Iterator, Mapping
from typing import Protocol, cast

from motes.shared.fleet.inventory import Host, Inventory
from motes.shared.fleet.roads import nginx, ssh_fixed, ssh_socks, vmagent, wireguard


class Road(Protocol):
    """What a road's module has. Files are texts by their paths below the root."""

    NAME: str

    def problems(self, inventory: Inventory) -> Iterator[str]:
        """What is wrong with the hosts of this road, a line each."""

    def host_files(self, inventory: Inventory, host: Host) -> dict[str, str]: ...

    def monitor_files(self, inventory: Inventory) -> dict[str, str]: ...

    def jobs(self, inventory: Inventory) -> str:
        """Its part of the scrape configuration."""

    def missing(self, inventory: Inventory) -> Iterator[tuple[str, str]]:
        """Whose keys that others have to know are not in the inventory yet: names, and those of the keys."""

    def target(self, host: Host) -> tuple[str, dict[str, str]] | None:
        """What the monitor scrapes, and labels for it; None where a host sends by itself."""


ROADS: Mapping[str, Road] = {
    module.NAME: cast(Road, module) for module in (wireguard, ssh_socks, ssh_fixed, nginx, vmagent)
}
