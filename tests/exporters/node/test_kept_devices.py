"""A device that is taken for another one, of the same name: nothing of the first may be left."""

import shutil
from pathlib import Path

import pytest
from motes.exporters import node
from motes.shared import exposition

ATTRIBUTES = {
    "hwmon": ("class/hwmon/hwmon0", ("name", "temp1_input")),
    "rapl": ("class/powercap/intel-rapl:0", ("name", "energy_uj", "max_energy_range_uj")),
    "thermal_zone": ("class/thermal/thermal_zone0", ("type", "policy", "temp")),
}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_another_device_of_the_same_name(name: str, tmp_path: Path) -> None:
    flags = {option.name: str(tmp_path) for option in node.ROOTS} | {
        "collector.disable-defaults": True,
        f"collector.{name}": True,
    }
    (collector,) = node.create(flags).collectors
    folder, (title, *numbers) = ATTRIBUTES[name]
    # ext4 and tmpfs give the number of an inode that was freed to the next file.
    for word, other in (("first", "second"), ("second", "first"), ("first", "second")):
        shutil.rmtree(tmp_path / "class", ignore_errors=True)
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / title).write_text(f"{word}\n")
        for number in numbers:
            (tmp_path / folder / number).write_text("5000\n")
        page = exposition.text(collector.collect(float("inf"))).decode()
        assert word in page
        assert other not in page
