"""motes-card10-bme680: the badge's exporter alone."""

import sys

from motes.exporters.card10_bme680 import PLUGIN
from motes.shared.program import Program

ABOUT = (
    "Serves what the BME680 of card10 badges measures to Prometheus: it finds them, asks them over USB or listens to "
    "their app, and goes on whenever they are back. Needs pyserial, and the group dialout."
)
PROGRAM = Program("motes-card10-bme680", ABOUT, "127.0.0.1:9266", {PLUGIN.name: PLUGIN}, own=PLUGIN)


def main() -> None:
    sys.exit(PROGRAM.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
