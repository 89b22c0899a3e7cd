"""Devices that go while they are read, in a tree of files that a test takes away."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from motes.exporters.node._samples import whole
from motes.exporters.node.host import Device, Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    for name in ("one", "two"):
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "state").write_text("live\n")
    return Tree(str(tmp_path))


def read_twice(device: Device) -> Iterator[bytes]:
    yield device("state")
    yield device("serial")


def test_gives_what_was_read(tree: Tree) -> None:
    one, _ = tree.devices("class")
    assert whole(tree, one, lambda device: [device("state")]) == [b"live"]


def test_raises_for_a_device_that_is_still_there(tree: Tree) -> None:
    one, _ = tree.devices("class")
    with pytest.raises(FileNotFoundError):
        whole(tree, one, read_twice)


def test_gives_nothing_of_a_device_that_went_while_it_was_read(tree: Tree) -> None:
    def read(device: Device) -> Iterator[bytes]:
        yield device("state")
        shutil.rmtree(tree.path(device.path))
        yield device("serial")

    one, two = tree.devices("class")
    assert whole(tree, one, read) == []
    assert whole(tree, two, lambda device: [device("state")]) == [b"live"]


def test_gives_nothing_of_a_device_whose_attributes_only_seemed_to_be_absent(tree: Tree) -> None:
    def read(device: Device) -> list[bytes | None]:
        shutil.rmtree(tree.path(device.path))
        return [device.get("state")]

    one, _ = tree.devices("class")
    assert whole(tree, one, read) == []
