"""Folders unpacked from one text, and lines that are refused."""

import os
from pathlib import Path

import pytest

from tests.support.tree import unpack

TREE = """
# A comment.
proc/loadavg: 1 2 3
proc/cpu{0,1}/id: x
proc/masked:
proc/stat:
\tcpu 1
\tcpu0 1
sys/0000:00:01.0/class: 0x06
sys/empty/
sys/net/lo/
\tmtu: 65536
\tup/state: a: b
\tdevice -> ../lo
sys/link -> net/lo
"""


def test_unpack(tmp_path: Path) -> None:
    unpack(TREE, tmp_path)
    found = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("*")}
    assert {name: path.read_text() for name, path in found.items() if path.is_file() and not path.is_symlink()} == {
        "proc/loadavg": "1 2 3\n",
        "proc/cpu0/id": "x\n",
        "proc/cpu1/id": "x\n",
        "proc/masked": "",
        "proc/stat": "cpu 1\ncpu0 1\n",
        "sys/0000:00:01.0/class": "0x06\n",
        "sys/net/lo/mtu": "65536\n",
        "sys/net/lo/up/state": "a: b\n",
    }
    assert {name: os.readlink(path) for name, path in found.items() if path.is_symlink()} == {
        "sys/net/lo/device": "../lo",
        "sys/link": "net/lo",
    }
    assert not list(found["sys/empty"].iterdir())


def test_other_lines_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither a file nor a link nor a folder: 'proc/loadavg'"):
        unpack("proc/loadavg\n", tmp_path)
