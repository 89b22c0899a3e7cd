"""What this process may do with files, and who else may; told as findings.

Errors: none; what cannot be looked at is told.
"""

import grp
import os
import pwd
import stat
from collections.abc import Iterator

from motes.shared.finding import BAD, GOOD, Finding

_WAYS = {os.R_OK: "read", os.W_OK: "write", os.X_OK: "enter"}
_BITS = {os.R_OK: stat.S_IRGRP, os.W_OK: stat.S_IWGRP, os.X_OK: stat.S_IXGRP}


def user() -> str:
    """Whose rights are looked at."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"


def usable(path: str, way: int) -> Finding:
    """Whether this process may read (os.R_OK), write (os.W_OK) or enter (os.X_OK) what is at a path."""
    for folder in _above(path):
        if not os.path.isdir(folder):
            return Finding(BAD, f"there is no folder {folder}", "make it, or write another path")
        if not _may(folder, os.X_OK):
            return Finding(BAD, f"{user()} may not enter {folder}{_owned(folder)}", _allow(folder, os.X_OK))
    if not os.path.exists(path):
        return Finding(BAD, f"there is no {path}", "make it, or write another path")
    wanted = " and ".join(word for bit, word in _WAYS.items() if way & bit)
    if _may(path, way):
        return Finding(GOOD, f"{user()} may {wanted} {path}")
    return Finding(BAD, f"{user()} may not {wanted} {path}{_owned(path)}", _allow(path, way))


def secret(path: str, what: str) -> Iterator[Finding]:
    """Whether a file that holds what nobody else should see is kept from all others."""
    try:
        mode = os.stat(path).st_mode
        open_to_all = all(os.stat(folder).st_mode & stat.S_IXOTH for folder in _above(path))
    except OSError:
        return
    others = [word for bit, word in ((stat.S_IROTH, "read"), (stat.S_IWOTH, "change")) if mode & bit]
    if others and open_to_all:
        can = " and ".join(others)
        told = f"everybody on this machine can {can} {path}, with {what} (mode {stat.S_IMODE(mode):04o})"
        yield Finding(BAD, told, f"chmod o= {path}")
    else:
        yield Finding(GOOD, f"{path}, with {what}, is kept from others")


def group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def group_id(name: str) -> int | None:
    """Of a group by name or number; None where there is none."""
    try:
        return int(name) if name.isdigit() else grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def is_member(gid: int | None) -> bool:
    """Whether this process has a group's rights."""
    return os.geteuid() == 0 or gid in {os.getegid(), *os.getgroups()}


def _may(path: str, way: int) -> bool:
    return os.access(path, way, effective_ids=True)


def _above(path: str) -> list[str]:
    """The folders that lead to a path, the root first."""
    folder = os.path.dirname(os.path.abspath(path))
    folders = [folder]
    while folder != "/":
        folder = os.path.dirname(folder)
        folders.append(folder)
    return folders[::-1]


def _owned(path: str) -> str:
    try:
        status = os.stat(path)
    except OSError as error:
        return f": {error.strerror}"
    try:
        owner = pwd.getpwuid(status.st_uid).pw_name
    except KeyError:
        owner = str(status.st_uid)
    return f", which is {owner}'s and the group {group_name(status.st_gid)}'s (mode {stat.S_IMODE(status.st_mode):04o})"


def _allow(path: str, way: int) -> str:
    """What to do so that this user may."""
    try:
        status = os.stat(path)
    except OSError:
        return "see who may enter its folder"
    needed = sum(bit for each, bit in _BITS.items() if way & each)
    if status.st_mode & needed != needed or not status.st_gid:
        letters = "".join(letter for letter, bit in (("r", os.R_OK), ("w", os.W_OK), ("x", os.X_OK)) if way & bit)
        return f"give {user()} the right to, as by: setfacl -m u:{user()}:{letters} {path}"
    return join_group(group_name(status.st_gid))


def join_group(group: str) -> str:
    """How this user gets to be a member."""
    try:
        enrolled = user() in grp.getgrnam(group).gr_mem
    except KeyError:
        enrolled = False
    if enrolled:
        return f"log in again, or restart the service: {user()} is in the group {group}, but was not when this began"
    return f"usermod -a -G {group} {user()}, and log in again (in a systemd unit: SupplementaryGroups={group})"
