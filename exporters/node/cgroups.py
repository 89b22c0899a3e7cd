"""Control groups, by their controller.

Source: proc/cgroups, see cgroups(7): name, hierarchy, groups, whether it is enabled.
Unit:   control groups.
Errors: a line of fewer than four words, or of anything but numbers behind the name, fails the collector.
"""

from collections.abc import Iterator

from motes.exporters.node.host import Host
from motes.shared.exposition import Family, gauge, labels


def collect(host: Host) -> Iterator[Family]:
    groups: dict[bytes, int] = {}
    enabled: dict[bytes, int] = {}
    for line in host.proc("cgroups").splitlines():
        if line.startswith(b"#"):
            continue
        name, *words = line.split()
        _, groups[labels(subsys_name=name)], enabled[labels(subsys_name=name)] = map(int, words[:3])
    yield gauge("node_cgroups_cgroups", "Control groups that the controller has.", groups)
    yield gauge("node_cgroups_enabled", "Whether the controller is enabled.", enabled)
