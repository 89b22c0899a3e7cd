#!/usr/bin/env python3
"""Takes the README's pictures of the page: tests/bench/screenshots.py [FOLDER], as root.

motesd serves this machine, four thermometers that are played on a bus of their own, a badge that a real MicroPython
plays, and a browser's profile that is made up; a real Chromium looks at it. Then one thermometer has another key, and
the badge is torn away. Port 9100 of loopback must be free, and pngquant(1) there.
"""

import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[2] / ".src"))

from motes.exporters.lywsd03mmc import mac

from tests.exporters.lywsd03mmc import encoders
from tests.support.badge.badge import Badge
from tests.support.badge.firmware import V1_17_BSEC
from tests.support.bluez.bus import Bus
from tests.support.bluez.standin import standin
from tests.support.bluez.world import World
from tests.support.browser import Browser
from tests.support.namespaces import OWN_MOUNTS, until
from tests.support.program import HERE, ROOT, Program
from tests.support.sessions import Place, session, tab, window

PICTURES = ROOT / "packaging" / "screenshots"
PORT = 9100
DESK, TELEPHONE = 960, 360
KEY = bytes(range(16))
# Name, degrees, percent of humidity and of battery.
ROOMS = {
    "A4:C1:38:00:00:01": ("living room", 21.53, 45.2, 85),
    "A4:C1:38:00:00:02": ("bedroom", 18.94, 52.4, 91),
    "A4:C1:38:00:00:03": ("balcony", -3.21, 81.0, 64),
    "A4:C1:38:00:00:04": ("cellar", 11.8, 73.6, 40),
}
CELLAR = "A4:C1:38:00:00:04"
CONFIG = """[web]
allow = ["127.0.0.1", "10.77.0.0/24"]
listen-address = ["127.0.0.1:9100", "dev:wg0:9100"]
[node]
[lywsd03mmc.key]
"{cellar}" = "{key}"
[lywsd03mmc.name]
{names}
[card10-bme680.kitchen]
device = ["/dev/ttyACM0"]
[firefox-tabs]
profile = ["{profile}"]
"""
# With another /dev, in which the badge is.
SEE = """mount --rbind /dev/pts "$1/pts" && touch "$1/null" && mount --bind /dev/null "$1/null" &&
    mount --rbind "$1" /dev && shift && exec "$@" """


def main(pictures: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="motes") as name, Browser() as browser:
        folder = Path(name)
        with Bus(folder) as bus, standin(bus, folder / "bluez.log") as world, badge(folder) as played:
            with motesd(folder, bus, played, KEY) as program:
                fill(world, program, 1)
                until(lambda: "all is well" in program.get("/"), "that all is well", program.log)
                take(browser, program, pictures / "page-light.png", DESK, "light")
            with motesd(folder, bus, played, bytes(16)) as program:
                fill(world, program, 2)
                played.unplug()
                until(lambda: "2 things are wrong" in program.get("/"), "that things are wrong", program.log)
                take(browser, program, pictures / "page-dark.png", DESK, "dark")
                take(browser, program, pictures / "page-telephone.png", TELEPHONE, "light")


@contextmanager
def badge(folder: Path) -> Iterator[Badge]:
    with Badge(folder / "badge", V1_17_BSEC) as played:
        (played.machine.dev / "pts").mkdir()
        yield played


def motesd(folder: Path, bus: Bus, played: Badge, key: bytes) -> Program:
    """With this key for the cellar's thermometer."""
    profile = folder / "firefox" / "default-release"
    if not profile.exists():
        made = Place(folder / "firefox").profile(profile.name, used=True)
        made.save(session(window(*[tab()] * 31), window(*[tab()] * 12, closed=3)))
    names = "\n".join(f'"{address}" = "{room[0]}"' for address, room in ROOMS.items())
    file = folder / "motes.toml"
    file.write_text(CONFIG.format(cellar=CELLAR, key=key.hex(), names=names, profile=profile))
    see = (*OWN_MOUNTS, "sh", "-c", SEE, "sh", str(played.machine.dev))
    command = (*see, sys.executable, "-m", "motes.shared.motesd", f"--config.file={file}")
    environment = {"PYTHONPATH": str(ROOT / ".src"), **bus.environment}
    return Program(command, PORT, folder / "log", ready="/-/ready", machine=HERE, **environment)


def fill(world: World, program: Program, time: int) -> None:
    """Have all be heard, for the first or the second time, and read and scraped."""
    until(world.listeners, "that it listens", program.log)
    for address, (_, warm, damp, battery) in ROOMS.items():
        octets = mac.octets(address)
        numbers = round(warm * 100), round(damp * 100), battery
        plain = encoders.pvvx(octets, *numbers[:2], 2912, battery, time, 4)
        encrypted = encoders.bthome_v2(octets, objects(*numbers), key=KEY, counter=time)
        world.advertise(address, {"fcd2": encrypted} if address == CELLAR else {"181a": plain})
    until(lambda: "card10_temperature_celsius" in program.get("/metrics"), "a reading", program.log)


def objects(warm: int, damp: int, battery: int) -> bytes:
    """BTHome's, of a battery, a temperature and a humidity."""
    return struct.pack("<BBBhBH", 0x01, battery, 0x02, warm, 0x03, damp)


def take(browser: Browser, program: Program, file: Path, width: int, scheme: str) -> None:
    """A picture of the page: all of it, or as much as shows what it is like on a telephone."""
    browser.look(width, 800, scheme)
    browser.open(program.url)
    whole = browser.run("return document.scrollingElement.scrollHeight")
    browser.look(width, min(whole, 1100) if width == TELEPHONE else whole, scheme)
    browser.open(program.url)
    browser.picture(file)
    subprocess.run(["pngquant", "--force", "--ext=.png", "--strip", "64", str(file)], check=True)
    print(file, file.stat().st_size)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES)
