"""The daemon's exporters: ours by the table, others' by entry point; and what is said of those that are broken."""

import importlib.metadata
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from motes.exporters.node import PLUGIN
from motes.shared import motesd
from motes.shared.config import Misconfigured
from motes.shared.options import Catalogue
from motes.shared.plugin import Exporter, Plugin
from motes.shared.program import Program

from tests.support.fakes import Scripted


@pytest.fixture
def of_others(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Installs somebody else's exporters: names with what their entry points name."""

    def install(**values: str) -> None:
        points = [importlib.metadata.EntryPoint(name, value, "motes.exporters") for name, value in values.items()]

        def entry_points(group: str) -> importlib.metadata.EntryPoints:
            return importlib.metadata.EntryPoints(point for point in points if point.group == group)

        monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)

    return install


@pytest.fixture(autouse=True)
def _interrupts() -> Iterator[None]:
    """--once goes by its signals; these tests do not."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_ours() -> None:
    plugins = motesd.Plugins()
    assert plugins["node"] is PLUGIN
    assert list(plugins) == list(motesd.EXPORTERS)
    assert len(plugins) == len(motesd.EXPORTERS)


def test_others(of_others: Callable[..., None]) -> None:
    of_others(theirs="motes.exporters.node:PLUGIN")
    plugins = motesd.Plugins()
    assert plugins["theirs"] is PLUGIN
    assert plugins.get("nobodys") is None


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("no_such_module_anywhere:PLUGIN", "exporter theirs: ModuleNotFoundError: No module named"),
        ("motes.exporters.node:NOTHING", "exporter theirs: AttributeError: module"),
        ("motes.exporters.node:ROOTS", "exporter theirs: its entry point is a tuple and no Plugin"),
    ],
)
def test_broken_ones_are_told_of(of_others: Callable[..., None], value: str, told: str) -> None:
    of_others(theirs=value)
    with pytest.raises(Misconfigured) as raised:
        motesd.Plugins()["theirs"]
    assert raised.value.problems[0].startswith(told)


def test_one_of_ours_that_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(motesd.EXPORTERS, "broken", "motes.exporters.broken")
    with pytest.raises(Misconfigured, match=r"^exporter broken: ModuleNotFoundError: "):
        motesd.Plugins()["broken"]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("--a and --b exclude each other"), "it: --a and --b exclude each other\n"),
        (KeyError("x\ny"), "it: exporter broken: KeyError: 'x\\ny'\n"),
        (OSError(13, "no\nway"), "it: exporter broken: PermissionError: [Errno 13] no\\nway\n"),
    ],
)
def test_an_exporter_that_cannot_be_made(capfd: pytest.CaptureFixture[str], error: Exception, line: str) -> None:
    def create(_: object) -> Exporter:
        raise error

    plugin = Plugin("broken", Catalogue([]), create)
    assert Program("it", "", "127.0.0.1:0", {"broken": plugin}, own=plugin).main(["--once"]) == 2
    assert capfd.readouterr() == ("", line)


def test_tables_of_the_file_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "motes.toml"
    file.write_text("[two]\n[one]\n")
    plugins = {
        name: Plugin(name, Catalogue([]), lambda _, name=name: Exporter([Scripted(name).collector]))  # type: ignore[misc]
        for name in ("one", "two", "three")
    }
    program = Program("it", "", "127.0.0.1:0", plugins, default=["three"])
    for words, found in ((["--once"], ["three"]), (["--once", f"--config.file={file}"], ["one", "two"])):
        assert program.main(words) == 0
        page = capfd.readouterr().out
        assert [name for name in plugins if f"test_{name} 1\n" in page] == found
