"""Programs that run as nobody, who may do nothing, and for whom the way to this checkout may be closed.

Where it, or the Python that runs the tests, is in a folder that is not everybody's, such as /root, the program sees
another folder there, with these in it and nothing else.
"""

import os
import sys
from pathlib import Path

from tests.support.namespaces import OWN_MOUNTS
from tests.support.program import ROOT

NOBODY = 65534

_OPEN = """closed=$1 kept=$(mktemp -d) && shift &&
mount --rbind "$closed" "$kept" && mount -t tmpfs -o mode=755 none "$closed" || exit
while [ "$1" != -- ]; do
    mkdir -p "$1" && mount --rbind "$kept${1#"$closed"}" "$1" || exit
    shift
done
umount --lazy "$kept" && rmdir "$kept" && shift && exec "$@"
"""


def _closed(path: Path) -> Path | None:
    """The first folder on the way that others may not enter."""
    return next((each for each in reversed(path.parents) if not each.stat().st_mode & 1), None)


def _opening() -> list[str]:
    """What goes before a command."""
    python = Path(os.path.realpath(sys.executable)).parents[1]
    ways: dict[Path, list[str]] = {}
    for needed in (ROOT, Path(sys.prefix), python):
        if closed := _closed(needed):
            ways.setdefault(closed, []).append(str(needed))
    return [
        word
        for closed, needed in ways.items()
        for word in (*OWN_MOUNTS, "sh", "-c", _OPEN, "sh", str(closed), *needed, "--")
    ]


# To stand before a command that root runs.
AS_NOBODY = (
    *_opening(),
    *("setpriv", "--pdeathsig=KILL", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *("--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"),
)
