"""motes-lywsd03mmc while its configuration, the bus and bluetoothd change again and again: nothing is left open."""

import signal
from functools import partial
from pathlib import Path

import pytest

from tests.exporters.lywsd03mmc import encoders
from tests.support.bluez.bus import Bus
from tests.support.bluez.world import World
from tests.support.flood import sockets
from tests.support.namespaces import until
from tests.support.thermometers import PYTHONS, Thermometers

HERE = "A4:C1:38:00:00:01"
TIMES = 4


def hears(program: Thermometers, world: World, hundredths: int) -> None:
    frame = encoders.pvvx(bytes.fromhex("A4C138000001"), hundredths, 4712, 2912, 83, hundredths % 256, 4)

    def heard() -> bool:
        world.advertise(HERE, {"181a": frame})
        return program.value("temperature_celsius") == hundredths / 100

    until(heard, f"{hundredths / 100} degrees", program.log)


@pytest.mark.parametrize("python", PYTHONS)
def test_leaves_nothing_open_when_it_begins_anew(bus: Bus, world: World, tmp_path: Path, python: str) -> None:
    file = tmp_path / "motes.toml"
    file.write_text(f'[lywsd03mmc.name]\n"{HERE}" = "before"\n')
    flags = f"--config.file={file}", "--ble.scan=active"
    with Thermometers(tmp_path / "log", *flags, python=PYTHONS[python], **bus.environment) as program:
        hears(program, world, 2000)
        before = sockets(program.process.pid), bus.clients()
        for nth in range(1, TIMES + 1):
            file.write_text(f'[lywsd03mmc.name]\n"{HERE}" = "room {nth}"\n')
            program.process.send_signal(signal.SIGHUP)
            until(partial(program.values, "info", name=f"room {nth}"), "the new name", program.log)
            hears(program, world, 2000 + nth)
        until(lambda: bus.clients() == before[1], "nobody else on the bus", program.log)
        # The last ones are closed when the next begin.
        assert sockets(program.process.pid) <= before[0] + 2
