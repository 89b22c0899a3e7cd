"""The daemon's exporters: ours by the table, others' by entry point; and what is said of those that are broken."""

import importlib.metadata
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from motes.exporters.node import PLUGIN
from motes.shared import log, motesd
from motes.shared.broken import Broken
from motes.shared.options import Catalogue
from motes.shared.plugin import Exporter, Plugin
from motes.shared.program import Program

from tests.support import theirs
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
    of_others(node="motes.exporters.card10_bme680:PLUGIN", theirs="tests.support.theirs:PLUGIN")
    plugins = motesd.Plugins()
    assert plugins["theirs"] is theirs.PLUGIN
    assert plugins["node"] is PLUGIN
    assert plugins.get("nobodys") is None


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("no_such_module_anywhere:PLUGIN", "ModuleNotFoundError: No module named"),
        ("motes.exporters.node:NOTHING", "AttributeError: module"),
        ("motes.exporters.node:ROOTS", "TypeError: its entry point is a tuple and no Plugin"),
        ("motes.exporters.node:PLUGIN", "ValueError: its entry point is called theirs, and its Plugin node"),
        ("tests.support.leaving:PLUGIN", "SystemExit: 0"),
    ],
)
def test_in_the_place_of_a_broken_one_is_one_that_says_so(
    of_others: Callable[..., None], value: str, told: str
) -> None:
    of_others(theirs=value)
    plugin = motesd.Plugins()["theirs"]
    assert isinstance(plugin, Broken)
    assert plugin.name == "theirs"
    assert plugin.error.startswith(told)
    assert motesd.Plugins()["theirs"] is not plugin


def test_one_that_is_never_imported(of_others: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(motesd, "PATIENCE", 0.01)
    of_others(theirs="tests.support.bad.hanging:PLUGIN")
    plugins = motesd.Plugins()
    for told in ("it has not come back within 0.01 s", "it has not come back from what it was asked before"):
        plugin = plugins["theirs"]
        assert isinstance(plugin, Broken)
        assert plugin.error == f"TimeoutError: {told}"


def test_an_interruption_is_none_of_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(motesd, "import_module", interrupted)
    with pytest.raises(KeyboardInterrupt):
        motesd.Plugins()["node"]


def test_one_of_ours_that_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(motesd.EXPORTERS, "broken", "motes.exporters.broken")
    plugin = motesd.Plugins()["broken"]
    assert isinstance(plugin, Broken)
    assert plugin.error.startswith("ModuleNotFoundError: ")


def failing(error: BaseException) -> Plugin:
    def create(_: object) -> Exporter:
        raise error

    return Plugin("broken", Catalogue([]), create)


def test_an_exporter_that_refuses_its_options(capfd: pytest.CaptureFixture[str]) -> None:
    plugin = failing(ValueError("--a and --b exclude each other"))
    assert Program("it", "", "127.0.0.1:0", {"broken": plugin}, own=plugin).main(["--once"]) == 2
    assert capfd.readouterr() == ("", "it: --a and --b exclude each other\n")


@pytest.mark.parametrize("error", [KeyError("x"), OSError(13, "no way"), SystemExit(), RecursionError("deep")])
def test_an_exporter_that_cannot_be_made(capfd: pytest.CaptureFixture[str], error: BaseException) -> None:
    plugin = failing(error)
    assert Program("it", "", "127.0.0.1:0", {"broken": plugin}, own=plugin).main(["--once"]) == 1
    shown = capfd.readouterr()
    assert 'motes_exporter_success{exporter="broken"} 0\n' in shown.out
    assert f"err={log.logfmt({'': f'{type(error).__name__}: {error}'})[1:]}\n" in shown.err


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
