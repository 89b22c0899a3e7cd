"""The system's own names.

Source: uname(2), with the NIS domain name that os.uname() leaves out.
Errors: OSError where a sandbox forbids the call.
"""

from functools import lru_cache

from motes.exporters.node import _libc
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, gauge, labels

FIELDS = ("sysname", "nodename", "release", "version", "machine", "domainname")
# __NEW_UTS_LEN and the zero behind it, on every architecture.
_LENGTH = 65


def collect(host: Host) -> list[Family]:  # noqa: ARG001 - no file tells all of it
    return _families(tuple(utsname().values()))


@lru_cache(maxsize=1)
def _families(names: tuple[bytes, ...]) -> list[Family]:
    one = labels(**dict(sorted(zip(FIELDS, names, strict=True))))
    return [gauge("node_uname_info", "What the uname system call tells, in labels; the value is always 1.", {one: 1})]


def utsname() -> dict[str, bytes]:
    told = _libc.buffer(len(FIELDS) * _LENGTH)
    _libc.call("uname", told)
    return _names(told.raw)


@lru_cache(maxsize=1)
def _names(told: bytes) -> dict[str, bytes]:
    return {field: told[at * _LENGTH : (at + 1) * _LENGTH].partition(b"\0")[0] for at, field in enumerate(FIELDS)}
