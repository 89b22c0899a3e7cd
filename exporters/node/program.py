"""motes-node: the node exporter alone."""

import sys

from motes.exporters.node import PLUGIN
from motes.shared.program import Program

ABOUT = "Serves what /proc and /sys tell of this machine to Prometheus, name for name what node_exporter serves."
PROGRAM = Program("motes-node", ABOUT, "127.0.0.1:9100", {PLUGIN.name: PLUGIN}, own=PLUGIN)


def main() -> None:
    sys.exit(PROGRAM.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
