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


def test_a_log_that_cannot_be_written_stops_nobody() -> None:
    kept = os.dup(2)
    try:
        with open("/dev/full", "wb") as full:
            os.dup2(full.fileno(), 2)
        log.error("to nowhere")
        os.close(2)
        log.error("to nobody")
    finally:
        os.dup2(kept, 2)
        os.close(kept)
