"""Sockets in use.

Source: proc/net/sockstat and proc/net/sockstat6, see proc_net(5).
Unit:   sockets; `mem` is in pages of memory and `mem_bytes` in bytes, `memory` (of FRAG) is in bytes.
Errors: an address family without its file is left out; an odd line fails this collector.
"""

import os
from collections.abc import Iterator

from motes.exporters.node.host import Host
from motes.shared.exposition import Family, Value, gauge

_STATES = (b"inuse", b"orphan", b"tw", b"alloc", b"mem", b"memory")
PAGE = os.sysconf("SC_PAGE_SIZE")


def collect(host: Host) -> Iterator[Family]:
    for name in ("sockstat", "sockstat6"):
        try:
            content = host.net(name)
        except FileNotFoundError:
            continue
        for line in content.splitlines():
            protocol, *pairs = line.split(b" ")
            if not pairs or len(pairs) % 2:
                raise ValueError(f"net/{name}: {line!r} is not a protocol with its states and numbers")
            states = dict(zip(pairs[::2], pairs[1::2], strict=True))
            if protocol != b"sockets:":
                yield from _protocol(protocol.removesuffix(b":").decode(), states)
            elif name == "sockstat":
                yield gauge("node_sockstat_sockets_used", "Sockets in use, of all kinds.", states.get(b"used", 0))


def _protocol(protocol: str, states: dict[bytes, bytes]) -> Iterator[Family]:
    found: dict[str, Value] = {"inuse": 0}
    found |= {state.decode(): states[state] for state in _STATES if state in states}
    if b"mem" in states:
        found["mem_bytes"] = int(states[b"mem"]) * PAGE
    for state, value in found.items():
        yield gauge(f"node_sockstat_{protocol}_{state}", f"Number of {protocol} sockets in state {state}.", value)
