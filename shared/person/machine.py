"""What all programs of motes need of the machine: Python, a clock that is right, and a service manager's word."""

import ctypes
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from time import strftime, time

from motes.shared.finding import BAD, GOOD, NOTE, Finding
from motes.shared.person import access
from motes.shared.version import VERSION

_LEAST_PYTHON = (3, 11)
# adjtimex(2): what it is given, zeros, asks and changes nothing; TIME_ERROR is the answer of an unsynchronised clock.
_TIMEX_BYTES = 512
_TIME_ERROR = 5
# A clock may be this much, in seconds, behind the time that a file was written at on another machine.
_TOLERANCE = 86400.0
# Shorter than this, in microseconds, a watchdog ends a program that is merely busy.
_LEAST_WATCHDOG = 2_000_000


def machine(environment: Mapping[str, str]) -> Iterator[Finding]:
    yield _python()
    if os.geteuid() == 0:
        told = "these are root's rights, who may do anything; a service seldom runs as root"
        yield Finding(NOTE, told, "to see a service's, run this as its user: sudo -u USER motes doctor")
    else:
        yield Finding(GOOD, f"{access.user()}'s rights are looked at")
    yield _clock(time(), os.stat(__file__).st_mtime)
    yield from _service(environment)


def _python() -> Finding:
    told = f"motes {VERSION} on Python {'.'.join(map(str, sys.version_info[:3]))}"
    if sys.version_info < _LEAST_PYTHON:
        return Finding(BAD, told, "motes needs Python 3.11 or newer")
    return Finding(GOOD, told)


def _clock(now: float, installed: float) -> Finding:
    shown = strftime("%Y-%m-%d %H:%M:%S %Z")
    if now < installed - _TOLERANCE:
        return Finding(BAD, f"the clock says {shown}, which is before motes was installed", "set the clock")
    if _unsynchronised():
        told = f"the clock says {shown}; nothing keeps it right"
        return Finding(NOTE, told, "run a time service: systemd-timesyncd, chrony, ntpd (a container's host does)")
    return Finding(GOOD, f"the clock says {shown}, and is kept right")


def _unsynchronised() -> bool:
    """False where it cannot be told."""
    try:
        answer: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return False
    return answer == _TIME_ERROR


def _service(environment: Mapping[str, str]) -> Iterator[Finding]:
    """What a service manager has put into the environment; nothing where there is none."""
    notify = environment.get("NOTIFY_SOCKET", "")
    if notify.startswith("@"):
        yield Finding(GOOD, f"the service manager listens at {notify}")
    elif notify:
        yield _notify(notify)
    watchdog = environment.get("WATCHDOG_USEC", "")
    if watchdog and not watchdog.isdecimal():
        yield Finding(BAD, f'WATCHDOG_USEC is "{watchdog}", which is no number', "see WatchdogSec= in the unit")
    elif watchdog and int(watchdog) < _LEAST_WATCHDOG:
        told = f"the watchdog waits for {int(watchdog) / 1e6:g} s: a busy machine may take as long"
        yield Finding(BAD, told, "WatchdogSec=30 in the unit")
    elif watchdog:
        yield Finding(GOOD, f"the watchdog waits for {int(watchdog) / 1e6:g} s")


def _notify(path: str) -> Finding:
    advice = "NotifyAccess=main and Type=notify-reload (or notify) in the unit; in a sandbox, let it see the socket"
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        return Finding(BAD, f"NOTIFY_SOCKET is {path}, which cannot be reached: {error.strerror}", advice)
    if not stat.S_ISSOCK(mode):
        return Finding(BAD, f"NOTIFY_SOCKET is {path}, which is no socket", advice)
    return Finding(GOOD, f"the service manager listens at {path}")
