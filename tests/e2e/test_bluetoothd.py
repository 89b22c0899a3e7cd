"""motes-lywsd03mmc beside the real bluetoothd, on a real kernel in QEMU, with thermometers on the air around it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from struct import pack

import pytest

from tests.exporters.lywsd03mmc import encoders
from tests.support.bluetoothd.air import Air
from tests.support.bluetoothd.guest import Guest
from tests.support.bluetoothd.thermometer import Thermometer, atc1441, pvvx, stock
from tests.support.namespaces import until
from tests.support.thermometers import PYTHONS, Thermometers

HERE, THERE, ELSEWHERE = "A4:C1:38:00:00:01", "A4:C1:38:00:00:02", "A4:C1:38:00:00:03"
# What stock firmware says that nobody has bound to an account: that it is there.
BEACON = encoders.mibeacon(bytes(6), 1, None, with_address=False, capability=b"\x08")
# Seconds that BlueZ and the program may take to find each other again.
SOON = 60.0

Start = Callable[..., Thermometers]


@pytest.fixture(scope="module")
def guest(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    assert pytestconfig.cache
    with Guest(tmp_path_factory.mktemp("guest"), pytestconfig.cache.mkdir("bluetoothd")) as running:
        yield running


@pytest.fixture
def air(guest: Guest) -> Iterator[Air]:
    """With an adapter, and bluetoothd."""
    guest.start_bluetoothd("--experimental")
    with Air() as around:
        around.plug_in(guest.adapter)
        yield around
    print(guest.said())
    guest.forget()


@pytest.fixture
def start(guest: Guest, tmp_path: Path) -> Iterator[Start]:
    started: list[Thermometers] = []

    def run(*flags: str, python: str = "newest") -> Thermometers:
        bus = f"unix:path={guest.bus}"
        log = tmp_path / "log"
        started.append(Thermometers(log, *flags, python=PYTHONS[python], DBUS_SYSTEM_BUS_ADDRESS=bus))
        return started[-1]

    yield run
    for program in started:
        program.__exit__(None, None, None)
        print(program.log())


def hears(program: Thermometers, thermometer: Thermometer, count: int, hundredths: int) -> None:
    """What a thermometer says from now on."""
    address = bytes.fromhex(thermometer.mac)
    thermometer.advertise("181a", encoders.pvvx(address, hundredths, 4712, 2912, 83, count, 4))
    until(
        lambda: program.value("temperature_celsius", mac=thermometer.mac) == hundredths / 100,
        f"{hundredths / 100} degrees",
        program.log,
        within=SOON,
    )


def polls(program: Thermometers, thermometer: Thermometer, hundredths: int) -> None:
    """What a thermometer with stock firmware answers from now on."""
    thermometer.values["ccc1"] = pack("<hBH", hundredths, 47, 2912)
    until(
        lambda: program.value("temperature_celsius", mac=thermometer.mac) == hundredths / 100,
        f"{hundredths / 100} degrees when asked",
        program.log,
        within=SOON,
    )


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("scan", "mode"), [("auto", "passive"), ("active", "active")])
def test_listens(air: Air, start: Start, python: str, scan: str, mode: str) -> None:
    here, there = pvvx(air, HERE), pvvx(air, THERE)
    there.radio.rssi = -83
    program = start(f"--ble.scan={scan}", python=python)
    hears(program, here, 1, 2150)
    hears(program, there, 1, -453)
    hears(program, here, 2, -1)
    assert program.value("scanner_info", adapter="hci0", mode=mode) == 1
    assert program.value("humidity_ratio", mac=there.mac, sensor="LYWSD03MMC") == 47.12
    assert program.value("rssi_dbm", mac=there.mac) == -83
    assert program.value("scanner_restarts_total") == 0


@pytest.mark.parametrize("python", PYTHONS)
def test_polls_two_at_once_while_a_third_does_not_answer(air: Air, start: Start, python: str) -> None:
    here, there, deaf = stock(air, HERE), pvvx(air, THERE), atc1441(air, ELSEWHERE)
    for thermometer in (here, there, deaf):
        thermometer.advertise("fe95", BEACON)
    deaf.radio.deaf = True
    here.values["ccc1"] = pack("<hBH", -453, 47, 2912)
    there.values["2a6e"] = pack("<h", -1)
    program = start("--ble.poll-interval=10s", deaf.address, here.address, there.address, python=python)
    until(lambda: len(program.values("temperature_celsius")) == 2, "two answers", program.log, within=SOON)
    assert program.value("temperature_celsius", mac=here.mac) == -4.53
    assert program.value("battery_volts", mac=here.mac) == 2.912
    assert program.value("temperature_celsius", mac=there.mac) == -0.01
    assert program.value("battery_volts", mac=there.mac) == 2.912
    assert program.value("info", mac=here.mac, firmware="stock", version="1.0.0_0130") == 1
    assert program.value("info", mac=there.mac, firmware="pvvx", version="V4.7") == 1
    assert ("ccd8", bytes.fromhex("f40100")) in here.written
    polls(program, here, 2150)
    until(lambda: not (here.connected or there.connected), "both are left alone again")


def off_and_on(guest: Guest, air: Air) -> None:
    guest.power(on=False)
    guest.power(on=True)


def restarted(guest: Guest, air: Air) -> None:
    guest.stop_bluetoothd()
    guest.start_bluetoothd("--experimental")


def replugged(guest: Guest, air: Air) -> None:
    air.unplug()
    air.plug_in(guest.adapter)


@pytest.mark.parametrize("happen", [off_and_on, restarted, replugged])
@pytest.mark.parametrize("scan", ["passive", "active"])
def test_goes_on_after(guest: Guest, air: Air, start: Start, scan: str, happen: Callable[[Guest, Air], None]) -> None:
    said, asked = pvvx(air, HERE), stock(air, THERE)
    asked.advertise("fe95", BEACON)
    program = start(f"--ble.scan={scan}", "--ble.poll-interval=10s", asked.address)
    hears(program, said, 1, 2150)
    polls(program, asked, 2160)
    happen(guest, air)
    hears(program, said, 2, -453)
    polls(program, asked, -463)


def test_forgets_who_is_gone(air: Air, start: Start) -> None:
    gone, there = pvvx(air, HERE), pvvx(air, THERE)
    program = start()
    hears(program, there, 1, 2160)
    hears(program, gone, 1, 2150)
    gone.hush()
    until(lambda: not program.values("temperature_celsius", mac=gone.mac), "forgotten", program.log, within=150)
    assert program.values("humidity_ratio", mac=gone.mac) == []
    assert program.values("rssi_dbm", mac=gone.mac) == []
    assert program.value("last_seen_timestamp_seconds", mac=gone.mac)
    assert program.value("temperature_celsius", mac=there.mac) == 21.6
    hears(program, gone, 2, 2170)
