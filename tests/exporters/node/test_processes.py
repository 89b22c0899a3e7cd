"""Processes of a real kernel, in a name space of process IDs where there are no others."""

import subprocess
import sys
from pathlib import Path

from motes.exporters import node
from motes.shared import exposition

from tests.support.namespaces import OWN_MOUNTS, WITHIN

# Two processes: this one with a thread more, that waits, and a child of it that has ended.
PROGRAM = """
import os, sys, threading
from pathlib import Path
sys.path[:0] = sys.argv[1:]
from tests.exporters.node.test_processes import page
from tests.support.namespaces import until
thread = threading.Thread(target=threading.Event().wait, daemon=True)
thread.start()
stat = Path(f"/proc/self/task/{thread.native_id}/stat")
until(lambda: ") S " in stat.read_text(), "the thread waits")
child = os.fork() or os._exit(0)
os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
page()
print(page())
"""


def page() -> str:
    flags = {"collector.disable-defaults": True, "collector.processes": True}
    (collector,) = node.create(flags).collectors
    before = set(Path("/proc/self/fd").iterdir())
    told = exposition.text(collector.collect(float("inf"))).decode()
    collector.collect(float("inf"))
    # Two for the limits, and none for the processes.
    assert len(set(Path("/proc/self/fd").iterdir()) - before) <= 2
    return told


def test_a_process_its_thread_and_a_child_that_has_ended() -> None:
    alone = (*OWN_MOUNTS, "--pid", "--fork", "--mount-proc")
    ran = subprocess.run(
        [*alone, sys.executable, "-c", PROGRAM, *sys.path], capture_output=True, text=True, check=False, timeout=WITHIN
    )
    assert ran.returncode == 0, ran.stderr
    values = dict(line.rsplit(" ", 1) for line in ran.stdout.splitlines() if line and not line.startswith("#"))
    limits = [int(values.pop(f"node_processes_max_{name}")) for name in ("threads", "processes")]
    assert min(limits) > 300
    assert values == {
        "node_processes_pids": "2",
        "node_processes_threads": "3",
        'node_processes_state{state="R"}': "1",
        'node_processes_state{state="Z"}': "1",
        'node_processes_threads_state{thread_state="R"}': "1",
        'node_processes_threads_state{thread_state="S"}': "1",
        'node_processes_threads_state{thread_state="Z"}': "1",
    }
