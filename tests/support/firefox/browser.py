"""A real Firefox without a display, as the user of a made-up home starts it, and driven by a test.

It makes its profile itself, at the first start, beside one that nobody uses. It is offline: it connects to nothing but
loopback. Needs Debian's firefox-esr.
"""

import json
import os
import signal
import subprocess
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from tests.support.firefox.marionette import Marionette
from tests.support.namespaces import WITHIN, until

FIREFOX = "firefox-esr"
PLACE = ".config/mozilla/firefox"
ENTRANCE = "MarionetteActivePort"  # where the browser says which port it took
# As the user has them. A session is saved every second, not every 15.
PREFERENCES = {
    "browser.sessionstore.interval": 1000,
    "browser.sessionstore.resume_from_crash": True,
    "browser.startup.page": 3,
    "datareporting.policy.dataSubmissionEnabled": False,
    "privacy.userContext.enabled": True,
}
_OFFERED = ("--headless", "--offline", "--marionette", "-remote-allow-system-access")

_HELPERS = """
const windows = [...Services.wm.getEnumerator("navigator:browser")];
const triggeringPrincipal = Services.scriptSecurityManager.getSystemPrincipal();
const told = (topic, window) => new Promise(resolve => {
    const hear = subject => {
        if (subject == window) { Services.obs.removeObserver(hear, topic); resolve(); }
    };
    Services.obs.addObserver(hear, topic);
});
"""
_OPEN = """
const { SessionStore } = ChromeUtils.importESModule("resource:///modules/sessionstore/SessionStore.sys.mjs");
const { TabStateFlusher } = ChromeUtils.importESModule("resource:///modules/sessionstore/TabStateFlusher.sys.mjs");
const [window, address, userContextId] = given;
const tab = windows[window].gBrowser.addTab(address, { triggeringPrincipal, userContextId });
while (!JSON.parse(SessionStore.getTabState(tab)).entries.some(entry => entry.url == address)) {
    await new Promise(resolve => windows[window].setTimeout(resolve, 20));
    await TabStateFlusher.flush(tab.linkedBrowser);
}
"""
_COUNT = """
const { PrivateBrowsingUtils } = ChromeUtils.importESModule("resource://gre/modules/PrivateBrowsingUtils.sys.mjs");
const { SessionStore } = ChromeUtils.importESModule("resource:///modules/sessionstore/SessionStore.sys.mjs");
const counted = windows.filter(window => !PrivateBrowsingUtils.isWindowPrivate(window));
const sum = (count) => counted.map(count).reduce((total, one) => total + one, 0);
return {
    windows: counted.length,
    tabs: counted.flatMap(window => window.gBrowser.tabs.map(tab => [tab.pinned, tab.hidden, tab.userContextId])),
    groups: sum(window => window.gBrowser.tabGroups.length),
    closed_tabs: sum(window => SessionStore.getClosedTabCountForWindow(window)),
    closed_windows: SessionStore.getClosedWindowCount(),
};
"""


class Counts(NamedTuple):
    """What the browser itself says of its windows; `containers` by their number, 0 for tabs in none."""

    windows: int
    pinned: int
    hidden: int
    plain: int
    groups: int
    closed_tabs: int
    closed_windows: int
    containers: dict[int, int]

    @property
    def tabs(self) -> dict[str, int]:
        return {"pinned": self.pinned, "hidden": self.hidden, "plain": self.plain}


class Firefox:
    """Not started yet. Windows and tabs are told by their place among those that are open, private ones included."""

    def __init__(self, home: Path, log: Path, *, place: str = PLACE) -> None:
        self.home = home
        self.profiles = home / place
        self._log = log
        self._preferences: dict[str, object] = {**PREFERENCES, "marionette.port": 0}
        self._process: subprocess.Popen[bytes] | None = None
        self._control: Marionette | None = None

    @property
    def profile(self) -> Path:
        """The profile that it made for itself."""
        return next(self.profiles.glob("*.default-esr"))

    @property
    def spare(self) -> Path:
        """The one that nobody uses."""
        return next(self.profiles.glob("*.spare"))

    @property
    def pid(self) -> int:
        assert self._process is not None, "it does not run"
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process is not None

    def log(self) -> str:
        return self._log.read_text()

    def start(self) -> None:
        assert self._process is None, "it runs"
        if not (self.profiles / "profiles.ini").exists():
            self._run("--headless", "-CreateProfile", "spare").wait(WITHIN)
        for left in self.profiles.glob(f"*/{ENTRANCE}"):
            left.unlink()
        self._process = self._run(*_OFFERED)
        until(self._entrance, "that Firefox takes commands", self.log)
        self._control = Marionette(int(self._entrance()))
        self._enter_first_window()

    def quit(self) -> None:
        """As by its menu."""
        assert self._control is not None
        self._control.command("Marionette:Quit", flags=["eAttemptQuit"])
        assert self._wait() == 0, self.log()

    def terminate(self) -> None:
        """As at the end of the user's session."""
        os.kill(self.pid, signal.SIGTERM)
        assert self._wait() == -signal.SIGTERM, self.log()

    def kill(self) -> None:
        """As when there is no memory, or no power; with all its processes."""
        os.killpg(self.pid, signal.SIGKILL)
        self._wait()

    def counts(self) -> Counts:
        found: dict[str, Any] = self._do(_COUNT)
        tabs = found.pop("tabs")
        states = Counter("pinned" if pinned else "hidden" if hidden else "plain" for pinned, hidden, _ in tabs)
        containers = Counter(container for _, _, container in tabs)
        return Counts(
            **found,
            pinned=states["pinned"],
            hidden=states["hidden"],
            plain=states["plain"],
            containers=dict(containers),
        )

    def prefer(self, name: str, number: int) -> None:
        """From now on, and whenever it starts."""
        self._preferences[name] = number
        self._do("Services.prefs.setIntPref(...given);", name, number)

    def open_tab(self, title: str = "", *, window: int = 0, container: int = 0) -> None:
        """At the end of a window's tabs; it is loaded, for others are forgotten when they are closed."""
        self._do(
            _OPEN,
            window,
            f"data:text/html,<title>{title}</title>{title}",
            container,
        )

    def close_tab(self, tab: int, *, window: int = 0) -> None:
        self._tab("browser.removeTab(tab);", tab, window)

    def pin(self, tab: int, *, window: int = 0) -> None:
        """Which makes it the last of the pinned ones."""
        self._tab("browser.pinTab(tab);", tab, window)

    def hide(self, tab: int, *, window: int = 0) -> None:
        """As an extension may."""
        self._tab("browser.hideTab(tab, 'hider@example.org');", tab, window)

    def age(self, tab: int, milliseconds: int, *, window: int = 0) -> None:
        """Somebody last looked at it then, Unix time; not for the one that is selected."""
        self._tab("tab.updateLastAccessed(more);", tab, window, milliseconds)

    def group(self, *tabs: int, label: str = "", window: int = 0) -> None:
        self._do(
            "const [window, tabs, label] = given; const browser = windows[window].gBrowser;"
            "browser.addTabGroup(tabs.map(tab => browser.tabs[tab]), { label });",
            window,
            tabs,
            label,
        )

    def ungroup(self) -> None:
        """The last group of the first window; its tabs stay."""
        self._do("windows[0].gBrowser.tabGroups.at(-1).ungroupTabs();")

    def remove_group(self) -> None:
        """The last one of the first window, with its tabs."""
        self._do("const browser = windows[0].gBrowser; browser.removeTabGroup(browser.tabGroups.at(-1));")

    def open_window(self, *, private: bool = False) -> None:
        self._do(
            "const window = windows[0].OpenBrowserWindow({ private: given[0] });"
            "await told('browser-delayed-startup-finished', window);",
            private,
        )

    def close_window(self, window: int) -> None:
        self._do(
            "const window = windows[given[0]]; const end = told('domwindowclosed', window); window.close(); await end;",
            window,
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.kill()

    def _tab(self, act: str, tab: int, window: int, *more: object) -> None:
        prepared = "const [place, number, more] = given; const browser = windows[place].gBrowser;"
        self._do(f"{prepared} const tab = browser.tabs[number]; {act}", window, tab, *more)

    def _do(self, script: str, *given: object) -> Any:
        assert self._control is not None, "it does not run"
        return self._control.run(f"return (async given => {{ {_HELPERS} {script} }})([...arguments]);", given)

    def _enter_first_window(self) -> None:
        """Which is not closed, unlike the one that a session begins in, perhaps."""
        assert self._control is not None
        for handle in self._control.command("WebDriver:GetWindowHandles"):
            self._control.command("WebDriver:SwitchToWindow", handle=handle, focus=False)
            if self._do("return windows[0] == window;"):
                return
        raise AssertionError("it has no window")

    def _entrance(self) -> str:
        assert self._process is not None
        assert self._process.poll() is None, self.log()
        return "".join(found.read_text() for found in self.profiles.glob(f"*/{ENTRANCE}"))

    def _run(self, *flags: str) -> "subprocess.Popen[bytes]":
        """In a session, and so a process group, of its own; it ends with the test."""
        with self._log.open("ab") as written:
            return subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", FIREFOX, *flags],
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                env=self._environment(),
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        """Of a user who has no display, no bus and no other settings."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "MOZ_CRASHREPORTER_DISABLE": "1",
            # The preferences to begin with.
            "MOZ_MARIONETTE_PREF_STATE_ACROSS_RESTARTS": json.dumps(self._preferences),
        }

    def _wait(self) -> int:
        """Its exit status, once all its processes are gone."""
        assert self._process is not None
        group, status = self.pid, self._process.wait(WITHIN)
        self._process = None
        if self._control is not None:
            self._control.close()
            self._control = None
        until(lambda: not _lives(group), "that its processes end", self.log)
        return status


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
