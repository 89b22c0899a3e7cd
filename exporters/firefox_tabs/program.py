"""motes-firefox-tabs: Firefox's exporter alone."""

import sys

from motes.exporters.firefox_tabs import PLUGIN
from motes.shared.program import Program

ABOUT = (
    "Serves how many windows and tabs Firefox and its kin have to Prometheus, from the session files that they write. "
    "It says nothing of what is in the tabs. Needs lz4, and the right to read the profiles."
)
PROGRAM = Program("motes-firefox-tabs", ABOUT, "127.0.0.1:9267", {PLUGIN.name: PLUGIN}, own=PLUGIN)


def main() -> None:
    sys.exit(PROGRAM.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
