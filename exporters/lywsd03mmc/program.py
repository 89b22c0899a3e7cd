"""motes-lywsd03mmc: the thermometers' exporter alone, with the short flags of the Go lywsd03mmc-exporter."""

import sys

from motes.exporters.lywsd03mmc import PLUGIN
from motes.shared.program import Program

ABOUT = (
    "Serves what LYWSD03MMC Bluetooth thermometers measure to Prometheus: it listens to every firmware there is, and "
    "asks those whose addresses are given. Needs BlueZ, and no privilege."
)
PROGRAM = Program(
    "motes-lywsd03mmc",
    ABOUT,
    "127.0.0.1:9265",
    {PLUGIN.name: PLUGIN},
    own=PLUGIN,
    letters={"i": "ble.adapter", "k": "ble.key-file", "l": "web.listen-address"},
    bare="ble.poll",
)


def main() -> None:
    sys.exit(PROGRAM.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
