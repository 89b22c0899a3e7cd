"""Service files that were written for node_exporter, started with motes-node in its place."""

from pathlib import Path

from tests.exporters.node.test_flags import SWITCHES, debians
from tests.support.program import motes_node

# Its statistics stand in the place of netdev's; with both, node_exporter serves neither.
_ONE_OF_TWO = ("--no-collector.netdev",)
# What the start needs is there already, and these would make another place of it.
_OURS = ("web.", "log.", "path.")
_OLD = {
    "--collector.diskstats.ignored-devices=^(ram|loop)": "--collector.diskstats.device-exclude",
    "--collector.filesystem.ignored-mount-points=^/(sys|proc|dev)($|/)": "--collector.filesystem.mount-points-exclude",
    "--collector.filesystem.ignored-fs-types=^(sys|proc|auto)fs$": "--collector.filesystem.fs-types-exclude",
    "--collector.netdev.device-blacklist=^lo$": "--collector.netdev.device-exclude",
}


def collectors(page: str) -> set[str]:
    told = [line.split('"')[1] for line in page.splitlines() if line.startswith("node_scrape_collector_success{")]
    assert len(told) == len(set(told))
    return set(told)


def test_every_flag_at_once(tmp_path: Path) -> None:
    """Each with its default, or turned on."""
    flags = [
        f"--{name}" if value is None else f"--{name}={value}"
        for name, value in debians()
        if value != "1" and not name.startswith(_OURS) and name != "collector.disable-defaults"
    ]
    assert len(flags) > 100
    with motes_node(tmp_path / "log", *flags, *_ONE_OF_TWO) as program:
        on = collectors(program.get("/metrics"))
        assert {flag.removeprefix("--collector.") for flag in flags if flag.count(".") == 1} - on == {"netdev"}
        assert "option" not in program.log()


def test_everything_turned_off(tmp_path: Path) -> None:
    with motes_node(tmp_path / "log", *[f"--no-collector.{name}" for name in SWITCHES]) as program:
        assert collectors(program.get("/metrics")) == set()


def test_old_names_are_told_of_once_each(tmp_path: Path) -> None:
    with motes_node(tmp_path / "log", "--collector.disable-defaults", *_OLD) as program:
        warned = [line for line in program.log().splitlines() if 'msg="deprecated option"' in line]
        assert len(warned) == len(_OLD)
        for word, now in _OLD.items():
            assert sum(f"option={word.partition('=')[0]} instead={now}" in line for line in warned) == 1
