#!/usr/bin/python3 -B
"""Writes Grafana's dashboards into a folder: packaging/grafana/generate.py [FOLDER]

Those of this checkout, in packaging/grafana/dashboards, where no folder is named.
"""

import json
import sys
from pathlib import Path

from boards import badge, firefox, fleet, node, thermometers

BOARDS = (fleet.BOARD, thermometers.BOARD, badge.BOARD, firefox.BOARD, node.BOARD)


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for board in BOARDS:
        text = json.dumps(board.json(), indent=2, ensure_ascii=False)
        (folder / f"motes-{board.name}.json").write_text(f"{text}\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "dashboards")
