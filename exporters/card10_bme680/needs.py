"""What reading badges needs: pyserial, and ports that are there, free, and may be opened. None is opened."""

import os
from collections.abc import Iterator, Mapping

from motes.exporters.card10_bme680.badges import AUTO
from motes.exporters.card10_bme680.ports import Ports
from motes.exporters.card10_bme680.problems import ADVICE, Failure
from motes.shared.finding import BAD, GOOD, NOTE, Finding
from motes.shared.person import access, processes
from motes.shared.person.extras import Library

_PYSERIAL = Library("serial", "pyserial", "3.5", extra="serial", debian="python3-serial")
# Debian's, and Arch's, for serial ports.
_GROUPS = ("dialout", "uucp")


def needs(values: Mapping[str, list[str]]) -> Iterator[Finding]:
    yield _PYSERIAL.look()
    devices = values.get("serial.device", [AUTO])
    ports = Ports()
    for path in devices:
        if path != AUTO:
            yield from _named(path, ports)
    if AUTO in devices:
        yield from _found(ports, {os.path.realpath(path) for path in devices})


def _named(path: str, ports: Ports) -> Iterator[Finding]:
    try:
        yield from _port(ports.named(path), path)
    except Failure as failure:
        yield Finding(BAD, str(failure), ADVICE[failure.reason])


def _found(ports: Ports, named: set[str]) -> Iterator[Finding]:
    """Those that are not named."""
    badges = {port: file for port, file in ports.badges().items() if os.path.realpath(file) not in named}
    if not badges:
        yield Finding(NOTE, "no badge is plugged in", ADVICE["not_found"])
        yield from _group()
    for port, file in badges.items():
        if file:
            yield from _port(file, f"the badge at USB port {port} ({file})")
        else:
            yield Finding(BAD, f"the badge at USB port {port} is in storage mode", ADVICE["storage_mode"])


def _port(file: str, whose: str) -> Iterator[Finding]:
    yield access.usable(file, os.R_OK | os.W_OK)
    holders = processes.having_open(file)
    theirs = [each for each in holders if not each.is_ours]
    if theirs:
        yield Finding(BAD, f"{whose} is held by {' and '.join(map(str, theirs))}", ADVICE["busy"])
    elif holders:
        yield Finding(GOOD, f"{whose} is read by {holders[0]}")


def _group() -> Iterator[Finding]:
    """Where there is no port whose group could be asked for."""
    for name in _GROUPS:
        gid = access.group_id(name)
        if gid is not None and not access.is_member(gid):
            told = f"{access.user()} is not in the group {name}, which may open serial ports"
            yield Finding(NOTE, told, access.join_group(name))
