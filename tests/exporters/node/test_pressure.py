"""What a fixture folder cannot show: a kernel that refuses to open the files."""

import errno
from pathlib import Path

import pytest
from motes.exporters import node
from motes.exporters.node.host import Tree
from motes.shared.collector import NoData


@pytest.mark.parametrize(("number", "expected"), [(errno.EOPNOTSUPP, NoData), (errno.EIO, OSError)])
def test_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: type[Exception]) -> None:
    def refuse(_self: Tree, _path: str) -> bytes:
        raise OSError(number, "as the kernel has it")

    monkeypatch.setattr(Tree, "__call__", refuse)
    flags: dict[str, object] = {option.name: str(tmp_path) for option in node.ROOTS}
    (collector,) = node.create(flags | {"collector.disable-defaults": True, "collector.pressure": True}).collectors
    with pytest.raises(expected):
        list(collector.collect(float("inf")))
