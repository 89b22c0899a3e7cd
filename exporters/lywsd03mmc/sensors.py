"""What people are told of thermometers, and of the radio where that does not listen.

A thermometer that is silent is a problem where somebody wants it: it has a key or a name, or is polled. Others may be
a neighbour's, who has gone.
"""

from collections.abc import Iterator

from motes.exporters.lywsd03mmc.station import ADVICE, Station
from motes.exporters.lywsd03mmc.thermometer import Thermometer
from motes.exporters.lywsd03mmc.thermometers import Thermometers
from motes.shared import human
from motes.shared.sensor import Sensor

_MEASURED = (
    ("temperature_celsius", "temperature", 1.0, "{:.1f} °C"),
    ("humidity_ratio", "humidity", 1.0, "{:.0f} %"),
    ("battery_ratio", "battery", 1.0, "{:.0f} %"),
)
_SILENT = "not heard", "see whether its battery is empty, or whether it is too far away"
_REFUSED = {
    "no_key": ("no key", "it encrypts: give its key with --ble.key-file"),
    "bad_tag": ("wrong key", "see to its key: what it says cannot be read with it"),
    "no_cryptography": (
        "cannot be read",
        'it encrypts: pip install "motes[ble]", or on Debian python3-cryptography, and start again',
    ),
    "unencrypted": ("does not encrypt", "take its key away, or give it to the device: what it says could be anybody's"),
    "replay": ("says again what it said", "its battery was changed, or somebody plays a recording"),
    "wrong_mac": ("names another device", "somebody else may be using its address"),
    "malformed": ("cannot be understood", "see the log for what is wrong with its frames"),
}
_POLLED = {
    "not_found": ("not found", _SILENT[1]),
    "connect": ("cannot be connected to", "see whether it is too far away, or connected to something else"),
    "timeout": ("does not answer", _SILENT[1]),
    "disconnected": ("loses the connection", "see whether it is too far away"),
    "no_values": ("tells nothing of use", "see the log"),
    "failed": ("cannot be polled", "see the log"),
}


def sensors(thermometers: Thermometers, station: Station) -> Iterator[Sensor]:
    problem = station.problem
    if problem:
        yield Sensor("Bluetooth", (), 0.0, problem=human.words(problem), advice=ADVICE[problem])
    for device in sorted(thermometers.devices(), key=lambda each: _place(thermometers, each)):
        readings = human.readings(thermometers.values(device), _MEASURED)
        # Where nothing is heard, it is the radio's problem and not that of all of them.
        quiet = not readings and not problem and thermometers.wanted(device)
        wrong, advice = _problem(thermometers, device) if quiet else ("", "")
        yield Sensor(thermometers.name(device), readings, device.seen, problem=wrong, advice=advice)


def _place(thermometers: Thermometers, device: Thermometer) -> tuple[bool, str]:
    """Those that somebody wants before the others, by name."""
    return not thermometers.wanted(device), thermometers.name(device).casefold()


def _problem(thermometers: Thermometers, device: Thermometer) -> tuple[str, str]:
    """What is wrong with one of which nothing is known now, and what to do about it; empty if nothing is."""
    if device.refused in _REFUSED:
        return _REFUSED[device.refused]
    if device.poll_failing in _POLLED:
        return _POLLED[device.poll_failing]
    return _SILENT if thermometers.overdue(device) else ("", "")
