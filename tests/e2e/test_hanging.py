"""The program while the kernel does not answer it: pages come in time, and a stop is a stop."""

import signal
from pathlib import Path

from tests.support.hanging_fuse import hanging_fuse
from tests.support.namespaces import WITHIN, until
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


def test_a_stop_right_after_a_reload(tmp_path: Path) -> None:
    with motes_node(tmp_path / "log") as program:
        for number in (signal.SIGHUP, signal.SIGTERM):
            program.process.send_signal(number)
        assert program.process.wait(WITHIN) == 0, program.log()
        assert "stopped" in program.log()
