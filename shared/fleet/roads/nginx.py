"""nginx on the host, with TLS: for the monitor's address, and for who knows the password.

The certificate's key is made by `install` on the host, the password on the monitor; the inventory has what others have
to know of them.
"""

from collections.abc import Iterator

from motes.shared.fleet.inventory import MONITOR, Host, Inventory
from motes.shared.fleet.job import job
from motes.shared.fleet.motes_toml import motes_toml
from motes.shared.fleet.static import static

NAME = "nginx"

_SERVER = "etc/nginx/conf.d/motes.conf"
_SOCKET = "unix:/run/motesd/socket"
_WHY = """\
  # One job for each host behind nginx: each has a certificate and a password of its own.
"""
_HOW = """\
    scheme: https
    tls_config:
      ca_file: /etc/prometheus/motes/{name}.pem
    basic_auth:
      username: monitor
      password_file: /etc/prometheus/motes/{name}.password
"""


def problems(inventory: Inventory) -> Iterator[str]:
    hosts = inventory.by(NAME)
    if hosts and not inventory.monitor.outside:
        yield f'[{MONITOR}] outside is missing: the addresses from which it asks, as ["192.0.2.1"]'
    for host in hosts:
        if host.endpoint is None:
            yield f'[{host.title}] endpoint is missing: where the monitor reaches it, as "garden.example.org:9443"'


def host_files(inventory: Inventory, host: Host) -> dict[str, str]:
    files = {
        "etc/motes/motes.toml": motes_toml(host, [_SOCKET], []),
        **static("nginx/host", [_SERVER], _values(inventory, host)),
    }
    if host.password_hash:
        files["etc/nginx/motes/htpasswd"] = f"monitor:{host.password_hash}\n"
    return files


def monitor_files(inventory: Inventory) -> dict[str, str]:
    hosts = inventory.by(NAME)
    return {f"etc/prometheus/motes/{host.name}.pem": host.certificate for host in hosts if host.certificate}


def jobs(inventory: Inventory) -> str:
    # Prometheus takes no job without its files.
    hosts = [host for host in inventory.by(NAME) if host.certificate and host.password_hash]
    interval = inventory.monitor.interval
    found = [job(NAME, interval, host.name, _HOW.format(name=host.name)) for host in hosts]
    return _WHY + "\n".join(found) if found else ""


def missing(inventory: Inventory) -> Iterator[tuple[str, str]]:
    for host in inventory.by(NAME):
        if not host.certificate:
            yield host.name, "certificate"
        if not host.password_hash:
            yield MONITOR, f"password-hash for {host.name}"


def target(host: Host) -> tuple[str, dict[str, str]]:
    return str(host.endpoint), {}


def _values(inventory: Inventory, host: Host) -> dict[str, str]:
    """What stands in the place of the examples."""
    if host.endpoint is None:
        return {}
    return {
        "listen 9443": f"listen {host.endpoint.port}",
        "listen [::]:9443": f"listen [::]:{host.endpoint.port}",
        "server_name garden.example.org": f"server_name {host.endpoint.host}",
        "/motes/garden.": f"/motes/{host.name}.",
        "    allow 192.0.2.1;\n": "".join([f"    allow {address};\n" for address in inventory.monitor.outside]),
    }
