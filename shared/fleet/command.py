"""`motes fleet`: from one inventory, the files of every host and of the monitor.

Exit status: 0, or 1 where --check finds something to do.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from motes.shared.command_line import CommandLine
from motes.shared.config import Misconfigured
from motes.shared.fleet import inventory, scrape
from motes.shared.fleet.inventory import MONITOR, Host, Inventory
from motes.shared.fleet.motes_toml import Checker
from motes.shared.fleet.roads import ROADS, nginx
from motes.shared.fleet.static import text
from motes.shared.fleet.writing import File, Plan, alone, first_words
from motes.shared.motesd import EXPORTERS, Plugins
from motes.shared.options import BOOLEAN, PATH, Catalogue, Option
from motes.shared.person.terminal import Line, Terminal, plain

PATHS = Option("paths", PATH, [], "The inventory, and the folder to write.", repeatable=True)
CHECK = Option("check", BOOLEAN, False, "Say what would change, and write nothing.")
OPTIONS = Catalogue([PATHS, CHECK])

INSTALL = "install"
_HEAD = """\
#!/bin/sh
# Makes the host that it runs on what the files beside it say; see --help.
"""
_UNTIL_THEN = "and run this again: until then nothing comes from these hosts, and from none if it is the monitor's"
# What has no secret in it, but is nobody else's concern: wg-quick warns where others can read it.
_PRIVATE = "etc/wireguard/"
# Hashes of passwords.
_PASSWORDS = "htpasswd"
_SCRIPTS = "etc/init.d/"


def fleet(words: Sequence[str], terminal: Terminal) -> int:
    given = CommandLine(OPTIONS, {}, PATHS.name).read(words, {})
    paths = given.get(PATHS.name, [])
    if len(paths) != 2:
        raise Misconfigured(["motes fleet wants two words: motes fleet INVENTORY FOLDER"])
    source, target = map(Path, paths)
    found = read(source)
    wanted = trees(found)
    check = given.get(CHECK.name, False)
    with alone(target, make=not check) as folder:
        plan = folder.plan(wanted)
        if not check:
            folder.write(wanted, plan)
    terminal.write([*_told(plan, found, target, check=check), *_missing(found, source)])
    return int(check and bool(plan))


def read(path: Path) -> Inventory:
    """Misconfigured with all that is wrong."""
    reader = inventory.Reader(list(ROADS), list(EXPORTERS))
    found = reader.read(inventory.load(path))
    problems = list(reader.problems)
    for road in ROADS.values():
        problems += road.problems(found)
    checker = Checker(Plugins())
    for host in found.hosts:
        problems += checker.problems(host)
    if problems:
        raise Misconfigured([f"{path}: {problem}" for problem in problems])
    return found


def trees(found: Inventory) -> dict[str, File]:
    """All files by their path, of which the first word says whose they are."""
    wanted = dict(_tree(MONITOR, _monitors(found), _monitor_files(found)))
    for host in found.hosts:
        wanted |= _tree(host.name, _hosts(host), ROADS[host.road].host_files(found, host))
    return wanted


def _monitors(found: Inventory) -> dict[str, str]:
    """What its script has to know."""
    monitor = found.monitor
    asked = found.by(nginx.NAME)
    return {
        "table": MONITOR,
        "public_key": monitor.public_key,
        "ssh_key": monitor.ssh_key,
        "certificate": monitor.certificate.strip(),
        "address": monitor.push.host if monitor.push else "",
        "asked": " ".join([host.name for host in asked]),
        "hashed": " ".join([host.name for host in asked if host.password_hash]),
    }


def _hosts(host: Host) -> dict[str, str]:
    """What its script has to know."""
    return {
        "table": host.title,
        "public_key": host.public_key,
        "tunnel_key": host.tunnel_key,
        "certificate": host.certificate.strip(),
        "address": host.endpoint.host if host.endpoint else "",
        "hashed": host.name if host.password_hash else "",
    }


def _tree(name: str, known: Mapping[str, str], texts: Mapping[str, str]) -> Iterator[tuple[str, File]]:
    """A script that knows what the inventory knows already, and the files."""
    words = "".join([f"{variable}={shlex.quote(value)}\n" for variable, value in {"name": name, **known}.items()])
    yield f"{name}/{INSTALL}", File((_HEAD + words + _script()).encode(), 0o755)
    for path, content in texts.items():
        yield f"{name}/{path}", File(content.encode(), _mode(path))


def _script() -> str:
    return "".join([text(f"install/{part}.sh") for part in ("files", "roads", "main")])


def _mode(path: str) -> int:
    if path.startswith(_PRIVATE) or path.endswith(_PASSWORDS):
        return 0o600
    return 0o755 if path.startswith(_SCRIPTS) else 0o644


def _monitor_files(found: Inventory) -> Mapping[str, str]:
    texts = scrape.monitor_files(found)
    for name, road in ROADS.items():
        if found.by(name):
            texts |= road.monitor_files(found)
    return texts


def _told(plan: Plan, found: Inventory, target: Path, *, check: bool) -> Iterator[Line]:
    for what, look, paths in (("new", "good", plan.new), ("changed", "note", plan.changed), ("gone", "bad", plan.gone)):
        yield from (((f"{what:9}", look), (plain(path), "")) for path in paths)
    present = {MONITOR, *(host.name for host in found.hosts)}
    names = first_words([*plan.new, *plan.changed, *plan.gone])
    touched = [name for name in names if name in present]
    if not plan:
        yield (("Nothing is to be done: all is as the inventory has it.", ""),)
    elif check:
        yield ((f"This would change {', '.join(names)}.", "bold"),)
    elif touched:
        yield (
            (f"Copy each of these folders to its host, and there, as root, run the {INSTALL} that is in it:", "bold"),
        )
        yield from (((f"    {plain(str(target / name))}", ""),) for name in touched)
    for name in sorted({*names} - {*touched}):
        yield ((f"{plain(name)} is not in the inventory any more: what runs there is yours to stop", "note"),)


def _missing(found: Inventory, source: Path) -> Iterator[Line]:
    """What is made where it belongs, and is to be written into the inventory."""
    missing = [one for road in ROADS.values() if found.by(road.NAME) for one in road.missing(found)]
    for name, key in dict.fromkeys(missing):
        yield ((f"{name} has no {key} yet: its {INSTALL} prints it; write it into {plain(str(source))}", "note"),)
    if missing:
        yield ((_UNTIL_THEN, "note"),)
