"""From within its unit, the thermometers' exporter hears what BlueZ, which is played, says on the system's bus."""

from itertools import count
from pathlib import Path
from typing import cast

from tests.exporters.lywsd03mmc import encoders
from tests.support.bluez.bus import Bus
from tests.support.bluez.standin import standin
from tests.support.namespaces import until
from tests.support.nspawn import Machine
from tests.support.page import Page
from tests.support.units import page, told

ADDRESS = "A4:C1:38:00:00:01"


class SystemBus:
    """The machine's own, which lets root be org.bluez."""

    def __init__(self, machine: Machine) -> None:
        self.address = f"unix:path={machine.path('/run/dbus/system_bus_socket')}"


def test_hears_thermometers(machine: Machine, tmp_path: Path) -> None:
    machine.run("systemctl", "restart", "motes-lywsd03mmc")
    frames = count()
    with standin(cast(Bus, SystemBus(machine)), tmp_path / "log") as world:

        def heard() -> bool:
            numbers = 2050, 4712, 2912, 83, next(frames) % 256, 4
            world.advertise(ADDRESS, {"181a": encoders.pvvx(bytes.fromhex(ADDRESS.replace(":", "")), *numbers)})
            values = Page(page(machine, 9265)).values.items()
            return [value for (name, _), value in values if name == "thermometer_temperature_celsius"] == [20.5]

        until(heard, "a reading", told(machine, "motes-lywsd03mmc"))
