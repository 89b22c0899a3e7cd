"""Control groups, by their controller.

Source: proc/cgroups, see cgroups(7): name, hierarchy, groups, whether it is enabled.
Unit:   control groups.
Errors: a line of fewer than four words, or of anything but numbers behind the name, fails the collector.
"""

from functools import lru_cache

from motes.exporters.node.host import Host
from motes.shared.exposition import Family, labels
from motes.shared.frame import Frame


def collect(host: Host) -> list[Family]:
    rows = [line.split() for line in host.proc("cgroups").splitlines() if not line.startswith(b"#")]
    columns = [[int(row[column]) for row in rows] for column in (2, 3)]
    return [_frame(tuple([row[0] for row in rows])).fill([number for column in columns for number in column])]


@lru_cache(maxsize=1)
def _frame(controllers: tuple[bytes, ...]) -> Frame:
    label_sets = [labels(subsys_name=name) for name in controllers]
    return Frame(
        [
            ("gauge", "node_cgroups_cgroups", "Control groups that the controller has.", label_sets),
            ("gauge", "node_cgroups_enabled", "Whether the controller is enabled.", label_sets),
        ]
    )
