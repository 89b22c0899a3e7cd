"""`motes doctor` on what each exporter needs: it names each fault, and says what to do."""

import grp
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.e2e.test_program import SOURCE
from tests.support.badge.badge import Badge
from tests.support.badge.machine import STORAGE
from tests.support.badge.machine import Machine as Usb
from tests.support.bluez.bus import Bus
from tests.support.bluez.standin import HCI0, standin
from tests.support.card10 import Seeing
from tests.support.doctor import FEW, Told, configured, doctor
from tests.support.nobody import AS_NOBODY

DIALOUT = grp.getgrnam("dialout").gr_gid


# Extras.


def blocked(folder: Path, *modules: str) -> str:
    """A folder to put on Python's path, where modules are that cannot be imported, as if they were not there."""
    for name in modules:
        missing = f'raise ModuleNotFoundError("No module named {name!r}", name={name!r})\n'
        (folder / f"{name}.py").write_text(missing)
    return f"{folder}:{SOURCE}"


def test_extras_that_are_missing(tmp_path: Path) -> None:
    path = blocked(tmp_path, "bleak", "cryptography", "serial", "lz4")
    told = doctor("lywsd03mmc", "card10-bme680", "firefox-tabs", PYTHONPATH=path)
    told.says("BAD", "lz4 is not installed", 'pip install "motes[tabs]", or on Debian: apt install python3-lz4')
    told.says("BAD", "bleak is not installed", 'pip install "motes[ble]", or on Debian: apt install python3-bleak')
    told.says("note", "cryptography is not installed; only those who encrypt need it", "python3-cryptography")
    told.says(
        "BAD", "pyserial is not installed", 'pip install "motes[serial]", or on Debian: apt install python3-serial'
    )
    keys = tmp_path / "keys"
    keys.write_text("A4C138000001 00112233445566778899aabbccddeeff\n")
    keys.chmod(0o600)
    told = doctor("lywsd03mmc", f"--ble.key-file={keys}", PYTHONPATH=path)
    told.says("BAD", "cryptography is not installed", "python3-cryptography")


def test_extras_that_are_old_or_broken(tmp_path: Path) -> None:
    (tmp_path / "serial.py").write_text("")
    info = tmp_path / "pyserial-2.7.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pyserial\nVersion: 2.7\n")
    (tmp_path / "bleak.py").write_text("import nothing_of_the_kind\n")
    told = doctor("lywsd03mmc", "card10-bme680", PYTHONPATH=f"{tmp_path}:{SOURCE}")
    told.says("BAD", "pyserial 2.7 is older than 3.5")
    told.says("BAD", "bleak is installed, and broken: ModuleNotFoundError: No module named 'nothing_of_the_kind'")


# Thermometers.


@pytest.fixture
def keys(readable: Path) -> Path:
    file = readable / "keys"
    file.write_text("A4C138000001 00112233445566778899aabbccddeeff\nA4C138000002 11\n")
    file.chmod(0o644)
    return file


def test_a_key_file_that_all_can_read(keys: Path) -> None:
    told = doctor("lywsd03mmc", f"--ble.key-file={keys}")
    told.says("BAD", f"everybody on this machine can read {keys}, with keys in it (mode 0644)", f"chmod o= {keys}")
    told.says("BAD", f"{keys}, line 2: a key has 32 hexadecimal digits")
    told.says("ok", f"{keys} has the keys of 1")
    told.says_nothing_of("00112233")
    keys.chmod(0o640)
    told = doctor("lywsd03mmc", f"--ble.key-file={keys}")
    told.says("ok", f"{keys}, with keys in it, is kept from others")
    told = doctor("lywsd03mmc", f"--ble.key-file={keys}", before=AS_NOBODY)
    told.says("BAD", f"may not read {keys}")


def test_a_key_file_in_a_folder_that_is_closed_is_kept_from_others(keys: Path, readable: Path) -> None:
    readable.chmod(0o700)
    doctor("lywsd03mmc", f"--ble.key-file={keys}").says("ok", "is kept from others")


def test_keys_in_a_configuration_that_all_can_read(readable: Path) -> None:
    flag = configured(readable, '[lywsd03mmc.key]\n"A4:C1:38:00:00:01" = "00112233445566778899aabbccddeeff"\n')
    (readable / "motes.toml").chmod(0o644)
    doctor(flag).says("BAD", f"everybody on this machine can read {readable}/motes.toml, with keys in it")
    (readable / "motes.toml").chmod(0o600)
    doctor(flag).says("ok", f"{readable}/motes.toml, with keys in it, is kept from others")


def test_no_bus(tmp_path: Path) -> None:
    told = doctor("lywsd03mmc", DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={tmp_path}/none")
    told.says("BAD", "no bus: ", "start D-Bus, whose system bus is not there")


def test_bluez(tmp_path: Path) -> None:
    with Bus(tmp_path) as bus:
        doctor("lywsd03mmc", **bus.environment).says("BAD", "no bluez: ", "install and start BlueZ")
        with standin(bus, tmp_path / "log") as world:
            told = doctor("lywsd03mmc", **bus.environment)
            told.says("ok", f"D-Bus and BlueZ answer, and hci0 ({HCI0}) is on")
            told = doctor("lywsd03mmc", "--ble.adapter=hci7", **bus.environment)
            told.says("BAD", f"there is no hci7; there are hci0 ({HCI0})", "--ble.adapter")
            world.power(on=False)
            doctor("lywsd03mmc", **bus.environment).says("BAD", "hci0 is off", "bluetoothctl power on")
            bus.deny(send_destination="org.bluez")
            doctor("lywsd03mmc", **bus.environment).says("BAD", "denied: ", "member of the group bluetooth")


# Badges.


def seen(usb: Usb, *words: str, before: Sequence[str] = ()) -> Told:
    """By a doctor on a machine with these USB ports."""
    see = Seeing(usb)
    return doctor("card10-bme680", *words, before=(*see.command, *before))


def test_no_badge(tmp_path: Path) -> None:
    told = seen(Usb(tmp_path))
    told.says("note", "no badge is plugged in", "plug the badge in")
    assert told.status == 0


def test_a_badge_that_is_there(tmp_path: Path) -> None:
    with Badge(tmp_path) as badge:
        told = seen(badge.machine)
        told.says("ok", "root may read and write /dev/ttyACM0")
        # Who plays a badge holds its port.
        told.says("BAD", f"(pid {os.getpid()})")


def test_no_group(tmp_path: Path) -> None:
    with Badge(tmp_path) as badge:
        device = os.path.realpath(badge.path)
        os.chown(device, -1, DIALOUT)
        os.chmod(device, 0o660)
        told = seen(badge.machine, before=AS_NOBODY)
        told.says(
            "BAD",
            "nobody may not read and write /dev/ttyACM0, which is root's and the group dialout's (mode 0660)",
            "usermod -a -G dialout nobody, and log in again (in a systemd unit: SupplementaryGroups=dialout)",
        )
        member = [f"--groups={DIALOUT}" if word == "--clear-groups" else word for word in AS_NOBODY]
        seen(badge.machine, before=member).says("ok", "nobody may read and write /dev/ttyACM0")


def test_no_group_and_no_badge(tmp_path: Path) -> None:
    told = seen(Usb(tmp_path), before=AS_NOBODY)
    told.says("note", "nobody is not in the group dialout, which may open serial ports", "usermod -a -G dialout nobody")


def test_a_badge_that_others_hold(tmp_path: Path) -> None:
    with Badge(tmp_path) as badge:
        held = os.open(badge.path, os.O_RDWR | os.O_NOCTTY)
        try:
            told = doctor("card10-bme680", f"--serial.device={badge.path}")
        finally:
            os.close(held)
    told.says("BAD", f"{badge.path} is held by ", "close the other program")
    told.says("BAD", f"(pid {os.getpid()})")


def test_a_badge_in_storage_mode(tmp_path: Path) -> None:
    usb = Usb(tmp_path)
    usb.attach("1-2", STORAGE)
    seen(usb).says("BAD", "the badge at USB port 1-2 is in storage mode", "leave the badge's USB storage mode")


# Tabs.


def profile(home: Path) -> Path:
    """That of a browser that has quit."""
    folder = home / ".mozilla/firefox/p1"
    folder.mkdir(parents=True)
    (home / ".mozilla/firefox/profiles.ini").write_text("[Profile0]\nName=p\nIsRelative=1\nPath=p1\nDefault=1\n")
    (folder / "sessionstore.jsonlz4").write_bytes(b"mozLz40\0")
    return folder


def test_no_profile() -> None:
    told = doctor("firefox-tabs")
    told.says("ok", "lz4 4.")
    told.says("note", "no browser keeps a profile of root's", "start the browser as this user once")


def test_a_session_that_may_be_read(tmp_path: Path) -> None:
    folder = profile(tmp_path)
    told = doctor("firefox-tabs", HOME=str(tmp_path))
    told.says("ok", f"root may read the session of firefox in {folder}")
    assert told.status == 0


def test_a_session_that_may_not_be_read(readable: Path) -> None:
    folder = profile(readable)
    (folder / "sessionstore.jsonlz4").chmod(0o600)
    told = doctor("firefox-tabs", f"--firefox.profile={folder}", before=AS_NOBODY)
    told.says("BAD", f"{folder}/sessionstore.jsonlz4: denied", "run motes as the user whose profile this is")


def test_a_profile_that_is_named_and_not_there(tmp_path: Path) -> None:
    doctor("firefox-tabs", f"--firefox.profile={tmp_path}/none").says("BAD", f"{tmp_path}/none: not found")
    doctor("firefox-tabs", f"--firefox.profile={tmp_path}/*/none").says("BAD", "no browser keeps a profile")


# The node exporter.


def test_folders_of_text_files(readable: Path) -> None:
    flags = ("--collector.disable-defaults", "--collector.textfile", f"--collector.textfile.directory={readable}/text")
    doctor("node", *flags).says("BAD", f"there is no {readable}/text")
    (readable / "text").mkdir(mode=0o700)
    doctor("node", *flags, before=AS_NOBODY).says("BAD", f"may not read and enter {readable}/text, which is root's")
    (readable / "text/bad.prom").write_text("what is this\n")
    doctor("node", *flags).says("BAD", f"{readable}/text/bad.prom is not served")


def test_a_collector_that_fails(tmp_path: Path) -> None:
    told = doctor("node", *FEW, f"--path.procfs={tmp_path}")
    told.says("BAD", "collector loadavg fails: FileNotFoundError", "--no-collector.loadavg")
