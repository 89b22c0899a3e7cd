"""`motes status`, `watch` and `read` as a person meets them: beside a real motesd, on a real terminal, with a badge."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.e2e.test_program import MOTESD, SOURCE, run
from tests.shared.person.test_fetch import answers, server
from tests.support.badge.badge import Badge
from tests.support.namespaces import WITHIN, until
from tests.support.program import ROOT, Program, free_port

MOTES = (sys.executable, "-m", "motes.shared.person.program")
FEW = '[node]\n"collector.disable-defaults" = true\n"collector.loadavg" = true\n'
ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
HOME, END = "\x1b[H", "\x1b[J"


def motes(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(*MOTES, *words, **{"NO_COLOR": "", "COLUMNS": "100", **environment})


def motesd(folder: Path, tables: str = FEW, port: int = 0, web: str = "") -> Program:
    port = port or free_port()
    file = folder / "motes.toml"
    file.write_text(f'[web]\nlisten-address = ["127.0.0.1:{port}"{web}]\n{tables}')
    command = (*MOTESD, f"--config.file={file}")
    return Program(command, port, folder / "log", ready="/-/ready", PYTHONPATH=SOURCE)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Program]:
    with motesd(tmp_path) as program:
        program.get("/metrics")
        yield program


class Person:
    """A program on a terminal of its own, and what is to be seen there."""

    def __init__(self, *command: str, columns: int = 100, lines: int = 30) -> None:
        self._master, terminal = pty.openpty()
        self._resize(columns, lines)
        self.process = subprocess.Popen(
            # So that Ctrl-C reaches it.
            ["setpriv", "--pdeathsig=KILL", "setsid", "--ctty", "--wait", *command],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env={**os.environ, "PYTHONPATH": SOURCE, "TERM": "xterm", "NO_COLOR": "", "LINES": "50"},
        )
        os.close(terminal)
        self.output = ""

    def frame(self) -> str:
        """What was drawn last, whole."""
        self._take(0.05)
        whole = self.output.rpartition(END)[0]
        return whole.rpartition(HOME)[2].replace("\x1b[K", "")

    def sees(self, text: str) -> None:
        until(lambda: text in self.frame(), f"to be seen: {text}", lambda: repr(self.output[-3000:]))

    def types(self, text: str) -> None:
        os.write(self._master, text.encode())

    def resize(self, columns: int, lines: int) -> None:
        """The kernel tells the program in the foreground, see tty_ioctl(4)."""
        self._resize(columns, lines)

    def end(self) -> int:
        """Wait for it; the exit status."""
        give_up = time.monotonic() + WITHIN
        while self.process.poll() is None:
            assert time.monotonic() < give_up, "it does not end"
            self._take(0.05)
        while self._take(0.05):
            pass
        return self.process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    def _resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def _take(self, seconds: float) -> bool:
        """Whether there was more."""
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            more = os.read(self._master, 1 << 16)
        except OSError:
            return False  # the other end is closed
        self.output += more.decode("utf-8", "replace")
        return bool(more)


# Status.


def test_status_of_one_that_does_well(daemon: Program) -> None:
    for where in (f"127.0.0.1:{daemon.port}", daemon.url, f"{daemon.url}/metrics", str(daemon.port)):
        done = motes("status", where)
        assert (done.returncode, done.stderr) == (0, "")
        assert "All is well." in done.stdout
        assert f"127.0.0.1:{daemon.port}" in done.stdout
        assert "loadavg" in done.stdout
        assert "\x1b" not in done.stdout


def test_status_by_a_unix_socket(tmp_path: Path) -> None:
    with motesd(tmp_path, web=f', "unix:{tmp_path}/sock"'):
        done = motes("status", f"unix:{tmp_path}/sock")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"motesd 0.1.0 at unix:{tmp_path}/sock" in done.stdout


def test_status_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    with motesd(tmp_path, f'{FEW}"path.procfs" = "{tmp_path}/proc"\n') as program:
        program.get("/metrics")
        done = motes("status", program.url)
    assert (done.returncode, done.stderr) == (1, "")
    assert "node loadavg: failed" in done.stdout.splitlines()[1]
    assert "No such file" in done.stdout.splitlines()[2]


def test_status_of_nobody() -> None:
    port = free_port()
    done = motes("status", f":{port}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"motes: http://127.0.0.1:{port}/: Connection refused\n"


def test_a_server_does_not_steer_the_terminal() -> None:
    with server(answers(b"HTTP/1.1 500 \x1b[2J\x07\r\nLocation: \x1b]0;a\x07\r\nContent-Length: 0\r\n\r\n")) as where:
        done = motes("status", where)
    assert done.returncode == 2
    assert done.stderr.removesuffix("\n").isprintable()


def test_status_is_coloured_on_a_terminal(daemon: Program) -> None:
    with Person(*MOTES, "status", daemon.url) as person:
        assert person.end() == 0
    assert "\x1b[32mAll is well.\x1b[0m" in person.output


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["statsu"], 'there is no command "statsu" (status?); see --help'),
        (["status", "a", "b"], "one program at a time: http://a:9100/, and not http://b:9100/ as well"),
        (["status", "--loud"], "unknown option --loud; see --help"),
        (["status", "ftp://a/"], '--url: "ftp://a/" is no URL'),
        (["watch", "--interval=0s"], '--interval: "0s" is no time at all'),
        (["read"], "read what? The name comes first: motes read NAME"),
        (["read", "nod"], 'there is no exporter "nod" (node?)'),
        (["read", "node.attic"], "there is no node.attic; there are node"),
        (["read", "node", "--collector.lodavg"], "unknown option --collector.lodavg"),
        (["doctor", "thermometer"], 'there is no exporter "thermometer"'),
        (["doctor", "--collector.cpu"], "unknown option --collector.cpu"),
    ],
    ids=" ".join,
)
def test_refused(words: list[str], line: str) -> None:
    done = motes(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"motes: {line}")


@pytest.mark.parametrize("words", [["--help"], ["help"], ["status", "-h"], ["doctor", "node", "--help"]])
def test_help(words: list[str]) -> None:
    done = motes(*words)
    assert (done.returncode, done.stderr) == (0, "")
    for command in ("status", "watch", "read", "doctor"):
        assert f"\n  motes {command} " in done.stdout


# Watch.


def test_watch_follows_a_program_that_goes_and_comes(tmp_path: Path) -> None:
    with motesd(tmp_path) as program:
        port = program.port
        with Person(*MOTES, "watch", program.url, "--interval=100ms") as person:
            person.sees("All is well.")
            program.process.send_signal(signal.SIGTERM)
            person.sees("Connection refused")
            assert "motesd 0.1.0" in person.frame(), "what was seen last is still there"
            program.process.wait(WITHIN)
            (tmp_path / "again").mkdir()
            with motesd(tmp_path / "again", port=port):
                until(lambda: "refused" not in person.frame(), "the program again", lambda: person.output[-2000:])
                person.sees("All is well.")
                person.types("\x03")
                assert person.end() == 0
    assert person.output.startswith(ENTER)
    assert person.output.endswith(LEAVE)
    assert "\x1b[2J" not in person.output, "nothing is blank in between"
    assert "Traceback" not in person.output


def test_watch_fits_the_terminal(daemon: Program) -> None:
    with Person(*MOTES, "watch", daemon.url, "--interval=1h") as person:
        person.sees("may connect")
        person.resize(40, 6)
        person.sees("more lines")
        lines = person.frame().split("\r\n")
        assert len(lines) == 6
        person.resize(40, 40)
        person.sees("process")
        person.types("\x03")
        assert person.end() == 0
    assert person.output.count(HOME) <= 3, "once at first, and once for each size"


def test_watch_into_a_file_writes_one_picture_after_the_other(daemon: Program, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with out.open("wb") as written:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", *MOTES, "watch", daemon.url, "--interval=100ms"],
            stdout=written,
            stderr=written,
            env={**os.environ, "PYTHONPATH": SOURCE},
        )
    try:
        until(lambda: out.read_text().count("All is well.") > 2, "three pictures", out.read_text)
        process.send_signal(signal.SIGINT)
        assert process.wait(WITHIN) == 0
    finally:
        process.kill()
        process.wait()
    assert "\x1b" not in out.read_text()
    assert "Traceback" not in out.read_text()


def test_nobody_reads_any_more(daemon: Program) -> None:
    done = run("sh", "-c", f'"$@" watch {daemon.url} --interval=100ms | head -n 3', "sh", *MOTES)
    assert done.returncode == 0
    assert done.stderr == ""


# Read.


def test_read_series() -> None:
    done = motes("read", "node", "--collector.disable-defaults", "--collector.loadavg")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "node  works"
    assert "node_load1  1m load average." in lines


def test_read_metrics() -> None:
    done = motes("read", "node", "--metrics", "--collector.disable-defaults", "--collector.loadavg")
    assert (done.returncode, done.stderr) == (0, "")
    assert "# TYPE node_load1 gauge\n" in done.stdout
    assert 'node_scrape_collector_success{collector="loadavg"} 1\n' in done.stdout


def test_read_says_what_failed(tmp_path: Path) -> None:
    done = motes("read", "node", f"--path.procfs={tmp_path}", "--collector.disable-defaults", "--collector.loadavg")
    assert done.returncode == 1
    assert done.stdout.startswith("node loadavg: failed")


def test_read_a_badge(tmp_path: Path) -> None:
    with Badge(tmp_path / "badge") as badge:
        file = tmp_path / "motes.toml"
        file.write_text(f'[card10-bme680.kitchen]\ndevice = ["{badge.path}"]\n[card10-bme680.attic]\n')
        done = motes("read", "card10-bme680.kitchen", f"--config.file={file}")
        assert (done.returncode, done.stderr) == (0, "")
        lines = done.stdout.splitlines()
        assert lines[0] == "card10-bme680.kitchen  works"
        assert f"  {badge.path}  " in lines[1]
        assert "temperature 21.5 °C, humidity 45 %" in lines[2]
        assert "attic" not in done.stdout
        done = motes("read", "card10-bme680", f"--serial.device={badge.path}", "--metrics")
        assert done.returncode == 0
        assert f'card10_temperature_celsius{{device="{badge.path}"}} 21.5\n' in done.stdout


def test_read_a_badge_that_is_not_there(tmp_path: Path) -> None:
    done = motes("read", "card10-bme680", f"--serial.device={tmp_path}/ttyACM0")
    assert (done.returncode, done.stderr) == (0, "")
    told = " ".join(done.stdout.split())
    assert told.startswith(f"card10-bme680 {tmp_path}/ttyACM0: not found ")
    assert "→ plug the badge in, or name the port that it is at with --serial.device" in told


def test_it_is_installed_as_a_program() -> None:
    assert 'motes = "motes.shared.person.program:main"' in (ROOT / "pyproject.toml").read_text()
