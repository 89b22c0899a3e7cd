"""ZFS: its caches, transactions and pools, as the module's kstats count them.

Source: proc/spl/kstat/zfs, tables of name, type and data; one folder for each pool.
Unit:   the kstat's own, which its name tells.
Errors: no data without that folder (no module). A file that is absent is a feature that this ZFS does not have;
        one without its table, or with a value that is no number, fails the collector. What vanishes while it is
        read, as an exported pool does, loses its own samples.
"""

from collections.abc import Iterator
from functools import cache

from motes.exporters.node.host import Host, Tree
from motes.shared.collector import NoData
from motes.shared.exposition import Family, gauge, labels, untyped

_ROOT = "spl/kstat/zfs"
_FILES = (
    ("abd", "abdstats"),
    ("arc", "arcstats"),
    ("dbuf", "dbufstats"),
    ("dmu_tx", "dmu_tx"),
    ("dnode", "dnodestats"),
    ("fm", "fm"),
    ("vdev_cache", "vdev_cache_stats"),
    ("vdev_mirror", "vdev_mirror_stats"),
    ("xuio", "xuio_stats"),
    ("zfetch", "zfetchstats"),
    ("zil", "zil"),
)
_STATES = (b"online", b"degraded", b"faulted", b"offline", b"removed", b"unavail", b"suspended")
# KSTAT_DATA_INT64 and KSTAT_DATA_UINT64 of sys/kstat.h
_SIGNED, _UNSIGNED = b"3", b"4"


class Collector:
    """Keeps a view of proc that holds no file open: there is one for each dataset."""

    def __init__(self, host: Host) -> None:
        self._proc = host.proc
        self._passing = Tree(host.proc.root)

    def collect(self) -> Iterator[Family]:
        try:
            entries = self._proc.names(_ROOT)
        except OSError:
            raise NoData from None
        for subsystem, file in _FILES:
            content = _read(self._proc, f"{_ROOT}/{file}")
            if content is not None:
                for key, value in dict(_counted(content, (_SIGNED, _UNSIGNED))).items():
                    yield untyped(*_described(f"zfs_{subsystem}", file, key), value)
        yield from self._pools([(pool, file) for pool in entries for file in self._files(pool)])

    def _pools(self, files: list[tuple[str, str]]) -> Iterator[Family]:
        io: dict[bytes, dict[bytes, bytes]] = {}
        datasets: dict[bytes, dict[bytes, bytes]] = {}
        states: dict[bytes, int] = {}
        for pool, file in files:
            content = _read(self._passing, f"{_ROOT}/{pool}/{file}")
            if content is None:
                continue
            if file == "io":
                for key, value in _io(content):
                    io.setdefault(key, {})[labels(zpool=pool)] = value
            elif file == "state":
                state = content.partition(b"\n")[0].lower()
                states |= {labels(state=name, zpool=pool): int(name == state) for name in _STATES}
            else:
                dataset = next((name for key, _, name in _table(content) if key == b"dataset_name"), b"")
                for key, value in _counted(content, (_UNSIGNED,)):
                    datasets.setdefault(key, {})[labels(dataset=dataset, zpool=pool)] = value
        for key, samples in io.items():
            yield untyped(*_described("zfs_zpool", "io", key), samples)
        for key, samples in datasets.items():
            yield untyped(*_described("zfs_zpool_dataset", "objset", key), samples)
        yield gauge("node_zfs_zpool_state", "Whether the pool is in this state.", states)

    def _files(self, pool: str) -> list[str]:
        try:
            names = self._proc.names(f"{_ROOT}/{pool}")
        except OSError:
            return []
        return [name for name in names if name in ("io", "state") or name.startswith("objset-")]


def _read(tree: Tree, path: str) -> bytes | None:
    try:
        return tree(path)
    except OSError:
        return None


def _table(content: bytes) -> Iterator[list[bytes]]:
    """Name, type and data of each line below the heading; data can hold spaces."""
    lines = iter(content.splitlines())
    for line in lines:
        if line.split() == [b"name", b"type", b"data"]:
            break
    else:
        raise ValueError(f"a kstat without its table: {content[:40]!r}")
    for line in lines:
        fields = line.split(None, 2)
        if len(fields) == 3:
            yield fields


def _counted(content: bytes, kinds: tuple[bytes, ...]) -> Iterator[tuple[bytes, bytes]]:
    for key, kind, value in _table(content):
        if kind in kinds:
            yield key, _number(value.split()[0], signed=kind == _SIGNED)


def _io(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    keys: list[bytes] = []
    for line in content.splitlines():
        fields = line.split()
        if keys:
            yield from zip(keys, map(_number, fields[: len(keys)]), strict=True)
        elif fields[:1] == [b"nread"] and len(fields) >= 12:
            keys = fields


def _number(value: bytes, *, signed: bool = False) -> bytes:
    if not (value.removeprefix(b"-") if signed else value).isdigit():
        raise ValueError(f"a kstat that is no number: {value!r}")
    return value


@cache
def _described(subsystem: str, file: str, key: bytes) -> tuple[str, str]:
    """A kstat's name as a metric's, and what to say of it."""
    name = key.decode("utf-8", "replace")
    return f"node_{subsystem}_{name.rpartition('.')[2].replace('-', '_')}", f"kstat.zfs.misc.{file}.{name}"
