"""A chip that does not answer: it is read apart once it has been late, and the others are served in the meantime."""

import threading
from pathlib import Path
from time import monotonic

import pytest
from motes.exporters import node
from motes.shared import exposition
from motes.shared.collector import Collector

from tests.support.hanging_fuse import HangingFuse, hanging_fuse
from tests.support.namespaces import WITHIN, until
from tests.support.own_mounts import in_own_mounts


def collector(sys: Path) -> Collector:
    flags: dict[str, object] = {option.name: str(sys) for option in node.ROOTS}
    return node.create(flags | {"collector.disable-defaults": True, "collector.hwmon": True}).collectors[0]


def make_chip(sys: Path, name: str) -> Path:
    folder = sys / "class" / "hwmon" / name
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"chip_{name}\n")
    sensor = folder / "temp1_input"
    sensor.write_text("40000\n")
    return sensor


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """The sensor of the second of two chips."""
    make_chip(tmp_path, "hwmon0")
    return make_chip(tmp_path, "hwmon1")


class Collection(threading.Thread):
    """Of a page that is due in so many seconds."""

    def __init__(self, collector: Collector, seconds: float) -> None:
        super().__init__(daemon=True)
        self._collector = collector
        self._seconds = seconds
        self._page = ""
        self.start()

    def run(self) -> None:
        self._page = exposition.text(self._collector.collect(monotonic() + self._seconds)).decode()

    def page(self) -> str:
        self.join(WITHIN)
        assert not self.is_alive(), "it does not end"
        return self._page


def page(collector: Collector, seconds: float) -> str:
    return Collection(collector, seconds).page()


def late(collector: Collector, fuse: HangingFuse) -> str:
    """The page of a collection that went on beyond its deadline."""
    asked = fuse.asked
    collection = Collection(collector, 0)
    until(lambda: fuse.asked > asked, "the slow attribute is read")
    assert collection.is_alive()
    fuse.answer()
    return collection.page()


GOOD = 'node_hwmon_temp_celsius{chip="chip_hwmon0",sensor="temp1"} 40.0\n'
SLOW = 'node_hwmon_temp_celsius{chip="chip_hwmon1",sensor="temp1"} '


def test_a_chip_that_was_late_once(tmp_path: Path, slow: Path) -> None:
    def body() -> None:
        hwmon = collector(tmp_path)
        with hanging_fuse(slow) as fuse:
            fuse.content = b"1000\n"
            first = late(hwmon, fuse)
            assert GOOD in first
            assert f"{SLOW}1.0\n" in first

            fuse.hang()
            for _ in range(2):
                found = page(hwmon, 0.3)
                assert GOOD in found
                assert "hwmon1" not in found
            # One question is under way, however often it was asked for.
            asked = fuse.asked
            page(hwmon, 0.3)
            assert fuse.asked == asked

            fuse.content = b"2000\n"
            fuse.answer()
            # Not what was read for the page that went without it.
            found = page(hwmon, WITHIN)
            assert GOOD in found
            assert f"{SLOW}2.0\n" in found

    in_own_mounts(body)


def test_a_late_chip_that_vanishes(tmp_path: Path, slow: Path) -> None:
    def body() -> None:
        hwmon = collector(tmp_path)
        with hanging_fuse(slow) as fuse:
            fuse.content = b"1000\n"
            late(hwmon, fuse)
        slow.parent.rename(tmp_path / "gone")
        found = page(hwmon, WITHIN)
        assert GOOD in found
        assert "hwmon1" not in found

    in_own_mounts(body)
