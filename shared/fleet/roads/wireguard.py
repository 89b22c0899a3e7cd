"""WireGuard: the monitor is everybody's only peer, and scrapes what listens at the tunnel alone.

A private key is in a file of its own, which `install` makes on the host that it is of.
"""

from collections.abc import Iterable, Iterator, Sequence

from motes.shared.fleet.inventory import MONITOR, Host, Inventory, Monitor
from motes.shared.fleet.job import job
from motes.shared.fleet.motes_toml import motes_toml
from motes.shared.fleet.static import static
from motes.shared.fleet.values import Address, Endpoint

NAME = "wireguard"
PORT = 9100

_FIREWALL = "etc/nftables.d/motes.nft"
_TUNNEL = "etc/wireguard/wg0.conf"
_SERVICES = (
    "etc/init.d/motes-wg0",
    "etc/systemd/system/nftables.service.d/motes.conf",
    "etc/systemd/system/wg-quick@wg0.service.d/motes.conf",
)

_INTERFACE = """\
[Interface]
Address = {addresses}
{port}PreUp = nft -f /etc/nftables.d/motes.nft
"""
_KEYED = """\
PostUp = wg set %i private-key /etc/wireguard/%i.key
"""
_REMEMBERED = """\
# Where the hosts were last; else a restart costs up to two minutes, until they have something to say.
PreDown = wg show %i endpoints | grep -v '(none)' >/etc/wireguard/%i.last || true
PostUp = wg show %i peers | grep -sFf - /etc/wireguard/%i.last | while read -r peer endpoint; \
do wg set %i peer "$peer" endpoint "$endpoint"; done || true
"""
_KEYED_AND_KEPT_ALIVE = """\
# With the key, for a keepalive that is due before it is known costs five seconds.
PostUp = wg set %i private-key /etc/wireguard/%i.key peer $(wg show %i peers) persistent-keepalive 25
"""
_PEER = """\

# {name}
[Peer]
PublicKey = {key}
AllowedIPs = {addresses}
"""

_HOST_TAKES = f"""\
# Through the tunnel come the monitor's scrapes, pings, and answers to what was asked from here; port {PORT} is open to
# nobody else. The table is replaced as a whole, and no other is touched.
"""
_MONITOR_TAKES = """\
# Through the tunnel come answers to what was asked from here, and pings: a host has nothing to ask of the monitor this
# way, nor of other hosts. The table is replaced as a whole, and no other is touched.
"""
_TABLE = """\
table inet motes
delete table inet motes

table inet motes {{
	chain input {{
		type filter hook input priority filter - 10; policy accept;
		iifname "lo" accept
		# Linux takes packets for any of its addresses on any interface.
{rules}
		iifname "wg0" ct state established,related accept
		iifname "wg0" icmp type echo-request accept
		iifname "wg0" icmpv6 type echo-request accept
		iifname "wg0" counter drop
	}}

	chain forward {{
		type filter hook forward priority filter - 10; policy accept;
		iifname "wg0" counter drop
		oifname "wg0" counter drop
	}}
}}
"""

_GUARDED = 'iifname != "wg0" {family} daddr {address} counter drop'
_SCRAPED = f'iifname "wg0" {{family}} saddr {{address}} tcp dport {PORT} counter accept'
_OTHERS = f"tcp dport {PORT} counter drop"


def problems(inventory: Inventory) -> Iterator[str]:
    """What is wrong with the hosts of this road."""
    hosts = inventory.by(NAME)
    monitor = inventory.monitor
    if not hosts:
        return
    if not monitor.addresses:
        yield f'[{MONITOR}] addresses is missing: within the tunnel, as ["10.77.0.1/24", "fd77:6d6f:7465::1/64"]'
    for host in hosts:
        if not host.addresses:
            yield f'[{host.title}] addresses is missing: within the tunnel, as ["10.77.0.2"]'
        if not host.endpoint and not monitor.endpoint:
            yield f'[{MONITOR}] endpoint is missing: where {host.name} reaches it, as "monitor.example.org:51820"'
        yield from (f"[{host.title}] addresses: {each}" for each in _misplaced(inventory, host))
    yield from _same(hosts, inventory)


def host_files(inventory: Inventory, host: Host) -> dict[str, str]:
    theirs = [interface.ip for interface in inventory.monitor.addresses]
    listen = [f"dev:wg0:{PORT}", f"127.0.0.1:{PORT}"]
    return {
        "etc/motes/motes.toml": motes_toml(host, listen, [*map(str, theirs), "127.0.0.1"]),
        _FIREWALL: _HOST_TAKES + _table([*_rules(_GUARDED, host.addresses), *_rules(_SCRAPED, theirs), _OTHERS]),
        _TUNNEL: _hosts_tunnel(inventory.monitor, host),
        **static("wireguard/host", _SERVICES),
    }


def monitor_files(inventory: Inventory) -> dict[str, str]:
    monitor = inventory.monitor
    own = [interface.ip for interface in monitor.addresses]
    tunnel = _interface(map(str, monitor.addresses), monitor.endpoint) + _KEYED + _REMEMBERED
    peers = [host for host in inventory.by(NAME) if host.public_key]
    return {
        _FIREWALL: _MONITOR_TAKES + _table(_rules(_GUARDED, own)),
        _TUNNEL: tunnel + "".join([_peer(host.name, host.public_key, host.addresses, host.endpoint) for host in peers]),
        **static("wireguard/monitor", _SERVICES),
    }


def _hosts_tunnel(monitor: Monitor, host: Host) -> str:
    tunnel = _interface(map(_alone, host.addresses), host.endpoint)
    if not monitor.public_key:
        return tunnel + _KEYED
    theirs = [interface.ip for interface in monitor.addresses]
    return tunnel + _KEYED_AND_KEPT_ALIVE + _peer(MONITOR, monitor.public_key, theirs, monitor.endpoint)


def _interface(addresses: Iterable[str], endpoint: Endpoint | None) -> str:
    port = f"ListenPort = {endpoint.port}\n" if endpoint else ""
    return _INTERFACE.format(addresses=", ".join(addresses), port=port)


def _peer(name: str, key: str, addresses: Iterable[Address], endpoint: Endpoint | None) -> str:
    peer = _PEER.format(name=name, key=key, addresses=", ".join(map(_alone, addresses)))
    return peer + (f"Endpoint = {endpoint}\n" if endpoint else "")


def jobs(inventory: Inventory) -> str:
    return job(NAME, inventory.monitor.interval)


def missing(inventory: Inventory) -> Iterator[tuple[str, str]]:
    if not inventory.monitor.public_key:
        yield MONITOR, "public-key"
    yield from ((host.name, "public-key") for host in inventory.by(NAME) if not host.public_key)


def target(host: Host) -> tuple[str, dict[str, str]]:
    address = host.addresses[0]
    return f"[{address}]:{PORT}" if address.version == 6 else f"{address}:{PORT}", {}


def _misplaced(inventory: Inventory, host: Host) -> Iterator[str]:
    networks = [interface.network for interface in inventory.monitor.addresses]
    for address in host.addresses:
        within = [network for network in networks if address in network]
        if networks and not within:
            yield f"{address} is not in {' or '.join(map(str, networks))}, the monitor's"
        for network in within:
            ends = {network.network_address, network.broadcast_address} if network.version == 4 else set()
            if network.num_addresses > 2 and address in ends:
                yield f"{address} is no host's: it stands for the network {network} as a whole"


def _same(hosts: Sequence[Host], inventory: Inventory) -> Iterator[str]:
    """What two have that each has for itself."""
    addresses: dict[Address, str] = {interface.ip: MONITOR for interface in inventory.monitor.addresses}
    keys = {inventory.monitor.public_key: MONITOR}
    for host in hosts:
        for address in host.addresses:
            if address in addresses:
                yield f"[{host.title}] addresses: {address} is {addresses[address]}'s already"
            addresses.setdefault(address, host.title)
        if host.public_key and host.public_key in keys:
            yield f"[{host.title}] public-key: this is {keys[host.public_key]}'s already; each host makes its own"
        keys.setdefault(host.public_key, host.title)


def _rules(rule: str, addresses: Iterable[Address]) -> list[str]:
    family = {4: "ip", 6: "ip6"}
    return [rule.format(family=family[each.version], address=each) for each in addresses]


def _table(rules: Iterable[str]) -> str:
    return _TABLE.format(rules="\n".join(f"\t\t{rule}" for rule in rules))


def _alone(address: Address) -> str:
    return f"{address}/{address.max_prefixlen}"
