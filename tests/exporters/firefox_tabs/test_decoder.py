"""A real child for each file: what it says of good ones, of damaged ones, and of those that were made to do harm."""

import errno
import json
import os
import signal
import subprocess
import sys
from _thread import start_new_thread
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from motes.exporters.firefox_tabs import decoder as module
from motes.exporters.firefox_tabs.decode import parse, reason
from motes.exporters.firefox_tabs.decoder import Decoder
from motes.exporters.firefox_tabs.problems import ADVICE, Failure, Stopped
from motes.exporters.firefox_tabs.session import Session

from tests.support.namespaces import until
from tests.support.program import ROOT
from tests.support.sessions import MAGIC, NOW, packed, session, tab, tabs, window

MIB = 1 << 20
MOST = 4 * MIB
# How much of a child's memory is none of the session's.
PYTHON = 128 * MIB


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "recovery.jsonlz4"


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    made = Decoder(MOST)
    yield made
    made.stop()


def decode(decoder: Decoder, file: Path, content: bytes) -> Session:
    file.write_bytes(content)
    number = os.open(file, os.O_RDONLY)
    try:
        return decoder.decode(number)
    finally:
        os.close(number)


def refused(decoder: Decoder, file: Path, content: bytes) -> str:
    with pytest.raises(Failure) as raised:
        decode(decoder, file, content)
    assert str(raised.value) == ADVICE[raised.value.reason], "more than the reason was told"
    return raised.value.reason


def test_says_what_is_in_it(decoder: Decoder, file: Path) -> None:
    document = session(
        window(tab(pinned=True), tab(NOW - 1000, hidden=True), tab(userContextId=3), closed=2, groups=1),
        window(tab(), closedAt=NOW),
    )
    counted = decode(decoder, file, packed(document))
    assert (counted.windows, counted.pinned, counted.hidden, counted.plain) == (1, 1, 1, 1)
    assert (counted.groups, counted.closed_tabs, counted.closed_windows) == (1, 2, 1)
    assert list(counted.accessed) == [NOW - 1000, NOW, NOW]
    assert counted.containers == {0: 2, 3: 1}


def test_with_the_oldest_lz4_that_must_do(decoder: Decoder, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian 12's; tests/run installs it apart."""
    major, minor = sys.version_info[:2]
    oldest = ROOT / f".venv/oldest/lib/python{major}.{minor}/site-packages"
    assert list(oldest.glob("lz4-4.0.*"))
    monkeypatch.setattr(sys, "path", [str(oldest), *sys.path])
    content = packed(session(window(tab(), tab(NOW - 1000))))
    assert list(decode(decoder, file, content).accessed) == [NOW - 1000, NOW]
    assert refused(decoder, file, content[:-5]) == "bad_block"
    assert refused(decoder, file, packed(tabs(50), claims=20_000)) == "bad_block"


def test_more_than_a_pipe_holds(decoder: Decoder, file: Path) -> None:
    assert len(decode(decoder, file, packed(tabs(20_000))).accessed) == 20_000


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "truncated"),
        (MAGIC, "truncated"),
        (b"{}" * 20, "bad_magic"),
        (packed(b"x" * (MOST + 1)), "too_large"),
        (packed(tabs(50))[:-40], "bad_block"),
        (packed(tabs(50), claims=20_000), "bad_block"),
        (packed(tabs(50), claims=3000), "bad_block"),
        (packed(b"", claims=0)[:-1], "bad_block"),
        (packed(b""), "not_json"),
        (packed(b"{"), "not_json"),
        (packed(b'{"windows": []} x'), "not_json"),
        (packed(b'{"windows": [NaN]}'), "not_json"),
        (packed(b'{"windows": [-Infinity]}'), "not_json"),
        (packed(b'{"windows": [' + b"9" * 5000 + b"]}"), "not_json"),
        (packed(b'{"windows": ["\xff"]}'), "not_json"),
        (packed('{"windows": []}'.encode("utf-16")), "not_json"),
        (packed(b"[" * 100_000), "too_deep"),
        (packed(b'{"windows":' * 100_000), "too_deep"),
        (packed([]), "wrong_type"),
        (packed({"windows": {}}), "wrong_type"),
    ],
)
def test_refuses(decoder: Decoder, file: Path, content: bytes, why: str) -> None:
    assert refused(decoder, file, content) == why


def test_of_names_that_come_twice_the_last_one_counts(decoder: Decoder, file: Path) -> None:
    plain = b'{"windows": 7, "windows": [{"tabs": [], "tabs": [{}, {}]}]}'
    assert decode(decoder, file, packed(plain)).plain == 2


def test_half_a_character_is_no_error(decoder: Decoder, file: Path) -> None:
    assert decode(decoder, file, packed(b'{"windows": [{"tabs": [{"title": "\\ud800"}]}]}')).plain == 1


fuzzed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@fuzzed
@given(
    changed=st.tuples(st.integers(0, 10_000), st.integers(0, 255)),
    cut=st.integers(0, 10_000) | st.none(),
    more=st.binary(max_size=20),
)
@example(changed=(0, 0), cut=None, more=b"")
def test_a_damaged_file_is_never_more_than_refused(
    decoder: Decoder, tmp_path: Path, changed: tuple[int, int], cut: int | None, more: bytes
) -> None:
    content = bytearray(packed(tabs(20)))
    content[changed[0] % len(content)] = changed[1]
    damaged = bytes(content[: None if cut is None else cut % len(content)]) + more
    try:
        counted = decode(decoder, tmp_path / "file", damaged)
    except Failure as failure:
        assert failure.reason in ADVICE
        assert failure.reason not in ("crashed", "timeout", "memory")
    else:
        assert counted.windows <= 1


@pytest.mark.parametrize(
    "plain",
    [b"[" + b"{}," * (21 * MIB) + b"{}]", b'{"windows": ["' + "😀".encode() * (15 * MIB) + b'"]}'],
    ids=["objects", "wide characters"],
)
def test_a_bomb_takes_no_more_memory_than_it_may(tmp_path: Path, plain: bytes) -> None:
    """64 MiB of `{}` become 1.7 GB: as much as a child can have is measured by the kernel."""
    (tmp_path / "bomb").write_bytes(packed(plain))
    most = len(plain) // 4 if "😀".encode() in plain else len(plain)
    told = json.loads(_measured(tmp_path / "bomb", len(plain), limit=most))
    assert told["reason"] == "memory"
    assert told["most"] < 4 * most + PYTHON


def _measured(file: Path, most: int, *, limit: int) -> str:
    """What a child of a process of its own comes to, and the most memory that it had."""
    code = (
        "import json, os, resource, sys\n"
        "from motes.exporters.firefox_tabs import decoder\n"
        "from motes.exporters.firefox_tabs.problems import Failure\n"
        "path, most, limit = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])\n"
        "decoder._RUN = decoder._RUN.replace('\\nrun()', f'''\n"
        "from motes.exporters.firefox_tabs import decode\n"
        "confine = decode.confine\n"
        "decode.confine = lambda most, seconds: confine({limit}, seconds)\n"
        "run()''')\n"
        "try:\n"
        "    decoder.Decoder(most).decode(os.open(path, os.O_RDONLY))\n"
        "    reason = ''\n"
        "except Failure as failure:\n"
        "    reason = failure.reason\n"
        "most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024\n"
        "print(json.dumps({'reason': reason, 'most': most}))\n"
    )
    command = [sys.executable, "-c", code, str(file), str(most), str(limit)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / ".src"), *sys.path])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


# Runs the child as it is, which says what it has once it has given up what it does not need.
_TELLS = """
import json, os
from motes.exporters.firefox_tabs import decode
confine = decode.confine
def confined(*told):
    confine(*told)
    links = ["/proc/self/fd/" + each for each in os.listdir("/proc/self/fd")]
    files = [os.readlink(each) for each in links if os.path.lexists(each)]
    told = open("/proc/self/limits").read(), open("/proc/self/oom_score_adj").read(), files, os.getcwd()
    open(REPORT, "w").write(json.dumps(told))
decode.confine = confined
run()
"""


def test_a_child_has_little(decoder: Decoder, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its limits, that it goes first where memory is short, and no descriptor that was not meant for it."""
    report = tmp_path / "report"
    telling = module._RUN.removesuffix("run()\n") + _TELLS.replace("REPORT", repr(str(report)))
    monkeypatch.setattr(module, "_RUN", telling)
    leaked = os.open("/dev/zero", os.O_RDONLY)
    os.set_inheritable(leaked, True)
    try:
        decode(decoder, file, packed(tabs(1)))
    finally:
        os.close(leaked)
    limits, score, files, folder = json.loads(report.read_text())
    assert f"Max address space         {4 * MOST + PYTHON}" in limits
    assert "Max core file size        0" in limits
    assert "Max cpu time              60" in limits
    assert score.strip() == "1000"
    assert folder == "/"
    assert "/dev/zero" not in files
    assert str(file) in files


@pytest.fixture
def hangs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Children that never end; where they say who they are."""
    told = tmp_path / "pid"
    code = f"import os, time\nopen({str(told)!r} + '.new', 'w').write(str(os.getpid()))\n"
    code += f"os.rename({str(told)!r} + '.new', {str(told)!r})\ntime.sleep(600)\n"
    monkeypatch.setattr(module, "_RUN", code)
    return told


def ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError as error:
        return error.errno == errno.ESRCH
    return False


def test_a_child_that_takes_too_long_is_ended(
    decoder: Decoder, file: Path, hangs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 1.0)
    assert refused(decoder, file, packed(tabs(1))) == "timeout"
    assert ended(int(hangs.read_text()))


def stops(decoder: Decoder, file: Path, over: list[object]) -> None:
    try:
        decode(decoder, file, packed(tabs(1)))
    except Stopped as stopped:
        over.append(stopped)


def test_stopping_ends_the_child_and_who_waits_for_his_turn(decoder: Decoder, file: Path, hangs: Path) -> None:
    over: list[object] = []
    for _ in range(2):
        start_new_thread(stops, (decoder, file, over))
    until(hangs.exists, "a child")
    decoder.stop()
    until(lambda: len(over) == 2, "the end of both")
    assert ended(int(hangs.read_text()))


def test_stopping_while_a_child_is_started(
    decoder: Decoder, file: Path, hangs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = module._start

    def stopped(number: int, most: int) -> "module.Child":
        child = start(number, most)
        decoder.stop()
        return child

    monkeypatch.setattr(module, "_start", stopped)
    over: list[object] = []
    start_new_thread(stops, (decoder, file, over))
    until(lambda: over, "the end of it")


def test_a_child_that_is_killed_has_crashed(decoder: Decoder, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RUN", "import os\nos.kill(os.getpid(), 9)")
    assert refused(decoder, file, packed(tabs(1))) == "crashed"
    monkeypatch.setattr(module, "_RUN", "raise SystemExit(0)")
    assert refused(decoder, file, packed(tabs(1))) == "crashed"
    monkeypatch.setattr(sys, "executable", "/nowhere")
    with pytest.raises(Failure, match="No such file") as raised:
        decode(decoder, file, packed(tabs(1)))
    assert raised.value.reason == "crashed"


def test_no_child_says_too_much(decoder: Decoder, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RUN", "import os\nwhile True: os.write(1, bytes(1 << 20))")
    assert refused(decoder, file, packed(tabs(1))) == "crashed"


def test_without_lz4_until_it_is_there(decoder: Decoder, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import lz4  # noqa: PLC0415 - to know where it is

    where = os.path.dirname(os.path.dirname(lz4.__file__))
    with monkeypatch.context() as without:
        without.setattr(sys, "path", [path for path in sys.path if path != where])
        assert refused(decoder, file, packed(tabs(1))) == "no_lz4"
    assert refused(decoder, file, packed(tabs(1))) == "no_lz4"
    monkeypatch.setattr(decoder, "_missing_until", 0.0)
    assert decode(decoder, file, packed(tabs(1))).plain == 1


def test_reasons_of_exit_statuses() -> None:
    assert {reason(status) for status in range(64, 64 + len(ADVICE))} == set(ADVICE)
    assert [reason(each) for each in (1, 2, -signal.SIGSEGV, 255)] == ["crashed"] * 4


@given(st.text())
def test_whatever_the_text(text: str) -> None:
    try:
        parse(text)
    except Failure as failure:
        assert failure.reason in ("not_json", "too_deep")
