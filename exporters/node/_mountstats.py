"""What mountstats tells of NFS mounts.

Source: proc/PID/mountstats, see nfs_show_stats() in the kernel's fs/nfs/super.c, rpc_clnt_show_stats() in
        net/sunrpc/stats.c, and the print_stats of its transports.
Errors: ValueError for what is not written as there.
"""

from collections.abc import Iterator, Sequence

# Numbers of a transport, by the version of the statistics; of RDMA there are so many at least.
_TRANSPORTS = {
    (b"1.0", b"tcp"): 10,
    (b"1.0", b"udp"): 7,
    (b"1.1", b"tcp"): 13,
    (b"1.1", b"udp"): 10,
    (b"1.1", b"rdma"): 20,
}
_EVENTS = 27
_BYTES = 8
_OPERATION = 8
# What a transport tells of at the most: TCP, with the statistics' version 1.1.
_MOST = 13

Numbers = Sequence[bytes]


class Mount:
    """One NFS mount. What is absent is zeros, as in node_exporter."""

    def __init__(self, place: int, device: bytes, point: bytes) -> None:
        self.place = place
        self.device = device
        self.point = point
        self.age = b"0"
        self.bytes: Numbers = [b"0"] * _BYTES
        self.events: Numbers = [b"0"] * _EVENTS
        # Protocol and numbers: port, binds, connects, connect time, idle time, sends, receives, bad transactions,
        # active requests, backlog, slots, sending queue, pending queue.
        self.transports: list[tuple[bytes, Numbers]] = []
        self.operations: dict[bytes, Numbers] = {}


def parse(content: bytes) -> Iterator[Mount]:
    """The NFS mounts. `place` counts all devices that are listed."""
    lines = iter(content.splitlines())
    place = -1
    for line in lines:
        fields = line.split()
        if fields[:1] != [b"device"]:
            continue
        place += 1
        if [*fields[2:4], *fields[5:7]] != [b"mounted", b"on", b"with", b"fstype"] or len(fields) < 8:
            raise ValueError(f"mountstats: a line that is no device: {line!r}")
        if len(fields) > 8:
            if fields[7] not in (b"nfs", b"nfs4"):
                raise ValueError(f"mountstats: statistics of {fields[7]!r}")
            yield _statistics(Mount(place, fields[1], fields[4]), lines, fields[8].removeprefix(b"statvers="))


def _statistics(mount: Mount, lines: Iterator[bytes], version: bytes) -> Mount:
    """The mount with what the lines tell of it, to the empty one."""
    for line in lines:
        word, *fields = line.split() or [b""]
        if word in (b"", b"per-op"):
            break
        if word == b"age:":
            mount.age = _numbers(word, fields[:1], 1)[0]
        elif word == b"bytes:":
            mount.bytes = _numbers(word, fields, _BYTES)
        elif word == b"events:":
            mount.events = _numbers(word, fields, _EVENTS)
        elif word == b"xprt:":
            mount.transports.append((b"".join(fields[:1]), _transport(version, fields)))
    for line in lines:
        word, *fields = line.split() or [b""]
        if not word:
            break
        # A ninth is told since Linux 5.3: errors.
        mount.operations[word.removesuffix(b":")] = _numbers(word, fields, _OPERATION, longer=True)[:_OPERATION]
    return mount


def _transport(version: bytes, fields: list[bytes]) -> Numbers:
    protocol, *rest = fields
    wanted = _TRANSPORTS.get((version, protocol))
    if wanted is None:
        raise ValueError(f"mountstats: a transport {protocol!r} in statistics {version!r}")
    numbers = _numbers(b"xprt:", rest, wanted, longer=protocol == b"rdma")
    if protocol == b"udp":
        # It connects to nothing: no connects, no connect time, no idle time.
        numbers = [*numbers[:2], b"0", b"0", b"0", *numbers[2:]]
    # RDMA goes on with what is its own.
    known = numbers[:10] if protocol == b"rdma" else numbers
    return [*known, *[b"0"] * (_MOST - len(known))]


def _numbers(word: bytes, fields: list[bytes], count: int, *, longer: bool = False) -> list[bytes]:
    if len(fields) < count or (len(fields) > count and not longer):
        raise ValueError(f"mountstats: {len(fields)} numbers for {word.decode()} not {count}")
    if not b"".join(fields).isdigit():
        raise ValueError(f"mountstats: no numbers for {word.decode()} {fields}")
    return fields
