"""What ports of network devices can do and offer, from the bits that ethtool has for their modes.

Source: enum ethtool_link_mode_bit_indices in linux/ethtool.h, as far as the 32 bits of the older command go.
Unit:   bytes per second, of the kernel's Mbit/s.
"""

from collections.abc import Iterator, Sequence

from motes.exporters.node._ethtool import Settings
from motes.shared.exposition import Family, gauge, labels

# Bit -> Mbit/s, duplex, medium; 2500baseX (15) is no mode of node_exporter's.
_SPEEDS = {
    0: (10, "half", "T"),
    1: (10, "full", "T"),
    2: (100, "half", "T"),
    3: (100, "full", "T"),
    4: (1000, "half", "T"),
    5: (1000, "full", "T"),
    12: (10000, "full", "T"),
    17: (1000, "full", "KX"),
    18: (10000, "full", "KX4"),
    19: (10000, "full", "KR"),
    20: (10000, "full", "R_FEC"),
    21: (20000, "full", "MLD2"),
    22: (20000, "full", "KR2"),
    23: (40000, "full", "KR4"),
    24: (40000, "full", "CR4"),
    25: (40000, "full", "SR4"),
    26: (40000, "full", "LR4"),
    27: (56000, "full", "KR4"),
    28: (56000, "full", "CR4"),
    29: (56000, "full", "SR4"),
    30: (56000, "full", "LR4"),
    31: (25000, "full", "CR"),
}
_PORTS = {7: "TP", 8: "AUI", 9: "MII", 10: "FIBRE", 11: "BNC", 16: "Backplane"}
_CAPABILITIES = {
    6: ("autonegotiate", "to negotiate its mode"),
    13: ("pause", "pause frames"),
    14: ("asymmetricpause", "asymmetric pause frames"),
}
_BYTES = 125_000  # per second, in one Mbit/s

# A device's name and what it was told of.
_Port = tuple[bytes, Settings]


def port_families(ports: Sequence[_Port]) -> Iterator[Family]:
    can = [(device, supported) for device, (supported, _, _) in ports]
    offers = [(device, advertised) for device, (_, advertised, _) in ports]
    types = [
        labels(device=device, type=name) for device, bits in can for bit, name in _PORTS.items() if bits >> bit & 1
    ]
    yield gauge("node_network_supported_port_info", "A kind of port that the device can be.", dict.fromkeys(types, 1))
    yield from _modes("supported", "supports", can)
    yield from _modes("advertised", "offers", offers)
    negotiates = {labels(device=device): negotiating for device, (_, _, negotiating) in ports}
    yield gauge("node_network_autonegotiate", "Whether the port negotiates its mode.", negotiates)


def _modes(name: str, verb: str, ports: Sequence[tuple[bytes, int]]) -> Iterator[Family]:
    speeds = {
        labels(device=device, duplex=duplex, mode=f"{speed}base{medium}"): speed * _BYTES
        for device, bits in ports
        for bit, (speed, duplex, medium) in _SPEEDS.items()
        if bits >> bit & 1
    }
    yield gauge(f"node_network_{name}_speed_bytes", f"A speed that the port {verb}.", speeds)
    for bit, (capability, words) in _CAPABILITIES.items():
        values = {labels(device=device): bits >> bit & 1 for device, bits in ports}
        yield gauge(f"node_network_{capability}_{name}", f"Whether the port {verb} {words}.", values)
