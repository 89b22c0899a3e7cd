"""Making one listening socket: TCP on an address or an interface, unix on a path, or handed over by the manager.

All are non-blocking and closed on exec.
Source: ip(7), ipv6(7), socket(7), unix(7), sd_listen_fds(3).
Errors: OSError as the kernel gives it, with a sentence of our own where the kernel's would not help;
        ValueError for what was handed over and is of no use.
"""

import errno
import os
import socket
import stat

from motes.shared.address import Address

BACKLOG = 1024
# linux/in.h; the socket module lacks the name. It is good for both families.
_IP_FREEBIND = 15
_IFNAMSIZ = 16
_NO_IPV6 = frozenset((errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL))
_FIRST_INHERITED = 3
_FAMILIES = frozenset((socket.AF_INET, socket.AF_INET6, socket.AF_UNIX))


def tcp(address: Address) -> socket.socket:
    """ENODEV where its interface does not exist."""
    made = bound(address)
    try:
        made.listen(BACKLOG)
    except BaseException:
        made.close()
        raise
    return made


def bound(address: Address) -> socket.socket:
    """One that does not listen yet. Without a host, of both families (IPv4 alone where there is no IPv6)."""
    if address.host:
        return _bound(_family(address.host), address)
    try:
        return _bound(socket.AF_INET6, address)
    except OSError as error:
        if error.errno not in _NO_IPV6:
            raise
    return _bound(socket.AF_INET, address)


def device(listening: socket.socket) -> str:
    """The present name of the interface that a socket is bound to. ENODEV where the interface is no more."""
    name = listening.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, _IFNAMSIZ)
    return os.fsdecode(name.rstrip(b"\0"))


def is_local(address: Address) -> bool:
    """Whether its host is an address of this machine now; True where that cannot be told."""
    try:
        with socket.socket(_family(address.host), socket.SOCK_STREAM) as probe:
            if address.follows:
                _bind_to_device(probe, address)
            probe.bind((address.host, 0))
    except OSError as error:
        return error.errno != errno.EADDRNOTAVAIL
    return True


def unix(path: str, mode: int, group: str) -> socket.socket:
    """Nobody can connect before mode and group are set. A path that nobody listens on any more is replaced."""
    _clear(path)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        # bind() gives the file the mode of the socket's own inode, less the umask.
        os.fchmod(made.fileno(), 0)
        made.bind(path)
        try:
            hand_over(path, mode, group)
            made.listen(BACKLOG)
        except BaseException:
            os.unlink(path)
            raise
    except BaseException:
        made.close()
        raise
    return made


def hand_over(path: str, mode: int, group: str) -> None:
    """Set a unix socket's mode, and its group where one is named."""
    if group:
        os.chown(path, -1, _group(group), follow_symlinks=False)
    os.chmod(path, mode)


def inode(path: str) -> tuple[int, int] | None:
    """What stands at a path, or None."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def inherited() -> list[tuple[str, socket.socket]]:
    """The sockets handed over by the service manager, with their names. To be called once: it clears the variables."""
    pid, count, names, *_ = [
        os.environ.pop(name, "") for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID")
    ]
    if pid != str(os.getpid()) or not (count.isascii() and count.isdigit()):
        return []
    named = names.split(":") if names else []
    return [
        (named[index] if index < len(named) else "", _inherited(_FIRST_INHERITED + index))
        for index in range(int(count))
    ]


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _bound(family: socket.AddressFamily, address: Address) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1 if address.host else 0)
        if address.device:
            _bind_to_device(made, address)
        if address.host:
            _free_bind(made)
        made.bind((address.host, address.port))
    except BaseException:
        made.close()
        raise
    return made


def _bind_to_device(made: socket.socket, address: Address) -> None:
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, os.fsencode(address.device) + b"\0")
    except PermissionError:
        if address.follows:
            raise PermissionError(errno.EPERM, "this kernel lets no one but CAP_NET_RAW bind to an interface") from None
    except OSError:
        if address.follows:
            raise
    else:
        found = device(made)
        if found != address.device:
            # An alternative name, ip-link(8): it would tell nothing about a rename.
            raise OSError(errno.ENODEV, f"{address.device} is another name of {found}: write {found}")


def _free_bind(made: socket.socket) -> None:
    try:
        made.setsockopt(socket.SOL_IP, _IP_FREEBIND, 1)
    except OSError:
        pass  # a sandbox may lack it: then the address has to be there


def _clear(path: str) -> None:
    try:
        kind = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(kind):
        raise FileExistsError(errno.EEXIST, "there is something else than a socket at that path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as probe:
        code = probe.connect_ex(path)
    if code == errno.ECONNREFUSED:
        os.unlink(path)
    elif code in (0, errno.EAGAIN):
        raise OSError(errno.EADDRINUSE, "another program listens there")
    elif code != errno.ENOENT:
        raise OSError(code, f"there is a socket that may be in use: {os.strerror(code)}")


def _group(name: str) -> int:
    if name.isascii() and name.isdigit():
        return int(name)
    import grp  # noqa: PLC0415 - seldom needed

    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise OSError(errno.EINVAL, f'there is no group "{name}"') from None


def _inherited(descriptor: int) -> socket.socket:
    try:
        found = socket.socket(fileno=descriptor)
    except OSError as error:
        raise ValueError(f"file descriptor {descriptor} of LISTEN_FDS is no socket: {error.strerror}") from None
    listening = found.type == socket.SOCK_STREAM and found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    if not listening or found.family not in _FAMILIES:
        found.detach()
        raise ValueError(
            f"file descriptor {descriptor} of LISTEN_FDS is no listening stream socket: "
            "the socket unit needs ListenStream= and Accept=no"
        )
    os.set_inheritable(descriptor, False)
    found.setblocking(False)
    return found
