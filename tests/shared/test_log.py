"""Events as lines."""

import json
import os
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motes.shared import log

PAIR = re.compile(r'([a-z]+)=("(?:[^"\\]|\\.)*"|[^ ="\\]+)(?: |$)')


@pytest.fixture(autouse=True)
def configured() -> Iterator[None]:
    yield
    log.configure("info", "logfmt")
    log._lost = 0


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "plain"),
        ("", '""'),
        ("two words", '"two words"'),
        ("a=b", '"a=b"'),
        ('say "x"', '"say \\"x\\""'),
        ("C:\\", '"C:\\\\"'),
        ("two\nlines", '"two\\nlines"'),
        ("\x1b[31m\r", '"\\x1b[31m\\x0d"'),
        ("Größe", "Größe"),
        (7, "7"),
        (OSError(2, "No such file"), '"[Errno 2] No such file"'),
    ],
)
def test_logfmt(value: object, shown: str) -> None:
    assert log.logfmt({"msg": "m", "err": value}) == f"msg=m err={shown}"


@given(st.text(st.characters()), st.text(st.characters()))
def test_an_event_is_one_line_whatever_is_in_it(one: str, other: str) -> None:
    line = log.logfmt({"msg": one, "err": other})
    assert line.isprintable()
    assert [found[1] for found in PAIR.finditer(line)] == ["msg", "err"]
    assert "".join(found[0] for found in PAIR.finditer(line)) == line


def test_a_line_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    log.info("it works", count=3, err="a\udcffb")
    line = capfd.readouterr().err
    assert re.fullmatch(
        r'ts=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=info msg="it works" count=3 err="a\\xdcffb"\n', line
    )


def test_json(capfd: pytest.CaptureFixture[str]) -> None:
    log.configure("debug", "json")
    log.error('bad\n"x"', count=3, ratio=0.5, flag=True, err=OSError(2, "gone"))
    line = capfd.readouterr().err
    assert line.count("\n") == 1
    event = json.loads(line)
    assert event.pop("ts").endswith("Z")
    assert event == {
        "level": "error",
        "msg": 'bad\n"x"',
        "count": 3,
        "ratio": 0.5,
        "flag": True,
        "err": "[Errno 2] gone",
    }


@pytest.mark.parametrize("least", range(4))
def test_levels(capfd: pytest.CaptureFixture[str], least: int) -> None:
    log.configure(log.LEVELS[least], "logfmt")
    for write in (log.debug, log.info, log.warn, log.error):
        write("m")
    found = re.findall(r"level=(\w+)", capfd.readouterr().err)
    assert found == list(log.LEVELS[least:])


@pytest.mark.parametrize(
    ("now", "shown"), [(0.0, "1970-01-01T00:00:00.000Z"), (1700000000.9999, "2023-11-14T22:13:20.999Z")]
)
def test_time(now: float, shown: str) -> None:
    assert log._timestamp(now) == shown


@pytest.fixture
def kept_stderr() -> Iterator[None]:
    kept = os.dup(2)
    yield
    os.dup2(kept, 2)
    os.close(kept)


def test_a_pipe_that_nobody_reads_holds_up_nobody(kept_stderr: None) -> None:
    reader, writer = os.pipe()
    os.dup2(writer, 2)
    os.close(writer)
    for number in range(2000):
        log.info("m", n=number)
    held = os.read(reader, 1 << 20).decode().splitlines()
    assert [f"n={number}" for number in range(len(held))] == [line.split()[-1] for line in held]
    assert 0 < len(held) < 2000
    for message in ("again", "and again"):
        log.info(message)
    again, after = os.read(reader, 1 << 20).decode().splitlines()
    assert again.endswith(f" msg=again lost={2000 - len(held)}")
    assert after.endswith(' msg="and again"')
    os.close(reader)


@pytest.mark.parametrize("format", log.FORMATS)
def test_a_line_that_is_too_long_is_cut(capfd: pytest.CaptureFixture[str], format: str) -> None:
    log.configure("info", format)
    log.warn("m", err="x" * 100_000, last=1)
    line = capfd.readouterr().err
    assert line.count("x") == 1000
    assert line.endswith({"logfmt": "x… last=1\n", "json": 'x\\u2026", "last": 1}\n'}[format])
    log.warn("m", err="\U000e0001" * 1000)
    line = capfd.readouterr().err
    assert len(line.encode()) == 4096
    assert line.index("\n") == 4095


def test_a_log_that_cannot_be_written_stops_nobody(kept_stderr: None) -> None:
    with open("/dev/full", "wb") as full:
        os.dup2(full.fileno(), 2)
    log.error("to nowhere")
    os.close(2)
    log.error("to nobody")
    assert log._lost == 2
