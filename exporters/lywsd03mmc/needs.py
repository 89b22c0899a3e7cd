"""What hearing thermometers needs: bleak, D-Bus, BlueZ with an adapter that is on, and the keys of those that encrypt.

Errors: none; each problem that the radio may have is a finding with the same advice.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from motes.exporters.lywsd03mmc import keys
from motes.exporters.lywsd03mmc.station import ADVICE, Problem
from motes.shared import human
from motes.shared.finding import BAD, GOOD, NOTE, Finding
from motes.shared.person import access
from motes.shared.person.extras import Library

_BLEAK = Library("bleak", "bleak", "0.20", extra="ble", debian="python3-bleak")
_CRYPTOGRAPHY = Library(
    "cryptography.hazmat.primitives.ciphers.aead", "cryptography", "38", extra="ble", debian="python3-cryptography"
)
_MOST_LINES = 5
_RFKILL = "/sys/class/rfkill"


def needs(values: Mapping[str, Any]) -> Iterator[Finding]:
    bleak = _BLEAK.look()
    yield bleak
    yield _cryptography(encrypted=bool(values.get("ble.key-file") or values.get("ble.key")))
    if values.get("ble.key-file"):
        yield from _key_file(values["ble.key-file"])
    if bleak.state == GOOD:
        yield from _bluez(values.get("ble.adapter", ""), values.get("ble.scan", "auto"))


def _cryptography(*, encrypted: bool) -> Finding:
    found = _CRYPTOGRAPHY.look()
    if found.state == BAD and not encrypted:
        return Finding(NOTE, f"{found.what}; only those who encrypt need it", found.advice)
    return found


def _key_file(path: str) -> Iterator[Finding]:
    readable = access.usable(path, os.R_OK)
    yield readable
    yield from access.secret(path, "keys in it")
    if readable.state == BAD:
        return
    try:
        known, bad = keys.listed(keys.text(path))
    except ValueError as error:
        yield Finding(BAD, str(error), "write a line for each: A4C138000001 00112233445566778899aabbccddeeff")
        return
    for number, why in bad[:_MOST_LINES]:
        yield Finding(BAD, f"{path}, line {number}: {why}", "correct the line")
    if more := bad[_MOST_LINES:]:
        yield Finding(BAD, f"{path}: {len(more)} more lines are no keys", "correct them")
    yield Finding(GOOD, f"{path} has the keys of {len(known)}")


def _bluez(wanted: str, scan: str) -> Iterator[Finding]:
    import asyncio  # noqa: PLC0415 - with what comes with bleak, which may not be there

    from motes.exporters.lywsd03mmc import bluez  # noqa: PLC0415

    async def look() -> bluez.Adapter:
        async with bluez.Bluez.connected() as connected:
            return await connected.adapter(wanted)

    try:
        adapter = asyncio.run(look())
    except Problem as problem:
        yield Finding(BAD, f"{human.words(problem.name)}: {problem}", ADVICE[problem.name])
        if problem.name == "powered_off":
            yield from _switches()
        return
    yield Finding(GOOD, f"D-Bus and BlueZ answer, and {adapter.name} ({adapter.address}) is on")
    if adapter.passive or scan not in ("auto", "passive"):
        return
    told = "BlueZ cannot listen passively with this adapter"
    if scan == "passive":
        yield Finding(BAD, told, ADVICE["no_passive"])
    else:
        yield Finding(NOTE, f"{told}: it listens actively, which costs the thermometers a little", ADVICE["no_passive"])


def _switches() -> Iterator[Finding]:
    """What holds adapters off. Source: sysfs-class-rfkill in the kernel's ABI documentation."""
    for name in sorted(os.listdir(_RFKILL)) if os.path.isdir(_RFKILL) else ():
        if _read(name, "type") != "bluetooth":
            continue
        if _read(name, "hard") == "1":
            yield Finding(
                BAD, f"{_read(name, 'name')} is off by a switch of the machine", "find the switch, or the key"
            )
        elif _read(name, "soft") == "1":
            yield Finding(BAD, f"{_read(name, 'name')} is blocked", "rfkill unblock bluetooth")


def _read(name: str, attribute: str) -> str:
    try:
        with open(f"{_RFKILL}/{name}/{attribute}", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""
