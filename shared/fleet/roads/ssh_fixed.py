"""A reverse port for each host, which nginx on the monitor's loopback serves below the host's name."""

from collections.abc import Iterator

from motes.shared.fleet.inventory import Host, Inventory
from motes.shared.fleet.job import job
from motes.shared.fleet.roads import _tunnel
from motes.shared.fleet.static import static

NAME = "ssh-fixed"

# As in motes-tunnels.conf.
_NGINX = "127.0.0.1:9101"
_SERVER = "etc/nginx/conf.d/motes-tunnels.conf"
_PLACES = "etc/nginx/motes/tunnels.conf"
_PLACE = """\
location /{name}/ {{
    proxy_pass http://127.0.0.1:{port}/;
}}
"""


def problems(inventory: Inventory) -> Iterator[str]:
    return _tunnel.problems(inventory, NAME)


def host_files(inventory: Inventory, host: Host) -> dict[str, str]:
    return _tunnel.host_files(inventory, host)


def monitor_files(inventory: Inventory) -> dict[str, str]:
    places = [_PLACE.format(name=host.name, port=host.port) for host in inventory.by(NAME)]
    return {**_tunnel.monitor_files(inventory), _PLACES: "".join(places), **static("ssh-fixed/monitor", [_SERVER])}


def jobs(inventory: Inventory) -> str:
    return job(NAME, inventory.monitor.interval)


def missing(inventory: Inventory) -> Iterator[tuple[str, str]]:
    return _tunnel.missing(inventory, NAME)


def target(host: Host) -> tuple[str, dict[str, str]]:
    return _NGINX, {"__metrics_path__": f"/{host.name}/metrics"}
