"""Which profiles there are in a folder, and which of them is in use.

Source: profiles.ini has a section `[Profile0]` and so on for each, with its `Path`, which is relative to the folder
        unless `IsRelative=0`. `[Install…]` says which one an installed browser starts with; installs.ini says the
        same in sections whose names lack the word. Where there is no such section, as with snap, it is the one with
        `Default=1`, which else means nothing.
Errors: Failure bad_ini for a file that is too large or no such thing, or what opening it gives; Gone where there is
        no profiles.ini.
"""

import os

from motes.exporters.firefox_tabs.opening import File, Folder, there
from motes.exporters.firefox_tabs.problems import Failure, Gone

_PROFILES, _INSTALLS = "profiles.ini", "installs.ini"
_LARGEST = 1 << 20
_MOST = 1000
# One of these is in every profile's folder.
_SIGNS = ("times.json", "prefs.js", ".parentlock", "lock", "sessionstore-backups", "sessionstore.jsonlz4")

Sections = dict[str, dict[str, str]]


def listed(folder: Folder) -> dict[str, bool]:
    """Paths, relative or absolute, and whether each is in use."""
    with folder.open(_PROFILES) as file:
        sections = parse(_read(file))
    try:
        with folder.open(_INSTALLS) as file:
            installs = parse(_read(file))
    except Gone:
        installs = {}
    profiles = [each for name, each in sections.items() if name.startswith("Profile") and _path(each)][:_MOST]
    installs.update((name, each) for name, each in sections.items() if name.startswith("Install"))
    used = {each["default"] for each in installs.values() if "default" in each}
    if not used:
        used = {each["path"] for each in profiles if each.get("default") == "1"}
    return {each["path"]: each["path"] in used for each in profiles}


def _path(section: dict[str, str]) -> bool:
    """Whether it has one that can be."""
    path = section.get("path", "")
    return path != "" and "\0" not in path


def is_profile(folder: Folder) -> bool:
    return any(there(folder, name) is not None for name in _SIGNS)


def _read(file: File) -> bytes:
    data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise Failure("bad_ini")
    return data


def parse(data: bytes) -> Sections:
    """Sections by name, with what is in each, its keys in small letters. Lines that say nothing are no offence."""
    from configparser import ConfigParser, Error  # noqa: PLC0415 - for those who have a browser

    # No section is the other ones' default, nothing in a value stands for something else, and a key may lack one.
    parser = ConfigParser(delimiters=("=",), strict=False, interpolation=None, default_section="", allow_no_value=True)
    try:
        parser.read_string(os.fsdecode(data).removeprefix("\ufeff"))
    except Error:
        raise Failure("bad_ini") from None
    return {name: {key: value or "" for key, value in parser.items(name)} for name in parser.sections()}
