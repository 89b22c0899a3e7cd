"""Services that runit looks after.

Source: SERVICE/supervise/status in the service folder, which runsv(8) replaces as a whole: TAI64N of the last change,
        process ID, and flags.
Unit:   seconds since the epoch; states are 0 down, 1 up, 2 finishing.
Errors: a folder that is missing fails the collector. What has no status, or one that may not be read (it is for root
        alone), is left out. As in node_exporter, it is a file supervise/down that makes down the normal state.
"""

from collections.abc import Iterator
from struct import Struct

from motes.exporters.node.host import Host, Tree
from motes.shared.exposition import Family, gauge, labels
from motes.shared.options import PATH, Option

_FOLDER = "collector.runit.servicedir"
OPTIONS = (Option(_FOLDER, PATH, "/etc/service", "Folder of the services."),)

# The seconds; nanoseconds, process ID and whether it is paused; what is wanted; whether it was terminated; the state.
_STATUS = Struct(">Q9xcxB")
# TAI64 counts from 2^62, and TAI was 10 seconds ahead in 1970.
_EPOCH = (1 << 62) + 10
_UP = b"u"


def collect(host: Host) -> Iterator[Family]:
    services = Tree(host.flags[_FOLDER])
    states: dict[bytes, int] = {}
    wanted: dict[bytes, int] = {}
    normal: dict[bytes, int] = {}
    changed: dict[bytes, int] = {}
    for name in services.names():
        status = _read(services, name)
        if len(status) >= _STATUS.size:
            service = labels(service=name, supervisor="runit")
            seconds, want, states[service] = _STATUS.unpack_from(status)
            wanted[service] = int(want == _UP)
            normal[service] = int(not services.exists(f"{name}/supervise/down"))
            changed[service] = seconds - _EPOCH
    yield gauge("node_service_state", "State of the service: 0 down, 1 up, 2 finishing.", states)
    yield gauge("node_service_desired_state", "The state that is wanted: 0 down, 1 up.", wanted)
    yield gauge("node_service_normal_state", "The state when nothing is wanted: 0 down, 1 up.", normal)
    yield gauge("node_service_state_last_change_timestamp_seconds", "When the state changed.", changed)


def _read(services: Tree, name: str) -> bytes:
    try:
        return services(f"{name}/supervise/status")
    except OSError:
        return b""
