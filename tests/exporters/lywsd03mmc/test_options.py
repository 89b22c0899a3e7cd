"""What the exporter is told, on the command line of its own program and in a file."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from motes.exporters.lywsd03mmc import PLUGIN
from motes.shared import config
from motes.shared.options import Catalogue

if TYPE_CHECKING:
    from motes.shared.config import Values

KEY = "1f00112233445566778899aabbccddee"


def from_table(**table: object) -> "tuple[Values, list[str]]":
    return config.from_table("lywsd03mmc", table, PLUGIN.prefix, Catalogue(PLUGIN.options.all()), {})


@pytest.mark.parametrize(
    ("word", "adapter"), [("hci1", "hci1"), ("1", "hci1"), ("00:1a:7d:da:71:0a", "00:1A:7D:DA:71:0A"), ("", "")]
)
def test_adapter(word: str, adapter: str) -> None:
    assert from_table(adapter=word) == ({"ble.adapter": adapter}, [])


def test_names_and_keys_are_tables() -> None:
    values, wrong = from_table(name={"a4:c1:38:00:00:01": "living room"}, key={"A4C138000001": KEY})
    assert wrong == []
    assert values == {
        "ble.name": [("A4:C1:38:00:00:01", "living room")],
        "ble.key": [("A4:C1:38:00:00:01", bytes.fromhex(KEY))],
    }


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"poll": ["kitchen"]}, '"kitchen" is not a Bluetooth address such as'),
        ({"poll-interval": "5s"}, '"5s" is shorter than 10s'),
        ({"scan": "loud"}, '"loud" is not one of: auto, passive, active, off'),
        ({"adapter": "00:1a:7d"}, "is not a Bluetooth address"),
        ({"key": {"A4C138000001": KEY[1:]}}, "a key has 32 hexadecimal digits"),
    ],
)
def test_names_what_is_wrong(table: dict[str, object], why: str) -> None:
    _, (problem,) = from_table(**table)
    assert why in problem
    assert KEY[1:] not in problem


def test_nothing_to_do_is_refused() -> None:
    with pytest.raises(ValueError, match=r"--ble\.scan=off: with nothing in --ble\.poll there is nothing to do"):
        PLUGIN.create({"ble.scan": "off"})


def test_a_key_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"--ble\.key-file: cannot read"):
        PLUGIN.create({"ble.key-file": str(tmp_path / "missing")})


def test_reads_the_key_file_again(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "keys"
    file.write_text(f"A4C138000001 {KEY}\n")
    exporter = PLUGIN.create({"ble.key-file": str(file)})
    file.write_text("what is this\n")
    exporter.refresh()
    assert "line=1" in capfd.readouterr().err
    file.unlink()
    with pytest.raises(ValueError, match="cannot read"):
        exporter.refresh()


def test_a_key_is_no_flag() -> None:
    values, (problem,) = config.from_environment({"MOTES_BLE_KEY": f"A4C138000001={KEY}"}, PLUGIN.options.options)
    assert not values
    assert "--ble.key-file" in problem
    assert KEY not in problem
