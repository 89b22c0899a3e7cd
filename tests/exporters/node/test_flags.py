"""node_exporter's flags: each is taken under its name, with its meaning and its default; old names are told of once.

`flags.tsv` is the list, our own; what Debian's program says of its flags is asked of that itself.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from motes.exporters import node
from motes.shared.command_line import CommandLine
from motes.shared.config import Misconfigured
from motes.shared.options import BOOLEAN, Option
from motes.shared.settings import on_command_line

from tests.support.counterparts import node_exporter_flags

_ROWS = [
    (line.split("\t") + [""] * 2)[:3]
    for line in (Path(__file__).parent / "flags.tsv").read_text().splitlines()
    if not line.startswith("#")
]
_TODAYS = {name: default for name, default, now in _ROWS if not now}
_OLD = {name: now for name, _, now in _ROWS if now}
SWITCHES = {
    name.partition(".")[2]: default for name, default in _TODAYS.items() if re.fullmatch(r"collector\.\w+", name)
}
_REPEATABLE = "..."
_EXCLUDING = [
    ("collector.diskstats.device-include", "collector.diskstats.device-exclude"),
    ("collector.filesystem.fs-types-include", "collector.filesystem.fs-types-exclude"),
    ("collector.filesystem.mount-points-include", "collector.filesystem.mount-points-exclude"),
    ("collector.netdev.device-include", "collector.netdev.device-exclude"),
    ("collector.qdisc.device-include", "collector.qdisc.device-exclude"),
]
# What its help says of some of these is not what it does: a device must match the one and must not match the other.
_TOGETHER = [
    ("collector.arp.device-include", "collector.arp.device-exclude"),
    ("collector.ethtool.device-include", "collector.ethtool.device-exclude"),
    ("collector.hwmon.chip-include", "collector.hwmon.chip-exclude"),
    ("collector.hwmon.sensor-include", "collector.hwmon.sensor-exclude"),
    ("collector.interrupts.name-include", "collector.interrupts.name-exclude"),
    ("collector.slabinfo.slabs-include", "collector.slabinfo.slabs-exclude"),
    ("collector.systemd.unit-include", "collector.systemd.unit-exclude"),
]
# Ours is None, for a variable of the environment comes before the default.
_LATER = {"collector.supervisord.url"}
_FLAG = re.compile(
    r"^ +(?:-\w, )?--(?P<negated>\[no-\])?(?P<name>[a-zA-Z_.-]+)(?:=(?P<value>\"[^\"]*\"|\S+))?", re.MULTILINE
)
# Those that stop the program.
_ENDING = {"help", "help-long", "help-man", "version"}
_WORDS = {
    "collector.perf.tracepoint": "sched:sched_switch",
    "runtime.gomaxprocs": "2",
    "web.listen-address": "127.0.0.1:0",
}


def option(name: str) -> Option:
    found = on_command_line(node.PLUGIN).find(name)
    assert found, f"--{name} is not known"
    return found


def read(*words: str) -> tuple[dict[str, object], dict[str, str]]:
    """Values, and the deprecated flags that were given, each with its name of today."""
    old: dict[str, str] = {}
    return CommandLine(on_command_line(node.PLUGIN), {}).read(words, old), old


def create(values: dict[str, object]) -> list[str]:
    """The names of the collectors that an exporter has with these values."""
    given = {name: value for name, value in values.items() if name.startswith(("collector.", "path."))}
    exporter = node.create(given)
    exporter.close()
    return [collector.name for collector in exporter.collectors]


def debians() -> Iterator[tuple[str, str | None]]:
    """The flags that the real one tells of, each with a value, or None for those that take none."""
    for found in _FLAG.finditer(node_exporter_flags()):
        name, value = found["name"], found["value"]
        if name not in _ENDING:
            # An upper-case word stands for any value.
            yield name, value and ("1" if value.isupper() else value.strip('"').replace("\\\\", "\\"))


@pytest.mark.parametrize("name", _TODAYS)
def test_default(name: str) -> None:
    found, default = option(name), _TODAYS[name]
    assert found.name == name
    assert (found.kind is BOOLEAN) == (default in ("true", "false"))
    assert found.repeatable == (default == _REPEATABLE)
    if default in ("", _REPEATABLE) or name in _LATER:
        assert not found.default
    else:
        assert found.default == found.kind.parse(default)


def test_collectors_are_all_of_node_exporters_and_no_others() -> None:
    assert {name: str(default).lower() for name, default in node.COLLECTORS.items()} == SWITCHES


@pytest.mark.parametrize("name", _OLD)
def test_deprecated(name: str) -> None:
    now = _OLD[name]
    assert option(name) is option(now)
    values, old = read(f"--{name}=^x$")
    assert values.keys() == {now}
    assert old == {f"--{name}": f"--{now}"}
    assert create(values)
    with pytest.raises(Misconfigured, match="is given twice"):
        read(f"--{name}=^x$", f"--{now}=^y$")


@pytest.mark.parametrize("pair", _EXCLUDING, ids=lambda pair: pair[0])
def test_flags_that_exclude_each_other(pair: tuple[str, str]) -> None:
    on = ".".join(pair[0].split(".")[:2])
    for flag in pair:
        assert create(read(f"--{on}", f"--{flag}=^$")[0])
        assert create(read(f"--{on}", f"--{flag}=")[0])
    values, _ = read(f"--{on}", *(f"--{flag}=^x$" for flag in pair))
    with pytest.raises(ValueError, match=rf"--{pair[0]} and --{pair[1]}|--{pair[1]} and --{pair[0]}"):
        create(values)


@pytest.mark.parametrize("pair", _TOGETHER, ids=lambda pair: pair[0])
def test_flags_that_may_stand_together(pair: tuple[str, str]) -> None:
    on = ".".join(pair[0].split(".")[:2])
    assert create(read(f"--{on}", *(f"--{flag}=^x$" for flag in pair))[0])


def test_every_flag_that_debians_tells_of() -> None:
    flags = dict(debians())
    assert len(flags) > 130
    for name, value in flags.items():
        found = option(name)
        assert (found.kind is BOOLEAN) == (value is None), name
        values, _ = read(f"--{name}" if value is None else f"--{name}={_WORDS.get(name, value)}")
        collector = name.split(".")[1] if name.startswith("collector.") else ""
        on = {f"collector.{collector}": True} if collector in node.COLLECTORS else {}
        assert create(on | values) or name == "collector.disable-defaults"
        if value is None:
            assert read(f"--no-{name}")[0] == {found.name: False}


def test_values_may_follow_as_words_of_their_own() -> None:
    name = "collector.netclass.ignored-devices"
    assert read(f"--{name}", "^(veth|docker)") == read(f"--{name}=^(veth|docker)")


def test_what_is_not_on_here_is_on_where_a_flag_says_so() -> None:
    """Everything at once, as in a service file that has been there for long."""
    values, _ = read(*[f"--collector.{name}" for name in SWITCHES])
    assert create(values) == list(node.COLLECTORS)


def test_all_can_be_turned_off() -> None:
    values, _ = read(*[f"--no-collector.{name}" for name in SWITCHES])
    assert create(values) == []
