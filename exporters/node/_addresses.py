"""The addresses of network devices, for `--collector.netdev.address-info`.

Source: rtnetlink's RTM_GETADDR. Scopes are those of RFC 4291 and RFC 1122, under node_exporter's names.
Errors: OSError where netlink is refused.
"""

from socket import AF_INET, AF_INET6, inet_ntop

from motes.exporters.node.rtnetlink import Routes
from motes.shared.exposition import Family, gauge, labels

_UNSPECIFIED_OR_BROADCAST = (bytes(4), b"\xff" * 4)


def address_info(routes: Routes) -> Family:
    samples = {}
    for device, address, prefix in routes.addresses():
        told = inet_ntop(AF_INET if len(address) == 4 else AF_INET6, address)
        samples[labels(address=told, device=device, netmask=str(prefix), scope=scope(address))] = 1
    return gauge("node_network_address_info", "An address of a network device; the value is always 1.", samples)


def scope(address: bytes) -> str:
    """link-local (loopback too), interface-local, global, or nothing for what is no host's own address."""
    return _scope4(address) if len(address) == 4 else _scope6(address)


def _scope4(address: bytes) -> str:
    if address[0] == 127 or address.startswith((b"\xa9\xfe", b"\xe0\0\0")):  # 127/8, 169.254/16, 224.0.0/24
        return "link-local"
    return "" if address[0] >> 4 == 0xE or address in _UNSPECIFIED_OR_BROADCAST else "global"


def _scope6(address: bytes) -> str:
    if address[0] == 0xFF:  # multicast: the scope is in the second byte's lower half
        return {1: "interface-local", 2: "link-local"}.get(address[1] & 0xF, "")
    if address == bytes(15) + b"\1" or (address[0] == 0xFE and address[1] >> 6 == 2):  # ::1, fe80::/10
        return "link-local"
    return "global" if any(address) else ""
