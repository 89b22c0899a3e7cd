"""motes-card10-bme680 through whatever happens to a badge, or to its port."""

import errno
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.badge.badge import TICKING, Badge
from tests.support.badge.firmware import V1_4, V1_17, Firmware
from tests.support.badge.holder import held
from tests.support.card10 import UNPRIVILEGED, Card10, fails, reads, shows
from tests.support.namespaces import WITHIN, until

Start = Callable[..., Card10]
Plug = Callable[..., Badge]


@pytest.mark.parametrize("firmware", [V1_4, V1_17], ids=lambda each: each.version)
@pytest.mark.parametrize(
    "tear",
    [
        lambda badge: badge.unplug(),
        lambda badge: badge.unplug(after_read=40),
        lambda badge: badge.unplug(after_read=150),
        lambda badge: badge.unplug(after_written=1),
        lambda badge: badge.unplug(after_written=200),
    ],
    ids=["idle", "read-40", "read-150", "written-1", "written-200"],
)
def test_unplugged_and_plugged_in_again(
    plug: Plug, start: Start, firmware: Firmware, tear: Callable[[Badge], None]
) -> None:
    badge = plug(firmware)
    program = start(badge)
    reads(program)
    for number in range(2):
        tear(badge)
        until(lambda: not badge.plugged, "that it is gone", program.log)
        fails(program, "disconnected")
        badge.measures(temperature=number)
        badge.replug()
        shows(program, "temperature_celsius", number)
    assert program.log().count("badge is read") == 3
    assert program.log().count("badge is not read") == 2
    assert program.failures("disconnected") == 2


def test_torn_away_while_it_is_opened(plug: Plug, start: Start) -> None:
    badge = plug()
    program = start(badge)
    for number in range(50):
        badge.unplug()
        badge.replug()
        if number % 10 == 0:
            reads(program)
    reads(program, 2)


def test_what_was_true_vanishes_when_it_is_gone(plug: Plug, start: Start) -> None:
    badge = plug()
    program = start(badge)
    reads(program)
    badge.unplug()
    until(lambda: program.value("temperature_celsius") is None, "that the reading expires", program.log)
    assert program.value("up") == 0
    seen = program.value("last_seen_timestamp_seconds")
    assert seen is not None
    badge.replug()
    until(lambda: (program.value("last_seen_timestamp_seconds") or 0) > seen, "a reading", program.log)


def test_a_badge_that_hangs(plug: Plug, start: Start) -> None:
    badge = plug()
    program = start(badge)
    reads(program)
    badge.stall()
    fails(program, "no_answer")
    badge.measures(temperature=3)
    badge.go_on()
    shows(program, "temperature_celsius", 3)
    assert program.log().count("problem=no_answer") == 1


def test_a_badge_that_is_mute_until_it_is_reset(plug: Plug, start: Start) -> None:
    badge = plug()
    program = start(badge)
    reads(program)
    badge.mute()
    fails(program, "no_answer")
    badge.reset()
    reads(program, 2)


@pytest.mark.parametrize(("app", "after"), [("", 30), (TICKING, 90), ("", 150)], ids=["at-30", "app-at-90", "at-150"])
def test_reboots_in_the_middle(plug: Plug, start: Start, app: str, after: int) -> None:
    badge = plug(app=app)
    program = start(badge)
    for number, reset in enumerate((badge.soft_reset, badge.reset)):
        reads(program)
        reset(after=after)
        badge.measures(temperature=number)
        shows(program, "temperature_celsius", number)


@pytest.mark.parametrize("by", ["flock", "tiocexcl"])
def test_another_program_holds_the_port(plug: Plug, start: Start, by: str) -> None:
    badge = plug()
    with held(badge.path, by):
        # Root, with all that it may, opens it nevertheless.
        program = start(badge, before=("setpriv", "--bounding-set=-sys_admin"))
        fails(program, "busy")
        assert badge.typed == b""
    reads(program)
    assert program.log().count("problem=busy") == 1


def test_nobody_else_opens_the_port(plug: Plug, start: Start) -> None:
    badge = plug()
    program = start(badge)
    reads(program)
    command = ["setpriv", "--bounding-set=-sys_admin", "cat", str(badge.path)]
    tried = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WITHIN)
    assert os.strerror(errno.EBUSY) in tried.stderr


def test_no_permission(plug: Plug, start: Start) -> None:
    badge = plug()
    badge.belongs_to(65534)
    program = start(badge, before=UNPRIVILEGED)
    fails(program, "denied")
    assert "dialout" in program.labels("problem_info")["advice"]
    badge.belongs_to(0)
    reads(program)


def test_no_serial_port(tmp_path: Path, start: Start) -> None:
    file = tmp_path / "file"
    file.write_text("what is this\n")
    program = start(None, f"--serial.device={file}")
    fails(program, "failed")
    assert file.read_text() == "what is this\n"
