"""Kernel samepage merging.

Source: sys/kernel/mm/ksm, see the kernel's admin-guide/mm/ksm.
Unit:   pages, bytes, seconds (from milliseconds).
Errors: a file that this kernel lacks is left out; one that holds no number fails this collector.
"""

from collections.abc import Iterator

from motes.exporters.node._attributes import decimal, signed
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, Value, counter, gauge

_FOLDER = "kernel/mm/ksm"
# File, family without its prefix, HELP.
_FILES = (
    ("full_scans", "full_scans_total", "How often all mergeable areas were scanned."),
    ("general_profit", "general_profit_bytes", "Memory saved by merging, less what keeping account of it takes."),
    ("merge_across_nodes", "merge_across_nodes", "Whether pages of different NUMA nodes may be merged."),
    ("pages_shared", "pages_shared", "Shared pages in use."),
    ("pages_sharing", "pages_sharing", "Further places that share them: pages saved."),
    ("pages_to_scan", "pages_to_scan", "Pages to scan before ksmd sleeps."),
    ("pages_unshared", "pages_unshared", "Pages that are one of their kind, but checked again and again."),
    ("pages_volatile", "pages_volatile", "Pages that change too fast to be merged."),
    ("run", "run", "Whether ksmd runs: 0 no, 1 yes, 2 no, and what was merged is not any more."),
    ("sleep_millisecs", "sleep_seconds", "How long ksmd sleeps before the next scan."),
)


def collect(host: Host) -> Iterator[Family]:
    for file, name, help in _FILES:
        try:
            content = host.sys.value(f"{_FOLDER}/{file}")
        except FileNotFoundError:
            continue
        kind = counter if file == "full_scans" else gauge
        yield kind(f"node_ksmd_{name}", help, _value(file, content))


def _value(file: str, content: bytes) -> Value:
    if file == "sleep_millisecs":
        return int(decimal(content)) / 1000
    # The profit is a loss where little could be merged.
    return signed(content) if file == "general_profit" else decimal(content)
