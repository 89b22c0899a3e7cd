"""Bluetooth addresses."""

import pytest
from motes.exporters.lywsd03mmc import mac


@pytest.mark.parametrize("word", ["A4:C1:38:00:00:0f", "a4-c1-38-00-00-0f", "A4C13800000F", " a4c13800000f "])
def test_reads_what_people_write(word: str) -> None:
    address = mac.parse(word)
    assert address == "A4:C1:38:00:00:0F"
    assert mac.compact(address) == "A4C13800000F"
    assert mac.octets(address) == bytes.fromhex("a4c13800000f")


@pytest.mark.parametrize("word", ["", "A4:C1:38", "A4:C1:38:00:00:0G", "A4C13800000F00", "thermometer", "٣" * 12])
def test_refuses_what_is_none(word: str) -> None:
    with pytest.raises(ValueError, match="is not a Bluetooth address such as"):
        mac.parse(word)
