"""A host that scrapes itself, and pushes: vmagent, which keeps what it could not push, to vmauth behind nginx.

The password is made by `install` on the host, the certificate's key on the monitor; the inventory has what others have
to know of them.
"""

from collections.abc import Iterator

from motes.shared.fleet.inventory import MONITOR, Host, Inventory
from motes.shared.fleet.motes_toml import motes_toml
from motes.shared.fleet.quoting import quoted, scalar
from motes.shared.fleet.static import static
from motes.shared.fleet.values import Endpoint

NAME = "vmagent"
PORT = 9100

_HOSTS = (
    "etc/init.d/motes-vmagent",
    "etc/motes/vmagent.env",
    "etc/motes/vmagent.yml",
    "etc/systemd/system/motes-vmagent.service",
)
_MONITORS = (
    "etc/init.d/motes-vmauth",
    "etc/nginx/conf.d/motes-push.conf",
    "etc/systemd/system/motes-vmauth.service",
)
_USERS = """\
# Who may push, and as whom. nginx has checked the password before vmauth is asked, and hands over the name.
# Each may only write, and whatever a host says that it is: its `instance` is what stands here.
users:
"""
_USER = """\
  - bearer_token: {token}
    url_map:
      - src_paths: ["/api/v1/write"]
        url_prefix: "http://127.0.0.1:8428/?extra_label=instance={name}"
"""


def problems(inventory: Inventory) -> Iterator[str]:
    if inventory.by(NAME) and inventory.monitor.push is None:
        yield f'[{MONITOR}] push is missing: where hosts push to, as "monitor.example.org:8443"'


def host_files(inventory: Inventory, host: Host) -> dict[str, str]:
    monitor = inventory.monitor
    labels = "".join([f"\n          {scalar(name)}: {quoted(value)}" for name, value in host.labels.items()])
    values = {
        "instance: cabin": f"instance: {scalar(host.name)}{labels}",
        "username=cabin": f"username={host.name}",
        "scrape_interval: 30s": f"scrape_interval: {monitor.interval}",
        "monitor.example.org:8443": str(monitor.push),
    }
    files = {
        "etc/motes/motes.toml": motes_toml(host, [f"127.0.0.1:{PORT}"], []),
        **static("vmagent/host", _HOSTS, values),
    }
    if monitor.certificate:
        files["etc/motes/monitor.pem"] = monitor.certificate
    return files


def monitor_files(inventory: Inventory) -> dict[str, str]:
    hosts = [host for host in inventory.by(NAME) if host.password_hash]
    return {
        "etc/motes/vmauth.yml": _USERS
        + "".join([_USER.format(name=host.name, token=scalar(host.name)) for host in hosts]),
        "etc/nginx/motes/push.htpasswd": "".join([f"{host.name}:{host.password_hash}\n" for host in hosts]),
        **static("vmagent/monitor", _MONITORS, _values(inventory.monitor.push)),
    }


def _values(push: Endpoint | None) -> dict[str, str]:
    """What stands in the place of the examples."""
    if push is None:
        return {}
    return {
        "listen 8443": f"listen {push.port}",
        "listen [::]:8443": f"listen [::]:{push.port}",
        "server_name monitor.example.org": f"server_name {push.host}",
    }


def jobs(_: Inventory) -> str:
    return ""


def missing(inventory: Inventory) -> Iterator[tuple[str, str]]:
    if not inventory.monitor.certificate:
        yield MONITOR, "certificate"
    yield from ((host.name, "password-hash") for host in inventory.by(NAME) if not host.password_hash)


def target(_: Host) -> None:
    return None
