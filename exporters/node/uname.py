"""The system's own names.

Source: uname(2), with the NIS domain name that os.uname() leaves out.
Errors: OSError where a sandbox forbids the call.
"""

from collections.abc import Iterator

from motes.exporters.node import _libc
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, gauge, labels

FIELDS = ("sysname", "nodename", "release", "version", "machine", "domainname")
# __NEW_UTS_LEN and the zero behind it, on every architecture.
_LENGTH = 65


def collect(host: Host) -> Iterator[Family]:  # noqa: ARG001 - no file tells all of it
    names = utsname()
    one = labels(**{field: names[field] for field in sorted(names)})
    yield gauge("node_uname_info", "What the uname system call tells, in labels; the value is always 1.", {one: 1})


def utsname() -> dict[str, bytes]:
    told = _libc.buffer(len(FIELDS) * _LENGTH)
    _libc.call("uname", told)
    return {field: told.raw[at * _LENGTH : (at + 1) * _LENGTH].partition(b"\0")[0] for at, field in enumerate(FIELDS)}
