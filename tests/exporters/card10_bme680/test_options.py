"""What the exporter is told, on the command line of its own program and in a file."""

from typing import TYPE_CHECKING

import pytest
from motes.exporters.card10_bme680 import PLUGIN
from motes.shared import config
from motes.shared.options import Catalogue

if TYPE_CHECKING:
    from motes.shared.config import Values


def from_table(**table: object) -> "tuple[Values, list[str]]":
    return config.from_table("card10-bme680", table, PLUGIN.prefix, Catalogue(PLUGIN.options.all()), {})


def test_a_table() -> None:
    values, wrong = from_table(device=["auto", "/dev/ttyACM0"], mode="repl", interval="10s", **{"restart-app": True})
    assert wrong == []
    assert values == {
        "serial.device": ["auto", "/dev/ttyACM0"],
        "serial.mode": "repl",
        "serial.interval": 10.0,
        "serial.restart-app": True,
    }


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"device": ["ttyACM0"]}, '"ttyACM0" is neither auto nor a path such as /dev/ttyACM0'),
        ({"device": ["/dev/tty\0"]}, "is neither auto nor a path"),
        ({"device": "/dev/ttyACM0"}, "this is an array"),
        ({"mode": "loud"}, '"loud" is not one of: repl, lines'),
        ({"interval": "500ms"}, '"500ms" is shorter than 1s, which a reading takes'),
    ],
)
def test_names_what_is_wrong(table: dict[str, object], why: str) -> None:
    _, (problem,) = from_table(**table)
    assert why in problem


def test_lines_end_no_app() -> None:
    with pytest.raises(ValueError, match=r"--serial\.restart-app: with --serial\.mode=lines, no app is ended"):
        PLUGIN.create({"serial.mode": "lines", "serial.restart-app": True})


def test_what_never_started_can_be_closed() -> None:
    exporter = PLUGIN.create({"serial.device": ["auto", "/dev/ttyACM0", "/dev/ttyACM0"]})
    exporter.close()
    assert exporter.ended()
