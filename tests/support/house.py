"""Somebody else's exporter, of sensors that a test makes up, in a JSON file, with what its collector raises."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from motes.shared.collector import Collector
from motes.shared.exposition import Family, gauge
from motes.shared.options import PATH, Catalogue, Option
from motes.shared.plugin import Exporter, Plugin
from motes.shared.sensor import Sensor

TABLE = '[house]\nfile = "{}"\n'


def install(folder: Path) -> None:
    """For a Python that has the folder among its paths."""
    info = folder / "house-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: house\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[motes.exporters]\nhouse = tests.support.house:PLUGIN\n")


def furnish(file: Path, sensors: Sequence[Mapping[str, Any]], error: str = "") -> None:
    """Sensors as Sensor takes them, by name of the argument; all at once."""
    new = file.with_suffix(".new")
    new.write_text(json.dumps({"sensors": sensors, "error": error}))
    new.rename(file)


def create(values: Mapping[str, Any]) -> Exporter:
    file = Path(values["house.file"])

    def collect(_: float) -> Iterator[Family]:
        error = json.loads(file.read_text())["error"]
        if error:
            raise ValueError(error)
        yield gauge("house_up", "Whether it stands.", 1)

    def sensors() -> Iterator[Sensor]:
        for each in json.loads(file.read_text())["sensors"]:
            yield Sensor(**each)

    return Exporter([Collector("house", "house", collect)], sensors=sensors)


PLUGIN = Plugin("house", Catalogue([Option("house.file", PATH, "", "What there is.")]), create, prefix="house.")
