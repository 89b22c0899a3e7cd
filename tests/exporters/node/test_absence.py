"""Collectors whose hardware is not there are not loaded; what they give is what they would give if they were."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from motes.exporters import node
from motes.exporters.node import _absence
from motes.shared import exposition
from motes.shared.collector import Collector, NoData
from motes.shared.re2 import compile_re2


def collector(name: str, root: Path, **more: object) -> Collector:
    flags: dict[str, object] = {option.name: str(root) for option in node.ROOTS}
    return node.create(flags | {"collector.disable-defaults": True, f"collector.{name}": True} | more).collectors[0]


def page(collector: Collector) -> str:
    try:
        return exposition.text(collector.collect(float("inf"))).decode()
    except NoData:
        return "no data"


@pytest.mark.parametrize("name", sorted(_absence.NAMES))
def test_as_if_it_were_loaded(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = page(collector(name, tmp_path))
    monkeypatch.setattr(_absence, "NAMES", ())
    assert found == page(collector(name, tmp_path))


@pytest.mark.parametrize("name", sorted(_absence.NAMES))
def test_flags_begin_with_the_name(name: str) -> None:
    assert all(name.startswith(option.name.split(".")[1]) for option in node.options(name))


def test_not_loaded(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "motes.exporters.node.program", "--once", *_roots(tmp_path)],
        env={**os.environ, "PYTHONVERBOSE": "1", "PYTHONPATH": str(Path(node.__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
    ).stderr
    assert "import 'motes.exporters.node.loadavg'" in told
    assert not [name for name in _absence.NAMES if f"import 'motes.exporters.node.{name}'" in told]


def _roots(root: Path) -> list[str]:
    return [f"--{option.name}={root}" for option in node.ROOTS]


def test_hardware_that_comes_and_goes(tmp_path: Path) -> None:
    hwmon = collector("hwmon", tmp_path)
    assert page(hwmon) == "no data"
    chip = tmp_path / "class" / "hwmon" / "hwmon0"
    chip.mkdir(parents=True)
    (chip / "name").write_text("board\n")
    (chip / "temp1_input").write_text("40000\n")
    assert 'node_hwmon_temp_celsius{chip="board",sensor="temp1"} 40.0\n' in page(hwmon)
    chip.parent.rename(tmp_path / "gone")
    assert page(hwmon) == "no data"


def test_flags_that_are_given_are_heeded(tmp_path: Path) -> None:
    chip = tmp_path / "class" / "hwmon" / "hwmon0"
    chip.mkdir(parents=True)
    (chip / "name").write_text("board\n")
    assert page(collector("hwmon", tmp_path, **{"collector.hwmon.chip-exclude": compile_re2("board")})) == ""
