"""The unit of a user's own service manager, which tells of that user's browser and is locked in all the same."""

import os
from collections.abc import Iterator

import pytest

from tests.support import sessions
from tests.support.firefox.browser import PLACE
from tests.support.namespaces import until
from tests.support.nspawn import Machine
from tests.support.page import Page
from tests.support.units import page, status

UNIT = "motes-firefox-tabs.service"
PORT = 9267
USER = 1000
OPEN, CLOSED = 3, 5


class Person:
    """Somebody who is there, with a home and a service manager."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.home = machine.path("/home/jo")
        machine.run("useradd", "--create-home", f"--uid={USER}", "jo")
        # Only in a container something is in the place of the kernel's log, which is not to be hidden once more.
        machine.run("umount", "/proc/kmsg")
        machine.run("loginctl", "enable-linger", "jo")
        until(lambda: self.systemctl("is-system-running").strip() == "running", "a service manager of jo's")

    def run(self, *command: str) -> str:
        return self.machine.inside(*self._become(*command)).stdout

    def systemctl(self, *words: str) -> str:
        return self.run("systemctl", "--user", *words)

    def start_browser(self) -> int:
        """What is taken for one: its number."""
        self.run("cp", "/bin/sleep", "/home/jo/firefox")
        self.run("systemd-run", "--user", "--unit=browser", "/home/jo/firefox", "1000")
        return self.main_pid("browser")

    def main_pid(self, unit: str) -> int:
        return int(self.systemctl("show", "--value", "--property=MainPID", unit))

    def own(self) -> None:
        """All that is in the home now."""
        for path in (self.home, *self.home.rglob("*")):
            os.chown(path, USER, USER, follow_symlinks=False)
            if not path.is_symlink():
                path.chmod(0o700)

    def log(self) -> str:
        return self.machine.run("journalctl", "--output=cat", "--lines=30")

    def _become(self, *command: str) -> list[str]:
        switched = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups")
        return [*switched, "env", "HOME=/home/jo", f"XDG_RUNTIME_DIR=/run/user/{USER}", *command]


@pytest.fixture
def jo(machine: Machine) -> Iterator[Person]:
    yield Person(machine)
    machine.run("loginctl", "disable-linger", "jo")
    machine.run("loginctl", "terminate-user", "jo")
    until(lambda: machine.inside("userdel", "--remove", "jo").returncode == 0, "that jo has gone")


def test_tells_of_the_users_browser(machine: Machine, jo: Person) -> None:
    profile = sessions.Place(jo.home / PLACE).profile("it.default", used=True)
    profile.write(sessions.tabs(CLOSED), sessions.CLEAN)
    jo.own()
    assert page(machine, PORT) == "", "nothing runs that nobody has asked for"
    jo.systemctl("enable", "--now", UNIT)
    until(lambda: value(machine, "firefox_restorable_tabs") == CLOSED, "tabs", jo.log)

    profile.lock(jo.start_browser())
    profile.save(sessions.tabs(OPEN))
    jo.own()
    until(lambda: value(machine, "firefox_tabs") == OPEN, "tabs of a browser that runs", jo.log)

    before = jo.main_pid(UNIT)
    found = status(machine, before)
    assert (found["NoNewPrivs"], found["Seccomp"], found["CapBnd"]) == ("1", "2", f"{0:016x}")
    jo.systemctl("kill", "--signal=KILL", UNIT)
    until(lambda: value(machine, "firefox_tabs") == OPEN, "tabs, again", jo.log)
    assert jo.main_pid(UNIT) != before


def value(machine: Machine, metric: str) -> float:
    return sum(number for (name, _), number in Page(page(machine, PORT)).values.items() if name == metric)
