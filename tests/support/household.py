"""What motesd with everything on is there for: all that a test may take away, and put back.

An org.bluez that is played, on a bus of its own; a badge that a real MicroPython plays; a user's home, in which a
browser may be; and a text file.
"""

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.exporters.lywsd03mmc import encoders
from tests.support import sessions
from tests.support.badge.badge import Badge
from tests.support.badge.firmware import V1_17, Firmware
from tests.support.bluez.bus import Bus
from tests.support.bluez.standin import standin
from tests.support.firefox.browser import PLACE
from tests.support.program import HERE, ROOT, Program, free_port

COMMAND = (sys.executable, "-m", "motes.shared.motesd")
LIVING_ROOM = "A4:C1:38:00:00:01"
CELLAR = "A4:C1:38:00:00:02"
EXPORTERS = ("node", "lywsd03mmc", "card10-bme680.kitchen", "firefox-tabs")
_TABLES = """[node]
"collector.textfile.directory" = ["{folder}/texts"]
[lywsd03mmc.name]
"{living_room}" = "living room"
"{cellar}" = "cellar"
[card10-bme680.kitchen]
device = ["{badge}"]
interval = "1s"
[firefox-tabs]
interval = "1s"
"""
_TEXT = "text_value 1\n"


class Household:
    """Everything is there at first, but for a browser; the folder's path must be short, for a socket's is."""

    def __init__(self, folder: Path, firmware: Firmware = V1_17) -> None:
        self.folder = folder
        self.home = folder / "home"
        self._firmware = firmware
        self._stack = ExitStack()
        self._advertised = 0
        for name in ("home", "texts"):
            (folder / name).mkdir()
        self.mend_text()

    @property
    def tables(self) -> str:
        """Of a configuration with all exporters."""
        device = self.badge.machine.dev / "ttyACM0"
        return _TABLES.format(folder=self.folder, living_room=LIVING_ROOM, cellar=CELLAR, badge=device)

    @property
    def environment(self) -> dict[str, str]:
        """Of a program that finds all this."""
        folders = {"HOME": str(self.home), "XDG_CONFIG_HOME": ""}
        return {"PYTHONPATH": str(ROOT / ".src"), **folders, **self.bus.environment}

    def advertise(self, address: str, celsius: float) -> bool:
        """A thermometer says something new. Whether anybody listened."""
        self._advertised += 1
        octets = bytes.fromhex(address.replace(":", ""))
        numbers = round(celsius * 100), 4712, 2912, 83, self._advertised % 256, 4
        return self.world.advertise(address, {"181a": encoders.pvvx(octets, *numbers)})

    def damage_text(self) -> None:
        (self.folder / "texts" / "it.prom").write_text("what is this\n")

    def mend_text(self) -> None:
        (self.folder / "texts" / "it.prom").write_text(_TEXT)

    def save_session(self, tabs: int) -> None:
        """As a browser would have done that has been ended."""
        sessions.Place(self.home / PLACE).profile("it.default", used=True).write(sessions.tabs(tabs), sessions.CLEAN)

    def belongs_to(self, user: int) -> None:
        """The badge's port, and the home with all that is in it now."""
        self.badge.belongs_to(user)
        for path in (self.home, *self.home.rglob("*")):
            os.chown(path, user, -1)

    def __enter__(self) -> Self:
        try:
            self.bus = self._stack.enter_context(Bus(self.folder))
            self.world = self._stack.enter_context(standin(self.bus, self.folder / "bluez.log"))
            self.badge = self._stack.enter_context(Badge(self.folder / "badge", self._firmware))
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stack.close()


def motesd(house: Household, *before: str, more: str = "", **environment: str) -> Program:
    """motesd with everything on, behind other words of its command line; `more` are tables before the others."""
    port = free_port()
    file = house.folder / "motes.toml"
    file.write_text(f"{more}{house.tables}")
    command = (*before, *COMMAND, f"--web.listen-address=127.0.0.1:{port}", f"--config.file={file}")
    found = {**house.environment, **environment}
    return Program(command, port, house.folder / "log", ready="/-/ready", machine=HERE, **found)
