"""Entropy of the kernel's random number generator.

Source: proc/sys/kernel/random, see random(4).
Unit:   bits. Since Linux 5.18 both are 256 as soon as the generator is seeded.
Errors: where one of the two files is missing, the collector fails.
"""

from collections.abc import Iterator

from motes.exporters.node.host import Host
from motes.shared.exposition import Family, gauge


def collect(host: Host) -> Iterator[Family]:
    available = host.proc.value("sys/kernel/random/entropy_avail")
    size = host.proc.value("sys/kernel/random/poolsize")
    yield gauge("node_entropy_available_bits", "Entropy in the pool.", available)
    yield gauge("node_entropy_pool_size_bits", "Size of the entropy pool.", size)
