"""A real Chromium without a display, as Debian has it, driven by its own chromedriver."""

import base64
import json
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

# Chromium's sandbox is not for root.
_FLAGS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars")


class Browser:
    """One window, of a size and with a preference for light or dark."""

    def __init__(self) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in _FLAGS:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self._film: list[bytes] = []
        self._driver = webdriver.Chrome(options, Service(shutil.which("chromedriver") or ""))

    def look(self, width: int, height: int, scheme: str, scale: float = 1.0) -> None:
        """Go over to this size, in CSS pixels, and to light or dark."""
        size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 500}
        self._tell("Emulation.setDeviceMetricsOverride", size)
        self._tell("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def open(self, url: str) -> None:
        self._driver.get(url)

    def run(self, script: str) -> Any:
        """What a script in the page returns."""
        return self._driver.execute_script(script)

    def text(self) -> str:
        found: str = self.run("return document.body.innerText")
        return found

    def complaints(self) -> list[str]:
        """What the console has said since it was asked last."""
        return [entry["message"] for entry in self._driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def picture(self, file: Path) -> None:
        assert self._driver.save_screenshot(str(file))

    def film(self) -> None:
        """Take pictures of all that is shown from now on."""
        self._film.clear()
        self._driver.get_log("performance")  # type: ignore[no-untyped-call]
        self._tell("Page.startScreencast", {"format": "png", "everyNthFrame": 1})

    def filmed(self) -> list[bytes]:
        """The pictures so far. To be asked often, for after three that nobody has asked for there are no more."""
        entries = self._driver.get_log("performance")  # type: ignore[no-untyped-call]
        events = [json.loads(entry["message"])["message"] for entry in entries]
        frames = [event["params"] for event in events if event["method"] == "Page.screencastFrame"]
        for frame in frames:
            self._tell("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})
            self._film.append(base64.b64decode(frame["data"]))
        return self._film

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self._driver.quit()

    def _tell(self, command: str, more: dict[str, Any]) -> None:
        self._driver.execute_cdp_cmd(command, more)
