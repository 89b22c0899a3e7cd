"""Listening on all the addresses, and following the interfaces that some of them stand and fall with.

A socket bound to an interface stays, without an error, on the dead one when that is deleted and made anew, and
goes along when it is renamed. So each change that the kernel tells of, and each call of `check`, looks whether the
name that the socket is bound to is still the right one; if not, socket and connections go, and a new one is made.

Errors: OSError or ValueError with the address, for what cannot be listened on at start. Later on nothing is raised:
        it is said in the log and in the listener's state, and tried again.
"""

import errno
import os
import socket
from collections.abc import Callable, Iterable, Sequence

from motes.shared import address as addressing
from motes.shared import log, rtnetlink, sockets
from motes.shared.address import Address

Told = Callable[["Listener", socket.socket], None]

inherited = sockets.inherited


class Listener:
    """One address and the sockets that listen on it: none while it waits. `state` is a few words for a person."""

    __slots__ = ("_closed", "_inode", "_make", "_opened", "address", "sockets", "state")

    def __init__(
        self, address: Address, make: Callable[[Address], list[socket.socket]], opened: Told, closed: Told
    ) -> None:
        self.address = address
        self.sockets: list[socket.socket] = []
        self.state = "closed"
        self._make = make
        self._opened = opened
        self._closed = closed
        self._inode: tuple[int, int] | None = None

    @property
    def url(self) -> str | None:
        """What to write in a browser on this machine; None where that cannot be said."""
        if not self.sockets or self.address.follows:
            return None
        name = self.sockets[0].getsockname()
        if not isinstance(name, tuple):
            return None
        host = "127.0.0.1" if name[0] in ("::", "0.0.0.0") else name[0]  # noqa: S104 - compared, not bound
        return f"http://[{host}]:{name[1]}/" if ":" in host else f"http://{host}:{name[1]}/"

    def valid(self, sock: socket.socket) -> bool:
        """Whether a socket, listening or accepted, is on the right interface still. One system call at most."""
        if not self.address.follows:
            return True
        try:
            return sockets.device(sock) == self.address.device
        except OSError:
            return False

    def open(self) -> None:
        """An interface that does not exist is waited for; OSError or ValueError for all else that prevents it."""
        try:
            self.sockets = self._make(self.address)
        except OSError as error:
            if error.errno != errno.ENODEV or not self.address.follows:
                raise OSError(f"cannot listen on {self.address}: {_reason(self.address, error)}") from error
            self._enter(self._waiting, log.warn, reason=error.strerror)
            return
        if self.address.kind == "unix":
            self._inode = sockets.inode(self.address.path)
        self._look()
        for sock in self.sockets:
            self._opened(self, sock)

    def check(self) -> None:
        """See whether it listens as it should and, if not, close it and try again. Raises nothing."""
        if not all(map(self.valid, self.sockets)):
            self.close()
            self._enter(self._waiting, log.warn, "interface gone or renamed: closed, with all connections")
        if self.sockets:
            self._look()
            return
        try:
            self.open()
        except (OSError, ValueError) as error:
            self._enter(f"not listening: {error}", log.error)

    def close(self) -> None:
        """A socket of the service manager's stays open, for it has it too, and may be wanted again."""
        gone, self.sockets = self.sockets, []
        self.state = "closed"
        for sock in gone:
            if self.address.kind == "unix":
                self._unlink()
            if self.address.kind != "fd":
                sock.close()
            self._closed(self, sock)

    @property
    def _waiting(self) -> str:
        return f"waiting for interface {self.address.device}"

    def _look(self) -> None:
        host = self.address.host
        if self.address.everywhere:
            self._enter("listening", log.warn, "listening on every interface")
        elif host and not sockets.is_local(self.address):
            self._enter(f"listening, but {host} is not an address of this machine", log.warn)
        elif self.state.startswith("listening,"):
            self._enter("listening", log.info, f"{host} is now an address of this machine")
        else:
            self._enter("listening", log.info)

    def _unlink(self) -> None:
        # To be done before closing: as long as the socket holds it, the inode's number goes to no other file.
        if self._inode is not None and sockets.inode(self.address.path) == self._inode:
            try:
                os.unlink(self.address.path)
            except OSError:
                pass

    def _enter(self, state: str, write: Callable[..., None], message: str = "", **fields: object) -> None:
        if state != self.state:
            self.state = state
            where = {"url": self.url} if self.url else {}
            write(message or state, address=self.address, **where, **fields)


class Listeners:
    """All the listeners of a program.

    `opened` is called with each socket that listens, `closed` once it does so no more: its connections are to go.
    """

    def __init__(
        self,
        addresses: Sequence[Address],
        *,
        socket_mode: int,
        socket_group: str = "",
        inherited: Sequence[tuple[str, socket.socket]] = (),
        opened: Told,
        closed: Told,
    ) -> None:
        addressing.check(addresses)
        self._mode = socket_mode
        self._group = socket_group
        self._inherited = inherited
        self._opened = opened
        self._closed = closed
        self._events: socket.socket | None = None
        self.listeners = [self._listener(address) for address in addresses]

    def open(self) -> None:
        """OSError or ValueError where one cannot be opened; then none is."""
        try:
            self._events = rtnetlink.subscribe()
        except OSError as error:
            log.info("no events about interfaces: looked at every few seconds instead", reason=error.strerror)
        try:
            _open(self.listeners)
        except (OSError, ValueError):
            self.close()
            raise

    def fileno(self) -> int:
        """What to wait for; -1 where there are no events and only `check` helps."""
        return -1 if self._events is None else self._events.fileno()

    def handle(self) -> None:
        """To be called when readable."""
        if self._events is not None:
            rtnetlink.drain(self._events)
        self.check()

    def check(self) -> None:
        """See to all of them: a few system calls each. To be called every few seconds, whatever `fileno` says."""
        for listener in self.listeners:
            listener.check()

    def replace(self, addresses: Sequence[Address]) -> None:
        """Listen on these instead. What is in both is left alone; if a new one cannot be opened, all stays as it was.

        New ones are opened before old ones are closed, save for those that would be in their way.
        """
        addressing.check(addresses)
        present = {listener.address: listener for listener in self.listeners}
        wanted = [present.get(address) or self._listener(address) for address in addresses]
        added = [listener for listener in wanted if listener.address not in present]
        removed = [listener for listener in self.listeners if listener not in wanted]
        in_the_way = [old for old in removed if any(addressing.overlap(old.address, new.address) for new in added)]
        for old in in_the_way:
            old.close()
        try:
            _open(added)
        except (OSError, ValueError):
            for old in in_the_way:
                old.check()
            raise
        for old in removed:
            old.close()
            log.info("listening no more", address=old.address)
        self.listeners = wanted

    def permit(self, socket_mode: int, socket_group: str) -> None:
        """Give unix sockets this mode and group, from now on; OSError where that is not permitted."""
        if (self._mode, self._group) == (socket_mode, socket_group):
            return
        for listener in self.listeners:
            if listener.address.kind == "unix" and listener.sockets:
                sockets.hand_over(listener.address.path, socket_mode, socket_group)
        self._mode, self._group = socket_mode, socket_group

    def close(self) -> None:
        for listener in self.listeners:
            listener.close()
        self.listeners = []
        if self._events is not None:
            self._events.close()
            self._events = None

    def _listener(self, address: Address) -> Listener:
        return Listener(address, self._make, self._opened, self._closed)

    def _make(self, address: Address) -> list[socket.socket]:
        if address.kind == "tcp":
            return [sockets.tcp(address)]
        if address.kind == "unix":
            return [sockets.unix(address.path, self._mode, self._group)]
        found = [sock for name, sock in self._inherited if address.name in ("", name)]
        if not found:
            names = ", ".join(name or "(no name)" for name, _ in self._inherited) or "none"
            raise ValueError(f"cannot listen on {address}: no such socket from the service manager; there is: {names}")
        return found


def _open(listeners: Iterable[Listener]) -> None:
    done = []
    try:
        for listener in listeners:
            listener.open()
            done.append(listener)
    except (OSError, ValueError):
        for listener in done:
            listener.close()
        raise


def _reason(address: Address, error: OSError) -> str:
    if address.kind == "tcp" and error.errno == errno.EADDRINUSE:
        return "the port is taken"
    if address.kind == "tcp" and error.errno == errno.EACCES:
        return "low ports are for CAP_NET_BIND_SERVICE"
    if address.kind == "unix" and error.errno == errno.ENOENT:
        return f"there is no folder {os.path.dirname(address.path)}"
    return error.strerror or str(error)
