"""How a badge does, as the log has it."""

import pytest
from motes.exporters.card10_bme680.problems import ADVICE, Failure
from motes.exporters.card10_bme680.status import Status


def test_tells_a_change_once_and_what_to_do(capfd: pytest.CaptureFixture[str]) -> None:
    status = Status("1-2")
    for _ in range(3):
        status.fails(Failure("busy", "somebody has it"))
    status.reads()
    status.reads()
    told = capfd.readouterr().err.splitlines()
    assert len(told) == 2
    assert 'problem=busy err="somebody has it"' in told[0]
    assert f'advice="{ADVICE["busy"]}"' in told[0]
    assert 'msg="badge is read" device=1-2' in told[1]
    assert (status.up, status.problem, status.readings, status.failures) == (True, "", 2, {"busy": 3})


def test_what_was_unplugged_is_not_missing_besides(capfd: pytest.CaptureFixture[str]) -> None:
    status = Status("1-2")
    status.fails(Failure("disconnected"))
    status.fails(Failure("not_found"))
    assert status.problem == "disconnected"
    assert status.failures == {"disconnected": 1}
    status.fails(Failure("storage_mode"))
    status.fails(Failure("not_found"))
    assert status.problem == "not_found"
    assert len(capfd.readouterr().err.splitlines()) == 3


def test_an_attempt_that_is_made_again_is_only_counted(capfd: pytest.CaptureFixture[str]) -> None:
    status = Status("1-2")
    status.reads()
    capfd.readouterr()
    status.count(Failure("garbled"))
    assert (status.up, status.problem, status.failures) == (True, "", {"garbled": 1})
    assert capfd.readouterr().err == ""
