"""Somebody else's exporter, in the daemon and as a program of its own: its options, its start, its files, its end."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.test_program import MOTESD, SOURCE, TAKEN, config, events, reload, run
from tests.support.namespaces import WITHIN, until
from tests.support.page import Page
from tests.support.program import HERE, ROOT, Program, free_port

THEIRS = (sys.executable, "-m", "tests.support.theirs")
PATHS = f"{SOURCE}:{ROOT}"
VALUE = ("theirs_value", ())
SUCCESS = ("motes_exporter_success", (("exporter", "theirs"),))


def theirs(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(*THEIRS, *words, PYTHONPATH=PATHS, **environment)


def install(folder: Path, **values: str) -> str:
    """Install exporters into a folder: the search path of a Python that has them, by what their entry points name."""
    points = {"theirs": "tests.support.theirs:PLUGIN", **values}
    info = folder / "theirs-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[motes.exporters]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
    )
    return f"{PATHS}:{folder}"


def motesd(folder: Path, tables: str) -> Program:
    """The daemon, in whose Python the exporter is installed."""
    port = free_port()
    command = (*MOTESD, f"--config.file={config(folder, port, tables)}")
    return Program(command, port, folder / "log", ready="/-/ready", PYTHONPATH=install(folder))


def page(program: Program) -> Page:
    return Page(program.get("/metrics"))


# Told.


def test_help_shows_letters_and_what_bare_words_are_for() -> None:
    text = theirs("-h").stdout
    assert text.startswith("usage: motes-theirs [OPTIONS] [TEXT...]\n")
    for line in ("-f, --theirs.file=PATH", "-l, --web.listen-address=ADDRESS", "-h, --help", "theirs.code=TEXT=CODE"):
        assert f"\n  {line}\n" in text
    assert "What is served, too. Repeatable; the flag may be left out." in text
    assert "Codes. Only in the file of --config.file." in text


def test_letters_bare_words_and_pairs(tmp_path: Path) -> None:
    (tmp_path / "value").write_text("7")
    done = theirs("-f", f"{tmp_path}/value", "--once", "a", "--theirs.name", "a=living room", "b")
    assert done.returncode == 0
    values = Page(done.stdout).values
    assert values[VALUE] == 7
    assert values["theirs_word", (("name", "living room"), ("word", "a"))] == 1
    assert values["theirs_word", (("name", ""), ("word", "b"))] == 1
    assert values[SUCCESS] == 1


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["-x"], "unknown option -x; see --help"),
        (["-f"], "--theirs.file needs a value: --theirs.file=PATH"),
        (["--theirs.name", "a"], '--theirs.name: "a" is not TEXT=TEXT'),
        (["--theirs.name=a=b", "--theirs.name=a=c"], '--theirs.name: "a" is given twice'),
        (
            ["--theirs.code=a=4711"],
            "--theirs.code: others can read what is on a command line or in the environment; "
            "write it into the file of --config.file, or use --theirs.file",
        ),
    ],
)
def test_refused_with_one_line(words: list[str], line: str) -> None:
    done = theirs(*words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"motes-theirs: {line}\n")


def test_what_is_private_is_in_no_message(tmp_path: Path) -> None:
    file = tmp_path / "motes.toml"
    for table in ('code = { "a" = "x4711" }', 'code = { "a" = [4711] }', "code = 4711", 'codes = { "a" = "4711" }'):
        file.write_text(f"[theirs]\n{table}\n")
        done = theirs(f"--config.file={file}")
        assert done.returncode == 2
        assert done.stderr.startswith(f"motes-theirs: {file}: [theirs] code")
        assert "4711" not in done.stderr
    done = theirs(MOTES_THEIRS_CODE="a=4711")
    assert done.returncode == 2
    assert "4711" not in done.stderr
    file.write_text('[theirs.code]\n"a" = "4711"\n')
    assert theirs("--once", f"--config.file={file}").returncode == 0


# One page.


def test_once_waits_until_there_is_something_to_print(tmp_path: Path) -> None:
    begins = tmp_path / "begins"
    log = tmp_path / "log"
    command = (*THEIRS, "--once", f"--theirs.begins={begins}", "--theirs.ends=in-a-moment", "--scrape.timeout=1h")
    process = HERE.start(*command, log=log, PYTHONPATH=PATHS)
    try:
        until(lambda: "at work" in log.read_text(), "a thread", log.read_text)
        begins.touch()
        assert process.wait(WITHIN) == 0
    finally:
        process.kill()
    text = log.read_text()
    assert "\ntheirs_begun 1\n" in text
    assert text.rstrip().endswith('msg="given back"')


def test_once_waits_no_longer_than_a_scrape_may_take(tmp_path: Path) -> None:
    words = (f"--theirs.begins={tmp_path}/never", "--theirs.ends=never", "--scrape.timeout=2s")
    done = theirs("--once", *words)
    assert done.returncode == 0
    assert [event["msg"] for event in events(done.stderr)] == ["at work"]
    assert Page(done.stdout).values["theirs_begun", ()] == 0


def test_once_where_it_cannot_start(tmp_path: Path) -> None:
    done = theirs("--once", f"--theirs.file={tmp_path}/none")
    assert done.returncode == 0
    assert Page(done.stdout).values[VALUE] == 0
    (event,) = events(done.stderr)
    assert [event[name] for name in ("level", "msg", "exporter")] == ["error", "exporter not started", "theirs"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_once_interrupted_gives_back_what_it_holds(tmp_path: Path, number: int) -> None:
    log = tmp_path / "log"
    command = (*THEIRS, "--once", f"--theirs.begins={tmp_path}/never", "--theirs.ends=in-a-moment")
    process = HERE.start(*command, "--scrape.timeout=1h", log=log, PYTHONPATH=PATHS)
    try:
        until(lambda: "at work" in log.read_text(), "a thread", log.read_text)
        process.send_signal(number)
        assert process.wait(WITHIN) == -number
    finally:
        process.kill()
    assert [event["msg"] for event in events(log.read_text())] == ["at work", "given back"]


# Served.


def test_its_thread_is_waited_for_at_the_end(tmp_path: Path) -> None:
    with motesd(tmp_path, '[theirs]\nends = "in-a-moment"\n') as program:
        assert page(program).values[SUCCESS] == 1
        until(lambda: page(program).values["theirs_begun", ()] == 1, "a thread", program.log)
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(WITHIN) == 0
        assert [event["msg"] for event in events(program.log())[-3:]] == ["stopping", "given back", "stopped"]


def test_a_thread_that_does_not_end_is_left_behind(tmp_path: Path) -> None:
    with motesd(tmp_path, '[theirs]\nends = "never"\n') as program:
        until(lambda: page(program).values["theirs_begun", ()] == 1, "a thread", program.log)
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(WITHIN) == 0
        assert [event["msg"] for event in events(program.log())[-2:]] == ["stopping", "stopped"]


def test_a_reload_reads_its_file_again(tmp_path: Path) -> None:
    file = tmp_path / "value"
    file.write_text("1")
    tables = f'[theirs]\nfile = "{file}"\n'
    with motesd(tmp_path, tables) as program:
        assert page(program).values[VALUE] == 1
        file.write_text("2")
        reload(program, "configuration read")
        assert page(program).values[VALUE] == 2
        file.unlink()
        reload(program, "exporter not refreshed")
        values = page(program).values
        assert (values[VALUE], values[TAKEN]) == (2, 0)
        file.write_text("3")
        reload(program, "configuration read")
        values = page(program).values
        assert (values[VALUE], values[TAKEN]) == (3, 1)


def test_a_reload_starts_it_and_ends_it(tmp_path: Path) -> None:
    with motesd(tmp_path, "[theirs]\n") as program:
        config(tmp_path, program.port, '[theirs]\nword = ["a"]\n[theirs.name]\n"a" = "attic"\n')
        reload(program, "given back")
        until(lambda: page(program).values["theirs_begun", ()] == 1, "a new thread", program.log)
        assert page(program).values["theirs_word", (("name", "attic"), ("word", "a"))] == 1
        config(tmp_path, program.port)
        reload(program, "given back")
        until(lambda: VALUE not in page(program).values, "another page", program.log)


def test_one_that_cannot_start_is_nothing_to_the_others(tmp_path: Path) -> None:
    tables = f'[theirs]\nfile = "{tmp_path}/value"\n[node]\n"collector.disable-defaults" = true\n'
    with motesd(tmp_path, tables + '"collector.loadavg" = true\n') as program:
        assert ("node_load1", ()) in page(program).values
        assert "exporter not started" in program.log()
        (tmp_path / "value").write_text("4")
        reload(program, "configuration read")
        until(lambda: page(program).values["theirs_begun", ()] == 1, "its thread", program.log)
        assert page(program).values[VALUE] == 4
