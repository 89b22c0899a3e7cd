"""Samplers: real threads, which the tests wait for."""

import re
import subprocess
import sys
from collections.abc import Iterator
from textwrap import dedent
from threading import Event

import pytest
from motes.shared.backoff import Backoff
from motes.shared.sampler import Sampler

from tests.support.namespaces import until
from tests.support.program import ROOT


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("motes.shared.sampler.Backoff", lambda: Backoff(0.001, 0.002))


def test_backs_off_and_begins_anew() -> None:
    backoff = Backoff(1, 5)
    assert [backoff.next() for _ in range(5)] == [1, 2, 4, 5, 5]
    backoff.reset()
    assert backoff.next() == 1


def test_the_program_ends_while_one_is_stuck() -> None:
    code = """
        from time import sleep
        from motes.shared.sampler import Sampler
        def work(sampler):
            import threading
            began.append(True)
            sleep(3600)
        began = []
        Sampler("test", work).start()
        while not began:
            sleep(0.01)
    """
    subprocess.run([sys.executable, "-c", dedent(code)], env={"PYTHONPATH": str(ROOT / ".src")}, check=True, timeout=60)


@pytest.mark.usefixtures("impatient")
def test_begins_again_whatever_is_raised(capfd: pytest.CaptureFixture[str]) -> None:
    went_well = Event()
    errors: Iterator[BaseException] = iter([ValueError("first"), ValueError("first"), SystemExit("second")])

    def work(sampler: Sampler) -> None:
        if error := next(errors, None):
            raise error
        went_well.set()
        while sampler.sleep(60):
            pass

    sampler = Sampler("test", work)
    sampler.start()
    assert went_well.wait(60)
    assert sampler.failures == 3
    sampler.stop()
    until(sampler.ended, "the sampler's end")
    logged = re.findall('err="(.*)"', capfd.readouterr().err)
    assert logged == ["ValueError: first", "SystemExit: second"]


def test_stops_at_once_and_twice() -> None:
    interrupted: list[bool] = []
    began = Event()

    def work(sampler: Sampler) -> None:
        began.set()
        sampler.sleep(3600)

    sampler = Sampler("test", work, lambda: interrupted.append(True))
    assert sampler.ended()
    sampler.start()
    assert began.wait(60)
    assert not sampler.ended()
    sampler.stop()
    sampler.stop()
    until(sampler.ended, "the sampler's end")
    assert interrupted == [True]
    assert not sampler.sleep(3600)
