"""The node exporter's switches and flags: those of node_exporter, found without importing what is not asked for."""

import re
from collections.abc import Iterator
from types import ModuleType

import pytest
from motes.exporters import node
from motes.shared import config
from motes.shared.command_line import CommandLine
from motes.shared.config import Misconfigured
from motes.shared.options import BOOLEAN
from motes.shared.plugin import Exporter
from motes.shared.settings import on_command_line

from tests.support.counterparts import node_exporter_flags

_FLAG = re.compile(
    r"^ +(?:-\w, )?--(?P<negated>\[no-\])?(?P<name>[a-zA-Z_.-]+)(?:=(?P<value>\"[^\"]*\"|\S+))?", re.MULTILINE
)
# Not in the help that it prints.
_HIDDEN = {
    "collector.diskstats.ignored-devices": "^$",
    "collector.filesystem.ignored-fs-types": "^$",
    "collector.filesystem.ignored-mount-points": "^$",
    "collector.filesystem.mount-timeout": "5s",
    "collector.filesystem.stat-workers": "4",
    "collector.netdev.device-blacklist": "^$",
    "collector.netdev.device-whitelist": "^$",
}
_EXCLUDING = [
    ("collector.diskstats.device-include", "collector.diskstats.device-exclude"),
    ("collector.filesystem.mount-points-include", "collector.filesystem.mount-points-exclude"),
    ("collector.filesystem.fs-types-include", "collector.filesystem.fs-types-exclude"),
    ("collector.hwmon.chip-include", "collector.hwmon.chip-exclude"),
    ("collector.hwmon.sensor-include", "collector.hwmon.sensor-exclude"),
    ("collector.netdev.device-include", "collector.netdev.device-exclude"),
]


def read(*words: str) -> dict[str, object]:
    return CommandLine(on_command_line(node.PLUGIN), {}).read(words, {})


def names(*words: str) -> list[str]:
    exporter = node.create(read(*words))
    found = [collector.name for collector in exporter.collectors]
    exporter.close()
    return found


def upstream() -> Iterator[tuple[str, str | None]]:
    """The flags of the real one but for those of collectors that are not here; a value with each that wants one."""
    flags = [(found["name"], found["value"]) for found in _FLAG.finditer(node_exporter_flags())]
    for name, value in [*flags, *_HIDDEN.items()]:
        words = name.split(".")
        if words[0] == "collector" and words[1] not in node.COLLECTORS and (len(words) > 2 or words[1] in node.ABSENT):
            continue
        if not name.startswith("help-"):
            # An upper-case word stands for any value.
            yield name, value and ("1" if value.isupper() else value.strip('"').replace("\\\\", "\\"))


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


def test_collectors_that_are_not_here_can_be_turned_off_but_not_on() -> None:
    assert not node.ABSENT.intersection(node.COLLECTORS)
    for name in node.ABSENT:
        assert names("--collector.disable-defaults", f"--no-collector.{name}") == []
    with pytest.raises(ValueError, match=r"^--collector\.wifi: there is no wifi collector here; leave it out$"):
        names("--collector.wifi")


@pytest.mark.parametrize("flags", _EXCLUDING, ids=lambda pair: pair[0])
def test_flags_that_exclude_each_other(flags: tuple[str, str]) -> None:
    for flag in flags:
        assert names(f"--{flag}=^$")
        assert names(f"--{flag}=")
    with pytest.raises(ValueError, match=rf"--{flags[0]} and --{flags[1]}|--{flags[1]} and --{flags[0]}"):
        names(*(f"--{flag}=^x$" for flag in flags))


def test_expressions_that_cannot_be_taken_are_refused() -> None:
    with pytest.raises(Misconfigured, match=r"^--collector\.vmstat\.fields: .*look-ahead"):
        read("--collector.vmstat.fields=a(?!b)")


def test_folders_that_are_not_there_are_refused() -> None:
    for name in ("procfs", "sysfs", "rootfs"):
        with pytest.raises(Misconfigured, match=rf'^--path\.{name}: "/nowhere" is not a folder'):
            read(f"--path.{name}=/nowhere")


def test_every_flag_of_node_exporter_is_taken() -> None:
    flags = dict(upstream())
    assert len(flags) > 70
    for name, value in flags.items():
        option = on_command_line(node.PLUGIN).find(name)
        assert option, f"--{name} is not known"
        assert (option.kind is BOOLEAN) == (value is None), name
        if name in ("help", "version", "web.config.file"):
            continue
        given = read(f"--{name}" if value is None else f"--{name}={value}")
        created = node.create({key: value for key, value in given.items() if key.startswith(("collector.", "path."))})
        assert isinstance(created, Exporter)
        created.close()
        if value is None and not name.startswith(("web.", "collector.disable")):
            assert read(f"--no-{name}") == {option.name: False}


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
