"""The text file collector on folders made here, for their time stamps and paths are part of what it serves."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from motes.exporters.node import _textfile, textfile
from motes.exporters.node.host import Budget, Host
from motes.shared import exposition
from motes.shared.textformat import TextFamily, parse

Make = Callable[..., textfile.Collector]
MODIFIED = 1_700_000_000


@pytest.fixture
def collector() -> Make:
    def make(*patterns: object) -> textfile.Collector:
        roots = {f"path.{name}": "/" for name in ("procfs", "sysfs", "rootfs", "udev.data")}
        return textfile.Collector(
            Host({**roots, "collector.textfile.directory": [str(pattern) for pattern in patterns]}, Budget())
        )

    return make


def write(path: Path, content: str | bytes, modified: float = MODIFIED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    os.utime(path, (modified, modified))
    return path


def page(collector: textfile.Collector) -> str:
    return exposition.text(collector.collect()).decode()


def values(collector: textfile.Collector) -> list[str]:
    return [line for line in page(collector).splitlines() if not line.startswith("#")]


def test_files_of_several_folders(collector: Make, tmp_path: Path) -> None:
    one = write(tmp_path / "a/one.prom", "# HELP backup_ok Whether.\n# TYPE backup_ok gauge\nbackup_ok 1\nplain 2\n")
    two = write(tmp_path / "b/two.prom", 'backup_ok{of="x"} 3\nplain{of="y"} 4\n'.replace("backup_ok", "other"), 1.9)
    three = write(tmp_path / ".c/three.prom", "# HELP none There is none.\n")
    write(tmp_path / "a/notes.txt", "not metrics")
    write(tmp_path / "a/.prom.swp", "not metrics")
    assert (
        page(collector(tmp_path / "a", tmp_path / "[^a]", tmp_path / "*", tmp_path / "b/"))
        == f"""\
# HELP backup_ok Whether.
# TYPE backup_ok gauge
backup_ok 1
# HELP plain Metric read from {one}, {two}
# TYPE plain untyped
plain 2
plain{{of="y"}} 4
# HELP other Metric read from {two}
# TYPE other untyped
other{{of="x"}} 3
# HELP node_textfile_mtime_seconds When the file was last modified.
# TYPE node_textfile_mtime_seconds gauge
node_textfile_mtime_seconds{{file="{one}"}} 1700000000
node_textfile_mtime_seconds{{file="{two}"}} 1
node_textfile_mtime_seconds{{file="{three}"}} 1700000000
# HELP node_textfile_scrape_error Whether a folder or a file could not be served whole.
# TYPE node_textfile_scrape_error gauge
node_textfile_scrape_error 0
"""
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("bad 1\nbad two\n", "line 2: 'two' is no number"),
        ("bad 1 1700000000\n", "timestamps"),
        ("bad 1\nbad 1\n", "bad is there twice"),
        (b"# \xff\nbad 1\n", "utf-8"),
        ("good 1\nbad 1\n", "good is in "),
        ("# TYPE good gauge\ngood{a=\"b\"} 1\nbad 1\n", "good is of type untyped in "),
        ("bad 1\nnode_textfile_scrape_error 0\n", "is this collector's own"),
        (b"\n" * (_textfile.MOST_BYTES + 1), "larger than"),
    ],
)  # fmt: skip
def test_a_bad_file_is_left_out_and_named_once(
    collector: Make, tmp_path: Path, capfd: pytest.CaptureFixture[str], content: str | bytes, why: str
) -> None:
    good = write(tmp_path / "a.prom", "good 1\n")
    bad = write(tmp_path / "b.prom", content)
    written = collector(tmp_path)
    served = ["good 1", f'node_textfile_mtime_seconds{{file="{good}"}} 1700000000', "node_textfile_scrape_error 1"]
    for _ in range(3):
        assert values(written) == served
    told = capfd.readouterr().err
    assert told.count("\n") == told.count(str(bad)) == 1
    assert why in told
    write(bad, "bad 2\n")
    assert "bad 2" in values(written)
    assert "node_textfile_scrape_error 0" in values(written)
    assert str(bad) in capfd.readouterr().err


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/absent", path)])
def test_what_is_no_file_does_not_hang(collector: Make, tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "a.prom")
    write(tmp_path / "b.prom", "good 1\n")
    found = values(collector(tmp_path))
    assert found[0] == "good 1"
    assert found[-1] == "node_textfile_scrape_error 1"


def test_another_help_leaves_the_later_family_out(collector: Make, tmp_path: Path) -> None:
    write(tmp_path / "a.prom", "# HELP a One.\na 1\n")
    write(tmp_path / "b.prom", '# HELP a Two.\na{of="b"} 1\nb 2\n')
    found = page(collector(tmp_path))
    assert "# HELP a One.\n# TYPE a untyped\na 1\n" in found
    assert 'a{of="b"}' not in found
    assert "\nb 2\n" in found
    assert found.count("node_textfile_mtime_seconds{") == 2
    assert found.endswith("node_textfile_scrape_error 1\n")


def test_reads_again_only_what_changed(collector: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []

    def noted(content: bytes) -> dict[str, TextFamily]:
        read.append(content)
        return parse(content)

    monkeypatch.setattr(_textfile, "parse", noted)
    one = write(tmp_path / "a.prom", "a 1\n")
    write(tmp_path / "b.prom", "b 1\n")
    written = collector(tmp_path)
    for _ in range(3):
        assert values(written)[:2] == ["a 1", "b 1"]
    assert read == [b"a 1\n", b"b 1\n"]
    write(one, "a 2\n", MODIFIED + 1)
    assert values(written)[:2] == ["a 2", "b 1"]
    assert read[2:] == [b"a 2\n"]
    one.unlink()
    assert values(written)[0] == "b 1"
    assert len(read) == 3


def test_a_file_just_written_is_not_trusted_to_stay(collector: Make, tmp_path: Path) -> None:
    path = tmp_path / "a.prom"
    written = collector(tmp_path)
    path.write_text("a 1\n")
    stamp = path.stat().st_mtime_ns
    assert values(written)[0] == "a 1"
    path.write_text("a 2\n")
    os.utime(path, ns=(stamp, stamp))
    assert values(written)[0] == "a 2"


def test_patterns_are_gos(tmp_path: Path) -> None:
    for name in ("a", "b", "*", ".hidden", "c/d"):
        (tmp_path / name).mkdir(parents=True)
    root = str(tmp_path)
    assert _textfile.folders([f"{root}/*"]) == [f"{root}/{name}" for name in ("*", ".hidden", "a", "b", "c")]
    assert _textfile.folders([f"{root}/\\*", "", f"{root}/[^.*b]"]) == [f"{root}/{name}" for name in ("*", "a", "c")]
    assert _textfile.folders([f"{root}/**/d", f"{root}/x*"]) == [f"{root}/c/d", f"{root}/x*"]
