"""The program's own process, as the kernel shows this one."""

import os
import resource
import time

import pytest
from motes.shared import process
from motes.shared.crew import run
from motes.shared.exposition import gauge, text
from prometheus_client.process_collector import ProcessCollector

from tests.support.oracles import read_text, series

STANDING_STILL = ["process_start_time_seconds", "process_max_fds"]


def collected() -> dict[str, float]:
    own = process.collector("1.2.3", lambda: [gauge("motes_more", "More.", 5)])
    return {name: value for (name, _), value in series(read_text(text(own.collect(0.0)).decode())).items()}


def test_the_same_as_the_client_library_tells() -> None:
    ours = collected()
    theirs = {
        sample.name: sample.value for family in ProcessCollector(registry=None).collect() for sample in family.samples
    }
    assert theirs.keys() <= ours.keys()
    for name in STANDING_STILL:
        assert ours[name] == pytest.approx(theirs[name])
    for name in theirs.keys() - STANDING_STILL:
        assert ours[name] == pytest.approx(theirs[name], rel=0.5), name


def test_values_of_this_process() -> None:
    ours = collected()
    assert 0 < ours["process_cpu_seconds_total"] <= time.process_time() + 1
    assert ours["process_start_time_seconds"] < time.time()
    assert ours["process_max_fds"] == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert ours["motes_more"] == 5


def test_open_descriptors_are_counted_without_the_counting_itself() -> None:
    before = collected()["process_open_fds"]
    with open("/dev/null", "rb"):
        assert collected()["process_open_fds"] == before + 1


def test_build_info() -> None:
    page = text(process.collector('1"2', list).collect(0.0)).decode()
    assert 'motes_build_info{version="1\\"2",pythonversion="3.' in page


def test_a_name_that_looks_like_more_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    line = process._stat()
    name = line[line.index(b"(") : line.rindex(b")") + 1]
    monkeypatch.setattr(process, "_stat", lambda: line.replace(name, b"(a) S 1 (b)"))
    assert collected()["process_resident_memory_bytes"] % os.sysconf("SC_PAGE_SIZE") == 0


def test_what_a_sandbox_hides_fails_the_collector_not_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def hidden() -> int:
        raise FileNotFoundError(2, "No such file or directory", "/proc/stat")

    monkeypatch.setattr(process, "_boot_time", hidden)
    assert "FileNotFoundError" in run(process.collector("1", list), 0.0).error
