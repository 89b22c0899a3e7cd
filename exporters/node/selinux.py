"""SELinux: whether it is on, its mode, and what its access vector cache counts.

Source: sys/fs/selinux (selinuxfs) and etc/selinux/config. It is on where selinuxfs is mounted and a policy has given
        this process a context of its own instead of the kernel's.
Unit:   modes are 1 for enforcing, 0 for permissive, -1 for disabled or unknown.
Errors: where SELinux is on, a file of the cache that is missing or of another form fails the collector.
"""

from collections.abc import Iterator

from motes.exporters.node.host import Host, Tree
from motes.shared.exposition import Family, counter, gauge

_DISABLED = -1
_MODES = {b"enforcing": 1, b"permissive": 0}

# In the order of the columns of avc/cache_stats.
_CACHE = (
    ("lookups", "Lookups in the access vector cache."),
    ("hits", "Lookups that found their entry."),
    ("misses", "Lookups that did not find their entry."),
    ("allocations", "Entries allocated."),
    ("reclaims", "Entries reclaimed."),
    ("frees", "Entries freed."),
)


def collect(host: Host) -> Iterator[Family]:
    enabled = host.sys.exists("fs/selinux/enforce") and _context(host.proc) != b"kernel"
    yield gauge("node_selinux_enabled", "Whether SELinux is on.", int(enabled))
    if not enabled:
        return
    yield gauge("node_selinux_config_mode", "Mode that the configuration asks for.", _config_mode(host.root))
    yield gauge("node_selinux_current_mode", "Mode that is in force.", _current_mode(host.sys))
    yield from _cache(host.sys("fs/selinux/avc/cache_stats"))
    yield from _hash(host.sys("fs/selinux/avc/hash_stats"))
    threshold = host.sys.value("fs/selinux/avc/cache_threshold")
    yield gauge("node_selinux_avc_threshold", "Entries from which on the cache reclaims.", threshold)


def _context(proc: Tree) -> bytes:
    try:
        return proc("self/attr/current").strip(b"\0\n")
    except OSError:
        return b""


def _config_mode(root: Tree) -> int:
    try:
        lines = root("etc/selinux/config").splitlines()
    except OSError:
        return _DISABLED
    for line in lines:
        name, _, value = line.strip().partition(b"=")
        if name == b"SELINUX":
            return _MODES.get(value.strip(b'"'), _DISABLED)
    return _DISABLED


def _current_mode(sys: Tree) -> int:
    try:
        return int(sys("fs/selinux/enforce"))
    except (OSError, ValueError):
        return _DISABLED


def _cache(content: bytes) -> Iterator[Family]:
    # A line of column names, then one a CPU.
    rows = [list(map(int, line.split())) for line in content.splitlines()[1:]]
    sums = [sum(column) for column in zip(*rows, strict=True)] if rows else [0] * len(_CACHE)
    for (name, help), total in zip(_CACHE, sums, strict=True):
        yield counter(f"node_selinux_avc_{name}_total", help, total)


def _hash(content: bytes) -> Iterator[Family]:
    entries, buckets, longest = (line.partition(b": ")[2] for line in content.splitlines()[:3])
    used, available = buckets.split(b"/")
    yield gauge("node_selinux_avc_hash_entries", "Entries in the cache.", int(entries))
    yield gauge("node_selinux_avc_hash_buckets_used", "Hash buckets in use.", int(used))
    yield gauge("node_selinux_avc_hash_buckets_available", "Hash buckets.", int(available))
    yield gauge("node_selinux_avc_hash_longest_chain", "Entries in the fullest hash bucket.", int(longest))
