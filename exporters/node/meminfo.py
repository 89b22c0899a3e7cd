"""Memory.

Source: proc/meminfo, see proc_meminfo(5). Every line is a family of its own, so a new kernel's lines need nothing here.
Unit:   bytes, from kibibytes; huge pages are counted.
Errors: a line of another form fails the collector.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from motes.exporters.node.host import Host
from motes.shared.exposition import Family, Value, gauge

_NAME = re.compile(r"([a-zA-Z0-9_]+)(?:\(([a-zA-Z0-9_]+)\))?:")
_KIBIBYTE = 1024


def collect(host: Host) -> Iterator[Family]:
    families: dict[bytes, tuple[str, str, Value]] = {}
    for line in host.proc("meminfo").splitlines():
        field, number, *unit = line.split()
        if unit not in ([], [b"kB"]) or not number.isdigit():
            raise ValueError(f"neither a number nor one of kilobytes: {line!r}")
        name, help = _family(field)
        families[field] = name, help, int(number) * _KIBIBYTE if unit else number
    for name, help, value in families.values():
        yield gauge(name, help, value)


@lru_cache(maxsize=256)
def _family(field: bytes) -> tuple[str, str]:
    """Active(anon): is Active_anon_bytes, and HugePages_Free: is HugePages_Free, in pages."""
    match = _NAME.fullmatch(field.decode("ascii"))
    if match is None:
        raise ValueError(f"{field!r} is no name of a field")
    name = "_".join(part for part in match.groups() if part)
    unit = "" if name.startswith("HugePages_") else "_bytes"
    return f"node_memory_{name}{unit}", f"Field {match[0][:-1]} of meminfo."
