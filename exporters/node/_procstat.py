"""proc/stat, see proc_stat(5): read once for all collectors of a page; and its lines by their first word."""

from motes.exporters.node.host import Host

_CHECKED = frozenset((b"btime", b"ctxt", b"intr", b"processes", b"procs_blocked", b"procs_running", b"softirq"))
# The total and ten vectors, since Linux 2.6.31.
_SOFTIRQS = 11


def content(host: Host) -> bytes:
    return host.shared("stat", lambda: host.proc("stat"))


def lines(content: bytes) -> dict[bytes, bytes]:
    """Numbers by what they count, still in one piece; ValueError for a line that holds anything else."""
    found: dict[bytes, bytes] = {}
    for line in content.splitlines():
        fields = line.split(None, 1)
        if len(fields) == 2 and (fields[0] in _CHECKED or fields[0].startswith(b"cpu")):
            word, numbers = fields
            if not numbers.translate(None, b" \t").isdigit():
                raise ValueError(f"no numbers in {line[:80]!r}")
            found[word] = numbers
    if b"softirq" in found and len(found[b"softirq"].split()) < _SOFTIRQS:
        raise ValueError(f"fewer than {_SOFTIRQS} numbers of softirqs: {found[b'softirq'][:80]!r}")
    return found
