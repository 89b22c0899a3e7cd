"""A reverse SOCKS tunnel: the monitor asks through a proxy on its loopback, which leads to the host's own."""

from collections.abc import Iterator

from motes.shared.fleet.inventory import Host, Inventory
from motes.shared.fleet.job import job
from motes.shared.fleet.roads import _tunnel

NAME = "ssh-socks"

_PROXY = """\
    # Its port at the monitor, where its tunnel ends.
    proxy_url: socks5://127.0.0.1:{port}
"""
_WHY = """\
  # One job for each host: a proxy is a job's, and leads to one host.
"""


def problems(inventory: Inventory) -> Iterator[str]:
    return _tunnel.problems(inventory, NAME)


def host_files(inventory: Inventory, host: Host) -> dict[str, str]:
    return _tunnel.host_files(inventory, host)


def monitor_files(inventory: Inventory) -> dict[str, str]:
    return _tunnel.monitor_files(inventory)


def jobs(inventory: Inventory) -> str:
    interval = inventory.monitor.interval
    hosts = inventory.by(NAME)
    return _WHY + "\n".join([job(NAME, interval, host.name, _PROXY.format(port=host.port)) for host in hosts])


def missing(inventory: Inventory) -> Iterator[tuple[str, str]]:
    return _tunnel.missing(inventory, NAME)


def target(_: Host) -> tuple[str, dict[str, str]]:
    # The host's own loopback, as its PermitRemoteOpen says.
    return f"127.0.0.1:{_tunnel.PORT}", {}
