"""The programs as a person, a service manager and a scraper meet them: real processes of this checkout."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.namespaces import WITHIN, until
from tests.support.page import Page
from tests.support.program import NODE, ROOT, Program, free_port, motes_node
from tests.support.scraper import Scraper

MOTESD = (sys.executable, "-m", "motes.shared.motesd")
SOURCE = str(ROOT / ".src")
FEW = ("--collector.disable-defaults", "--collector.loadavg")
TAKEN = ("motes_config_last_reload_successful", ())


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {**os.environ, "PYTHONPATH": SOURCE}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**inherited, **environment}, timeout=WITHIN
    )


def shell(script: str, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command as "$@" of a shell's script."""
    return run("sh", "-c", script, "sh", *command, **environment)


def events(log: str) -> list[dict[str, str]]:
    """What was logged; AssertionError for a line that is not logfmt."""
    found = []
    for line in log.splitlines():
        pairs = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|[^ "]+)(?: |$)', line)
        assert " ".join("=".join(pair) for pair in pairs) == line
        found.append({name: value.strip('"') for name, value in pairs})
    return found


# Refused.


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--web.listen-adress=:9100"], "unknown option --web.listen-adress (--web.listen-address?); see --help"),
        (["--web.listen-address"], "--web.listen-address needs a value: --web.listen-address=ADDRESS"),
        (["--web.listen-address=me:9100"], '--web.listen-address: "me:9100": "me" is no address'),
        (["--web.listen-address=:1", "--web.listen-address=[::]:1"], "--web.listen-address: :1 and :1 overlap"),
        (["--web.telemetry-path=metrics"], '--web.telemetry-path: "metrics" is not a path such as /metrics'),
        (["--web.max-requests=-1"], '--web.max-requests: "-1" is not a whole number'),
        (["--web.socket-mode=999"], '--web.socket-mode: "999" is not a file mode such as 0660'),
        (["--web.socket-group=no-such"], '--web.socket-group: there is no group "no-such"'),
        (["--web.config.file=/etc/web.yml"], "--web.config.file: TLS and passwords are left to what stands in front"),
        (["--scrape.timeout=0"], '--scrape.timeout: "0" is no time at all'),
        (["--log.level=loud"], '--log.level: "loud" is not one of: debug, info, warn, error'),
        (["--log.level=two\nlines"], '--log.level: "two\\nlines" is not one of'),
        (["--config.file=/nowhere"], "--config.file: cannot read /nowhere: No such file or directory"),
        (["--path.procfs=/nowhere"], '--path.procfs: "/nowhere" is not a folder'),
        (["--collector.netdev.device-include=a(?=b)"], "--collector.netdev.device-include: "),
        (
            ["--collector.netdev.device-include=a", "--collector.netdev.device-exclude=b"],
            "--collector.netdev.device-include and --collector.netdev.device-exclude exclude each other",
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_refused_with_one_line(words: list[str], line: str) -> None:
    done = run(*NODE, *words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"motes-node: {line}")
    assert done.stderr.count("\n") == 1


def test_a_wrong_file_is_refused_with_one_line(tmp_path: Path) -> None:
    file = tmp_path / "motes.toml"
    file.write_text('[web]\nmax-requests = "40"\n[node]\ncollector.cpu.info = true\n')
    done = run(*MOTESD, f"--config.file={file}")
    line = f'motesd: {file}: [web] max-requests: "40" is of the wrong type: N is wanted, a whole number'
    line += " (and 1 more, see --config.check)\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", line)


def test_a_wrong_variable_is_refused_and_an_unknown_one_is_told_of() -> None:
    done = run(*NODE, MOTES_WEB_MAX_REQUESTS="many")
    assert (done.returncode, done.stderr.partition(":")[2].strip().partition(":")[0]) == (2, "MOTES_WEB_MAX_REQUESTS")
    done = run(*NODE, "--once", *FEW, MOTES_WEB_MAX_REQUEST="3", MOTES_WEB_ALLOW="")
    assert done.returncode == 0
    assert [event["variable"] for event in events(done.stderr)] == ["MOTES_WEB_MAX_REQUEST"]


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run(*NODE, f"--web.listen-address={address}")
    assert done.returncode == 1
    (event,) = events(done.stderr)
    assert event["level"] == "error"
    assert event["err"] == f"cannot listen on {address}: the port is taken"


# Printed.


@pytest.mark.parametrize("command", [NODE, MOTESD])
def test_help_and_version(command: Sequence[str]) -> None:
    for word in ("--help", "-h"):
        done = run(*command, word)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("usage: motes")
        assert "Default: 127.0.0.1:9100 " in " ".join(done.stdout.split())
    done = run(*command, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"motes(d|-node), version \d+\.\d+\.\d+\n", done.stdout)


def test_once_with_a_failing_collector(tmp_path: Path) -> None:
    (tmp_path / "vmstat").write_text("pgfault 5\n")
    done = run(*NODE, "--once", *FEW, "--collector.vmstat", f"--path.procfs={tmp_path}")
    assert done.returncode == 1
    page = Page(done.stdout)
    assert page.values["node_vmstat_pgfault", ()] == 5
    assert page.values["node_scrape_collector_success", (("collector", "loadavg"),)] == 0
    (event,) = events(done.stderr)
    assert (event["level"], event["collector"]) == ("warn", "loadavg")


def test_once_where_hardware_is_absent(tmp_path: Path) -> None:
    (tmp_path / "loadavg").write_text("1 2 3 4/5 6\n")
    done = run(*NODE, "--once", *FEW, "--collector.zfs", f"--path.procfs={tmp_path}")
    assert (done.returncode, done.stderr) == (0, "")
    page = Page(done.stdout)
    assert page.values["node_load15", ()] == 3
    assert page.values["node_scrape_collector_success", (("collector", "zfs"),)] == 0


def test_output_that_cannot_be_written() -> None:
    for words in (["--help"], ["--version"], ["--once", *FEW]):
        done = shell('"$@" > /dev/full', *NODE, *words)
        line = "motes-node: cannot write to standard output: No space left on device\n"
        assert (done.returncode, done.stderr) == (1, line)
        done = shell('"$@" >&-', *NODE, *words)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        done = shell('"$@" <&- >&- 2>&-', *NODE, *words)
        assert done.returncode == 1
        done = shell('{ "$@"; echo $? >&2; } | true', *NODE, *words)
        assert done.stderr in ("0\n", "1\n")


def test_options_may_stand_in_the_environment(tmp_path: Path) -> None:
    (tmp_path / "loadavg").write_text("1 2 3 4/5 6\n")
    environment = {"MOTES_COLLECTOR_DISABLE_DEFAULTS": "true", "MOTES_COLLECTOR_LOADAVG": "1"}
    done = run(*NODE, MOTES_ONCE="true", MOTES_PATH_PROCFS=str(tmp_path), **environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert Page(done.stdout).values["node_load1", ()] == 1


def test_isolated_python() -> None:
    code = f"import sys; sys.path.insert(0, {SOURCE!r}); from motes.exporters.node.program import main; main()"
    done = run(sys.executable, "-I", "-c", code, "--once", *FEW)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\nnode_load1 " in done.stdout


# Served.


def test_says_where_it_listens_and_what_it_serves(tmp_path: Path) -> None:
    path, other = tmp_path / "node.sock", free_port()
    more = (f"--web.listen-address=127.0.0.1:{other}", f"--web.listen-address=unix:{path}")
    with motes_node(tmp_path / "log", *more, *FEW) as program:
        until(lambda: "serving" in program.log(), "the last line", program.log)
        *listening, serving = events(program.log())
        assert [(event["msg"], event["address"], event.get("url")) for event in listening] == [
            ("listening", f"127.0.0.1:{program.port}", f"http://127.0.0.1:{program.port}/"),
            ("listening", f"127.0.0.1:{other}", f"http://127.0.0.1:{other}/"),
            ("listening", f"unix:{path}", None),
        ]
        assert [serving[name] for name in ("msg", "program", "exporters")] == ["serving", "motes-node", "node"]
        assert path.is_socket()
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(WITHIN) == 0
        assert [event["msg"] for event in events(program.log())[-2:]] == ["stopping", "stopped"]
        assert not path.exists()


def test_interrupted_from_the_keyboard(tmp_path: Path) -> None:
    with motes_node(tmp_path / "log", *FEW) as program:
        program.process.send_signal(signal.SIGINT)
        assert program.process.wait(WITHIN) == 0
        assert "Traceback" not in program.log()


def test_a_service_file_of_node_exporters(tmp_path: Path) -> None:
    words = (
        *("--collector.diskstats.ignored-devices=^(ram|loop|fd)\\d+$", "--collector.netclass.ignored-devices=^lo$"),
        *("--collector.filesystem.mount-points-exclude=^/(dev|proc|run|sys|var/lib/docker/.+)($|/)",),
        *("--collector.filesystem.fs-types-exclude", "^(autofs|proc|sysfs)$", "--collector.netdev.device-exclude=^lo$"),
        *(f"--collector.textfile.directory={tmp_path}", "--no-collector.wifi", "--no-collector.infiniband"),
        *("--runtime.gomaxprocs=2", "--web.max-requests=40", "--web.telemetry-path=/node", "--log.format=json"),
    )
    with motes_node(tmp_path / "log", *words) as program:
        assert "\nnode_load1 " in program.get("/node")
        assert 'href="node"' in program.get("/")
        logged = [json.loads(line) for line in program.log().splitlines()]
    warned = [event["option"] for event in logged if event["level"] == "warn"]
    assert warned == ["--collector.diskstats.ignored-devices", "--runtime.gomaxprocs"]


def test_quiet_log(tmp_path: Path) -> None:
    with motes_node(tmp_path / "log", *FEW, "--log.level=error", "--runtime.gomaxprocs=1") as program:
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(WITHIN) == 0
        assert program.log() == ""


def test_file_limit_is_raised(tmp_path: Path) -> None:
    port = free_port()
    command = ("prlimit", "--nofile=256:8192", *NODE, f"--web.listen-address=127.0.0.1:{port}", *FEW)
    with Program(command, port, tmp_path / "log", ready="/-/ready", PYTHONPATH=SOURCE) as program:
        assert Page(program.get("/metrics")).values["process_max_fds", ()] == 4096


def test_where_few_files_are_allowed_some_are_left_for_clients(tmp_path: Path) -> None:
    port = free_port()
    command = ("sh", "-c", 'ulimit -n 64; exec "$@"', "sh", *NODE, f"--web.listen-address=127.0.0.1:{port}")
    with Program(command, port, tmp_path / "log", ready="/-/ready", PYTHONPATH=SOURCE) as program:
        for _ in range(3):
            page = Page(program.get("/metrics"))
            assert page.values["process_max_fds", ()] == 64
            assert page.values["process_open_fds", ()] < 32
        assert "Too many open files" not in program.log()


def test_without_standard_streams_the_log_goes_to_nobody(tmp_path: Path) -> None:
    """Least of all into a connection that took the number of standard error."""
    port = free_port()
    words = (*NODE, f"--web.listen-address=127.0.0.1:{port}", *FEW)
    command = ("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *words)
    with (
        Program(command, port, tmp_path / "log", ready="/-/ready", PYTHONPATH=SOURCE) as program,
        Scraper(program) as scraper,
    ):
        taken = {os.readlink(f"/proc/{program.process.pid}/fd/{number}") for number in range(3)}
        assert taken == {"/dev/null"}
        for _ in range(3):
            program.process.send_signal(signal.SIGHUP)
            scraper.goes_on()
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(WITHIN) == 0


# Reloaded.


def config(folder: Path, port: int, text: str = "") -> Path:
    file = folder / "motes.toml"
    file.write_text(f'[web]\nlisten-address = ["127.0.0.1:{port}"]\n{text}')
    return file


def motesd(folder: Path, text: str = "", *, manager: str = "") -> Program:
    port = free_port()
    command = (*MOTESD, f"--config.file={config(folder, port, text)}")
    return Program(
        command,
        port,
        folder / "log",
        ready="/-/ready",
        PYTHONPATH=SOURCE,
        NOTIFY_SOCKET=manager,
        WATCHDOG_USEC="400000" if manager else "",
    )


def reload(program: Program, says: str) -> None:
    before = program.log().count(says)
    program.process.send_signal(signal.SIGHUP)
    until(lambda: program.log().count(says) > before, says, program.log)


@pytest.mark.parametrize(
    "wrong",
    [
        "max-requests = [",
        "max-request = 3",
        'allow = ["me"]',
        '[node]\n"path.procfs" = "/nowhere"',
        '[node]\n"collector.wify" = true',
        "[nodes]",
    ],
)
def test_a_scraper_does_not_notice_a_reload(tmp_path: Path, wrong: str) -> None:
    few = '[node]\n"collector.disable-defaults" = true\n"collector.loadavg" = true\n'
    with motesd(tmp_path, few) as program, Scraper(program) as scraper:
        assert scraper.goes_on().values[TAKEN] == 1
        config(tmp_path, program.port, wrong)
        reload(program, "configuration not taken")
        page = scraper.goes_on()
        assert page.values[TAKEN] == 0
        assert ("node_load1", ()) in page.values
        config(tmp_path, program.port, few + '"collector.uname" = true\n')
        reload(program, "configuration read")
        page = scraper.goes_on()
        assert page.values[TAKEN] == 1
        assert {name for name, _ in page.values} >= {"node_load1", "node_uname_info"}


def test_a_reload_that_cannot_listen_changes_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, motesd(tmp_path) as program, Scraper(program) as scraper:
        config(tmp_path, taken.getsockname()[1], "max-requests = 3")
        reload(program, "configuration not taken")
        assert "the port is taken" in program.log()
        assert scraper.goes_on().values[TAKEN] == 0


def test_addresses_come_and_go(tmp_path: Path) -> None:
    path = tmp_path / "node.sock"
    both = '[web]\nlisten-address = ["127.0.0.1:{}", "unix:{}"]\nsocket-mode = "{}"\n'
    with motesd(tmp_path) as program, Scraper(program) as scraper:
        for mode in ("0600", "0666"):
            (tmp_path / "motes.toml").write_text(both.format(program.port, path, mode))
            reload(program, "configuration read")
            assert stat.S_IMODE(path.stat().st_mode) == int(mode, 8)
        config(tmp_path, program.port)
        reload(program, "configuration read")
        assert not path.exists()
        scraper.goes_on()
