"""motesd with everything on, and what each exporter is there for: all that a test may take away, and put back.

An org.bluez that is played, on a bus of its own; a badge that a real MicroPython plays; a real Firefox; a text file.
"""

import sys
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.exporters.lywsd03mmc import encoders
from tests.support.badge.badge import Badge
from tests.support.bluez.bus import Bus
from tests.support.bluez.standin import standin
from tests.support.firefox.browser import Firefox
from tests.support.program import HERE, ROOT, Program, free_port

COMMAND = (sys.executable, "-m", "motes.shared.motesd")
LIVING_ROOM = "A4:C1:38:00:00:01"
CELLAR = "A4:C1:38:00:00:02"
_CONFIG = """[node]
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
    """Everything is there at first; the folder's path must be short, for a socket's is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._advertised = 0
        (folder / "texts").mkdir()
        (folder / "home").mkdir()

    @property
    def text(self) -> Path:
        """A file of the node exporter's collector `textfile`."""
        return self._folder / "texts" / "it.prom"

    def advertise(self, address: str, celsius: float) -> bool:
        """A thermometer says something new. Whether anybody listened."""
        self._advertised += 1
        octets = bytes.fromhex(address.replace(":", ""))
        numbers = round(celsius * 100), 4712, 2912, 83, self._advertised % 256, 4
        return self.world.advertise(address, {"181a": encoders.pvvx(octets, *numbers)})

    def damage_text(self) -> None:
        self.text.write_text("what is this\n")

    def mend_text(self) -> None:
        self.text.write_text(_TEXT)

    def hide_profiles(self) -> None:
        """With all that is in it, as when its disk is not mounted."""
        self.browser.profiles.rename(self._hidden)

    def show_profiles(self) -> None:
        self._hidden.rename(self.browser.profiles)

    def __enter__(self) -> Self:
        try:
            self._furnish()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def _hidden(self) -> Path:
        return self._folder / "hidden"

    def _furnish(self) -> None:
        enter = self._stack.enter_context
        self.mend_text()
        self.bus = enter(Bus(self._folder))
        self.world = enter(standin(self.bus, self._folder / "bluez.log"))
        self.badge = enter(Badge(self._folder / "badge"))
        self.browser = enter(Firefox(self._folder / "home", self._folder / "firefox.log"))
        self.program = enter(self._motesd())

    def _motesd(self) -> Program:
        file = self._folder / "motes.toml"
        file.write_text(
            _CONFIG.format(
                folder=self._folder, living_room=LIVING_ROOM, cellar=CELLAR, badge=self.badge.machine.dev / "ttyACM0"
            )
        )
        port = free_port()
        command = (*COMMAND, f"--web.listen-address=127.0.0.1:{port}", f"--config.file={file}")
        return Program(
            command,
            port,
            self._folder / "log",
            ready="/-/ready",
            machine=HERE,
            PYTHONPATH=str(ROOT / ".src"),
            HOME=str(self._folder / "home"),
            XDG_CONFIG_HOME="",
            **self.bus.environment,
        )
