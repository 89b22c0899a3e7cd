"""What waits in the queues of UDP sockets.

Source: proc/net/udp and proc/net/udp6, a line per socket, see proc_net(5).
Unit:   bytes of kernel memory, over all sockets.
Errors: an address family without its file is left out, no data without both; a short line fails this collector.
"""

from functools import cache

from motes.exporters.node.host import Host
from motes.shared.collector import NoData
from motes.shared.exposition import Family, labels
from motes.shared.frame import Frame

_SOURCES = (
    ("udp", labels(ip="v4", queue="tx"), labels(ip="v4", queue="rx")),
    ("udp6", labels(ip="v6", queue="tx"), labels(ip="v6", queue="rx")),
)
_EMPTY = b" 00000000:00000000 "


def collect(host: Host) -> list[Family]:
    label_sets: list[bytes] = []
    queues: list[int] = []
    for name, sending, receiving in _SOURCES:
        try:
            content = host.net(name)
        except FileNotFoundError:
            continue
        label_sets += sending, receiving
        queues += _queued(content)
    if not queues:
        raise NoData
    return [_frame(*label_sets).fill(queues)]


@cache
def _frame(*label_sets: bytes) -> Frame:
    return Frame([("gauge", "node_udp_queues", "Kernel memory that waiting UDP datagrams take, in bytes.", label_sets)])


def _queued(content: bytes) -> tuple[int, int]:
    sending = receiving = 0
    for line in content.splitlines()[1:]:
        # Nearly all queues are empty, and a name server has thousands of sockets.
        if _EMPTY not in line:
            fields = line.split(None, 8)
            if len(fields) < 8:
                raise ValueError(f"net/udp: {line!r} is too short")
            transmit, _, receive = fields[4].partition(b":")
            sending += int(transmit, 16)
            receiving += int(receive, 16)
    return sending, receiving
