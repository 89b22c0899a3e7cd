"""Include and exclude: which names are left out, and the pairs that cannot stand together."""

import re

import pytest
from motes.exporters.node.device_filter import DeviceFilter

DEFAULT = re.compile("^ram")


@pytest.mark.parametrize(
    ("include", "exclude", "left_out"),
    [
        (None, None, []),
        ("", "", []),
        ("eth", None, ["lo", "wg0"]),
        ("^eth0$", None, ["lo", "veth0", "wg0"]),
        (None, "eth0", ["eth0", "veth0"]),
        ("", "^lo$", ["lo"]),
        ("^lo$", "", ["eth0", "veth0", "wg0"]),
    ],
)
def test_leaves_out(include: str | None, exclude: str | None, left_out: list[str]) -> None:
    devices = DeviceFilter(
        None if include is None else re.compile(include), None if exclude is None else re.compile(exclude)
    )
    assert [name for name in ("eth0", "lo", "veth0", "wg0") if devices.ignored(name)] == left_out


def test_both_given_names_both_flags() -> None:
    flags = ("collector.netdev.device-include", "collector.netdev.device-exclude")
    with pytest.raises(ValueError, match=f"--{flags[0]} and --{flags[1]} "):
        DeviceFilter(re.compile("a"), re.compile("b"), flags)


def test_both_given_both_hold_where_they_may_stand_together() -> None:
    devices = DeviceFilter(re.compile("eth"), re.compile("^v"))
    assert [name for name in ("eth0", "lo", "veth0") if devices.ignored(name)] == ["lo", "veth0"]


def test_a_default_exclude_gives_way_to_an_include() -> None:
    devices = DeviceFilter(re.compile("^ram0"), DEFAULT, ("include", "exclude"), default=DEFAULT)
    assert not devices.ignored("ram0")
    assert devices.ignored("sda")


def test_a_default_exclude_stands_alone() -> None:
    assert DeviceFilter(None, DEFAULT, default=DEFAULT).ignored("ram0")
