"""The node exporter's switches and flags: those of node_exporter, found without importing what is not asked for."""

from types import ModuleType

import pytest
from motes.exporters import node
from motes.shared import config
from motes.shared.command_line import CommandLine
from motes.shared.config import Misconfigured
from motes.shared.settings import on_command_line


def read(*words: str) -> dict[str, object]:
    return CommandLine(on_command_line(node.PLUGIN), {}).read(words, {})


def names(*words: str) -> list[str]:
    exporter = node.create(read(*words))
    found = [collector.name for collector in exporter.collectors]
    exporter.close()
    return found


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The collectors whose modules are asked for."""
    asked: list[str] = []
    real = node.module

    def module(name: str) -> ModuleType:
        asked.append(name)
        return real(name)

    monkeypatch.setattr(node, "module", module)
    return asked


@pytest.mark.parametrize(
    ("word", "asked"),
    [
        ("--collector.cpu", []),
        ("--no-collector.cpu", []),
        ("--collector.disable-defaults", []),
        ("--path.procfs=/proc", []),
        ("--no-collector.wifi", []),
        ("--collector.cpu.info", ["cpu"]),
        ("--no-collector.cpu.guest", ["cpu"]),
        ("--collector.textfile.directory=/a", ["textfile"]),
    ],
)
def test_a_flag_imports_its_collector_at_most(imported: list[str], word: str, asked: list[str]) -> None:
    assert read(word)
    assert sorted(set(imported)) == asked


def test_flags_whose_name_is_not_their_collectors_are_found() -> None:
    assert read("--collector.netclass_rtnl.with-stats") == {"collector.netclass_rtnl.with-stats": True}


def test_what_is_off_is_not_imported(imported: list[str]) -> None:
    assert names("--collector.disable-defaults", "--collector.loadavg", "--collector.os") == ["loadavg", "os"]
    assert set(imported) == {"loadavg", "os"}


def test_switches() -> None:
    default = [name for name, on in node.COLLECTORS.items() if on]
    assert names() == default
    assert names("--no-collector.cpu") == [name for name in default if name != "cpu"]
    assert names("--collector.disable-defaults") == []
    assert names("--collector.cpu", "--no-collector.cpu", "--collector.disable-defaults", "--collector.os") == ["os"]


def test_a_collector_that_is_off_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "COLLECTORS", {"loadavg": True, "os": False})
    assert names() == ["loadavg"]
    assert names("--collector.os") == ["loadavg", "os"]
    assert names("--collector.os", "--collector.disable-defaults") == ["os"]


def test_expressions_that_cannot_be_taken_are_refused() -> None:
    with pytest.raises(Misconfigured, match=r"^--collector\.vmstat\.fields: .*look-ahead"):
        read("--collector.vmstat.fields=a(?!b)")


def test_folders_that_are_not_there_are_refused() -> None:
    for name in ("procfs", "sysfs", "rootfs"):
        with pytest.raises(Misconfigured, match=rf'^--path\.{name}: "/nowhere" is not a folder'):
            read(f"--path.{name}=/nowhere")


def test_help_names_every_collector_and_every_flag() -> None:
    told = {option.name: option for option in node.PLUGIN.options.all()}
    for name in node.COLLECTORS:
        assert f" {name}" in told["collector.NAME"].help
        assert {option.name for option in node.options(name)} <= told.keys()
        for option in node.options(name):
            assert option.help.endswith(".")


def test_every_option_has_a_name_of_its_own() -> None:
    options = node.PLUGIN.options.all()
    taken = [name for option in options for name in (option.name, *option.aliases)]
    assert len(set(taken)) == len(taken)
    variables = [config.variable(option) for option in options]
    assert len(set(variables)) == len(variables)
