"""The program while the kernel does not answer it: pages come in time, and a stop is a stop."""

import signal
from pathlib import Path

from tests.support.hanging_fuse import hanging_fuse
from tests.support.namespaces import WITHIN
from tests.support.page import Page
from tests.support.program import motes_node

HASTY = ("--header", "X-Prometheus-Scrape-Timeout-Seconds: 2")


def test_a_dead_file_system(tmp_path: Path) -> None:
    mounted = tmp_path / "dead"
    mounted.mkdir()
    with motes_node(tmp_path / "log") as program, hanging_fuse(mounted):
        for _ in range(2):
            page = Page(program.get("/metrics", *HASTY))
            points = {
                dict(labels)["mountpoint"] for name, labels in page.values if name == "node_filesystem_size_bytes"
            }
            assert "/" in points
            assert str(mounted) not in points
            assert ("node_load1", ()) in page.values
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(WITHIN) == 0, program.log()
        assert "stopped" in program.log()


def test_a_stop_right_after_a_reload(tmp_path: Path) -> None:
    with motes_node(tmp_path / "log") as program:
        for number in (signal.SIGHUP, signal.SIGTERM):
            program.process.send_signal(number)
        assert program.process.wait(WITHIN) == 0, program.log()
        assert "stopped" in program.log()
