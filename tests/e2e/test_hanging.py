"""The program while the kernel does not answer it: pages come in time, and a stop is a stop."""

import signal
from pathlib import Path

from tests.support.hanging_fuse import hanging_fuse
from tests.support.namespaces import WITHIN, until
from tests.support.own_mounts import in_own_mounts
from tests.support.page import Page
from tests.support.program import motes_node

HASTY = ("--header", "X-Prometheus-Scrape-Timeout-Seconds: 2")


def ended(pid: int) -> bool:
    """Whether the program has come to its end, although the kernel keeps a thread of it."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_dead_file_system(tmp_path: Path) -> None:
    mounted = tmp_path / "dead"
    mounted.mkdir()
    with motes_node(tmp_path / "log") as program:
        with hanging_fuse(mounted):
            for _ in range(2):
                page = Page(program.get("/metrics", *HASTY))
                sizes = [dict(labels) for name, labels in page.values if name == "node_filesystem_size_bytes"]
                points = {labels["mountpoint"] for labels in sizes}
                assert "/" in points
                assert str(mounted) not in points
                assert ("node_load1", ()) in page.values
            program.process.send_signal(signal.SIGTERM)
            # Nothing ends a thread that waits for an answer which FUSE's daemon has begun to think about.
            until(lambda: ended(program.process.pid), "the end", program.log)
            assert "stopped" in program.log()
        assert program.process.wait(WITHIN) == 0


def test_a_sensor_that_does_not_answer(tmp_path: Path) -> None:
    """It costs its collector, and later on no more than its chip."""
    for name in ("hwmon0", "hwmon1"):
        chip = tmp_path / "sys" / "class" / "hwmon" / name
        chip.mkdir(parents=True)
        (chip / "name").write_text(f"{name}\n")
        (chip / "temp1_input").write_text("40000\n")

    def body() -> None:
        with (
            motes_node(tmp_path / "log", f"--path.sysfs={tmp_path / 'sys'}") as program,
            hanging_fuse(chip / "temp1_input") as fuse,
        ):

            def chips() -> set[str]:
                page = Page(program.get("/metrics", *HASTY))
                assert ("node_load1", ()) in page.values
                return {dict(labels)["chip"] for name, labels in page.values if name == "node_hwmon_temp_celsius"}

            fuse.content = b"30000\n"
            assert chips() == set()
            fuse.answer()
            until(lambda: chips() == {"hwmon0", "hwmon1"}, "both chips", program.log)
            fuse.hang()
            for _ in range(2):
                assert chips() == {"hwmon0"}
            fuse.answer()
            until(lambda: chips() == {"hwmon0", "hwmon1"}, "both chips again", program.log)

    in_own_mounts(body)


def test_a_stop_right_after_a_reload(tmp_path: Path) -> None:
    with motes_node(tmp_path / "log") as program:
        for number in (signal.SIGHUP, signal.SIGTERM):
            program.process.send_signal(number)
        assert program.process.wait(WITHIN) == 0, program.log()
        assert "stopped" in program.log()
