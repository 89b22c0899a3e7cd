"""What both roads through an SSH tunnel have: a host dials the monitor, where it has a port on the loopback.

Each host's key is good for its port and for nothing else. It is made by `install`, where it stays.
"""

from collections.abc import Iterator, Sequence

from motes.shared.fleet.inventory import MONITOR, Host, Inventory
from motes.shared.fleet.motes_toml import motes_toml
from motes.shared.fleet.static import static
from motes.shared.fleet.values import Endpoint

# The roads, and the port that the files of each have as an example.
EXAMPLES = {"ssh-socks": "21001", "ssh-fixed": "20001"}
PORT = 9100

_SSH_PORT = 22
_TUNNEL = "etc/motes/tunnel.conf"
_SERVICES = ("etc/init.d/motes-tunnel", "etc/systemd/system/motes-tunnel.service")
_SSHD = "etc/ssh/sshd_config.d/motes-tunnel.conf"
_KEYS = "etc/ssh/motes-tunnel.made.keys"


def problems(inventory: Inventory, road: str) -> Iterator[str]:
    """What is wrong with the hosts of a road, of which all have to have different ports and keys."""
    if inventory.by(road) and inventory.monitor.ssh is None:
        yield f'[{MONITOR}] ssh is missing: where hosts reach its sshd, as "monitor.example.org"'
    ports: dict[int, str] = {}
    keys: dict[str, str] = {}
    for host in _tunnelled(inventory):
        mine = host.road == road
        if mine and not host.port:
            yield f"[{host.title}] port is missing: a port of the monitor's own, from 1024 to 32767, as 21001"
        if mine and host.port in ports:
            yield f"[{host.title}] port: {host.port} is {ports[host.port]}'s already"
        if mine and host.tunnel_key in keys:
            yield f"[{host.title}] tunnel-key: this is {keys[host.tunnel_key]}'s already; each host makes its own"
        if host.port:
            ports.setdefault(host.port, host.title)
        if host.tunnel_key:
            keys.setdefault(host.tunnel_key, host.title)


def host_files(inventory: Inventory, host: Host) -> dict[str, str]:
    """Those of a host."""
    files = {
        "etc/motes/motes.toml": motes_toml(host, [f"127.0.0.1:{PORT}"], []),
        **static("ssh-socks/host", _SERVICES),
        **static(f"{host.road}/host", [_TUNNEL], {EXAMPLES[host.road]: str(host.port), **_name(inventory.monitor.ssh)}),
    }
    if inventory.monitor.ssh and inventory.monitor.ssh_key:
        files["etc/motes/tunnel.known_hosts"] = f"{_known(inventory.monitor.ssh)} {inventory.monitor.ssh_key}\n"
    return files


def monitor_files(inventory: Inventory) -> dict[str, str]:
    """Those of both roads."""
    hosts = [host for host in _tunnelled(inventory) if host.tunnel_key]
    return {_KEYS: "".join(map(_permitted, hosts)), **static("ssh-socks/monitor", [_SSHD])}


def missing(inventory: Inventory, road: str) -> Iterator[tuple[str, str]]:
    if not inventory.monitor.ssh_key:
        yield MONITOR, "ssh-key"
    yield from ((host.name, "tunnel-key") for host in inventory.by(road) if not host.tunnel_key)


def _tunnelled(inventory: Inventory) -> Sequence[Host]:
    return [host for host in inventory.hosts if host.road in EXAMPLES]


def _permitted(host: Host) -> str:
    return f'restrict,port-forwarding,permitlisten="127.0.0.1:{host.port}" {host.tunnel_key} {host.name}\n'


def _name(ssh: Endpoint | None) -> dict[str, str]:
    """What stands in the place of the example of a name."""
    if ssh is None:
        return {}
    port = f"\n    Port {ssh.port}" if ssh.port != _SSH_PORT else ""
    return {"HostName monitor.example.org": f"HostName {ssh.host}{port}"}


def _known(ssh: Endpoint) -> str:
    """As known_hosts has it, see sshd(8)."""
    return ssh.host if ssh.port == _SSH_PORT else f"[{ssh.host}]:{ssh.port}"
