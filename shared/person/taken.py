"""Whether a port or the path of a unix socket is free to listen on, and who has it if not."""

import errno
import os
import stat
from collections.abc import Iterator

from motes.shared import sockets
from motes.shared.address import Address
from motes.shared.finding import BAD, GOOD, Finding
from motes.shared.person import access, processes
from motes.shared.person.fetch import Unreachable, fetch
from motes.shared.person.place import Place
from motes.shared.person.processes import Process

_HEALTHY = b"motes is healthy.\n"
# Seconds that whoever has a port may take to say that it is a program of motes.
_ANSWER_WITHIN = 1.0


def port(address: Address) -> Iterator[Finding]:
    """Nothing where it is free. It is bound to for a moment, without listening."""
    try:
        sockets.bound(address).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            at = Place(host=address.host if address.loopback else "127.0.0.1", port=address.port)
            yield _taken(f"port {address.port}", processes.listening_on_port(address.port), at)
        elif error.errno == errno.EACCES:
            told = f"{access.user()} may not listen on port {address.port}: low ports are for CAP_NET_BIND_SERVICE"
            yield Finding(BAD, told, "choose a port from 1024 on, or AmbientCapabilities=CAP_NET_BIND_SERVICE")
        elif error.errno not in (errno.ENODEV, errno.EADDRNOTAVAIL):
            yield Finding(BAD, f"{address}: {error.strerror}", "choose another address")


def path(where: str, group: str) -> Iterator[Finding]:
    """What is wrong with the path of a unix socket, and who listens there."""
    folder = access.usable(os.path.dirname(where), os.W_OK | os.X_OK)
    if folder.state == BAD:
        yield Finding(BAD, folder.what, f"{folder.advice} (in a systemd unit: RuntimeDirectory=)")
        return
    if group and not access.is_member(access.group_id(group)):
        told = f"{access.user()} may not give the socket to the group {group}, in which it is not"
        yield Finding(BAD, told, access.join_group(group))
    try:
        mode = os.lstat(where).st_mode
    except OSError:
        return
    if not stat.S_ISSOCK(mode):
        yield Finding(BAD, f"{where} is there, and no socket", "move it away, or choose another path")
    elif holders := processes.listening_on_path(where):
        yield _taken(where, holders, Place(socket=where))


def _taken(what: str, holders: list[Process], at: Place) -> Finding:
    whom = " and ".join(map(str, holders)) or "a program whose name /proc does not tell this user"
    if any(each.is_ours for each in holders) or (not holders and _is_ours(at)):
        return Finding(GOOD, f"{what} is in use by motes: {whom}")
    return Finding(BAD, f"{what} is taken by {whom}", "stop that, or choose another")


def _is_ours(at: Place) -> bool:
    try:
        return fetch(at, "-/healthy", _ANSWER_WITHIN) == _HEALTHY
    except Unreachable:
        return False
