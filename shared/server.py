"""The event loop: listening sockets, connections, the engine, signals and the clock, all in one thread."""

import errno
import os
import resource
import signal
import socket
from collections.abc import Callable
from functools import partial
from selectors import EVENT_READ, DefaultSelector
from time import monotonic

from motes.shared import log
from motes.shared.allow import Allow
from motes.shared.connection import Connection
from motes.shared.engine import Engine
from motes.shared.lanes import MOST_CONNECTIONS, Lanes
from motes.shared.listen import Listener, Listeners
from motes.shared.site import Site

# At most so many are accepted before others have their turn.
_ACCEPTED_AT_ONCE = 64
_NO_MORE_FILES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
# How long scrapes that are under way may take once the program is to stop, in seconds.
_STOP_WITHIN = 1.5
# Interfaces are looked at so often, in seconds, whether or not rtnetlink has told of a change.
_LOOK_EVERY = 5.0
# How long a socket on which nothing can be accepted is left alone, in seconds.
_PAUSE = 2.0


class Server:
    """Serves a site on its listeners. Handlers of signals (by number) and timers are called in the loop."""

    def __init__(self, site: Site, engine: Engine, allow: Allow) -> None:
        self.site = site
        self.allow = allow
        self.lanes = Lanes()
        self.stopping = False
        self.listeners: Listeners | None = None
        self._engine = engine
        self._selector = DefaultSelector()
        self._accepted: dict[socket.socket, set[Connection]] = {}
        self._soon: dict[Connection, None] = {}
        self._paused: dict[socket.socket, Listener] = {}
        self._accepts = True
        self._room = float("inf")
        self._timers: list[_Timer] = [_Timer(_PAUSE, self._resume)]
        self._handlers: dict[int, Callable[[], None]] = {}
        self._stop_by = float("inf")
        self._signals, self._signalled = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._selector.register(self._signals, EVENT_READ, self._take_signals)
        self._selector.register(engine, EVENT_READ, self._take_results)

    def listen(self, listeners: Listeners) -> None:
        """Open them; OSError or ValueError as theirs. They are to call `opened` and `closed` of this server."""
        self.listeners = listeners
        allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if allowed != resource.RLIM_INFINITY:
            # The other half of the files that may be open is for all else: collectors open some, too.
            self._room = allowed // 2
        listeners.open()
        if listeners.fileno() >= 0:
            self._selector.register(listeners, EVENT_READ, lambda _: listeners.handle())
        self.every(_LOOK_EVERY, listeners.check)

    def opened(self, listener: Listener, listening: socket.socket) -> None:
        self._accepted[listening] = set()
        self._selector.register(listening, EVENT_READ, partial(self._accept, listener, listening))

    def closed(self, _: Listener, listening: socket.socket) -> None:
        if self._paused.pop(listening, None) is None:
            self._selector.unregister(listening)
        for connection in list(self._accepted.pop(listening)):
            connection.close()

    def every(self, seconds: float, act: Callable[[], None]) -> None:
        self._timers.append(_Timer(seconds, act))

    def on_signal(self, number: int, act: Callable[[], None]) -> None:
        self._handlers[number] = act
        # From now on, for a signal that comes before `run` is to be found there.
        signal.set_wakeup_fd(self._signalled, warn_on_full_buffer=False)
        signal.signal(number, lambda *_: None)

    def run(self) -> None:
        """Serve until `stop` and the scrapes that were under way then."""
        while not self.stopping or (self._under_way() and monotonic() < self._stop_by):
            for key, events in self._selector.select(self._timeout()):
                # An earlier event of the same round may have closed it, or have changed what it waits for.
                if self._selector.get_map().get(key.fd) is key:
                    key.data(events)
            self._turn(monotonic())

    def stop(self) -> None:
        """Listen no more, finish what is under way, and let `run` return."""
        if self.stopping:
            return
        self.stopping = True
        self.site.ready = False
        self._stop_by = monotonic() + _STOP_WITHIN
        if self.listeners is not None:
            if self.listeners.fileno() >= 0:
                self._selector.unregister(self.listeners)
            under_way = self._under_way()
            for accepted in self._accepted.values():
                accepted.difference_update(under_way)
            self.listeners.close()

    def permit(self, allow: Allow) -> None:
        """Who may connect, from now on; who may not any more is cut off."""
        self.allow = allow
        for connection in [connection for accepted in self._accepted.values() for connection in accepted]:
            if not connection.permitted(allow):
                connection.close()

    def watch(self, connection: Connection, events: int) -> None:
        """What to wait for on a connection; nothing for 0."""
        key = self._selector.get_map().get(connection.socket)
        if key is None:
            if events:
                self._selector.register(connection.socket, events, connection.ready)
        elif not events:
            self._selector.unregister(connection.socket)
        elif key.events != events:
            self._selector.modify(connection.socket, events, key.data)

    def soon(self, connection: Connection) -> None:
        """Its next request is here already; others have their turn first."""
        self._soon[connection] = None

    def forget(self, connection: Connection) -> None:
        """It is about to be closed."""
        self.watch(connection, 0)
        connection.lane.leave(connection)
        self._soon.pop(connection, None)
        for accepted in self._accepted.values():
            accepted.discard(connection)

    def _under_way(self) -> list[Connection]:
        return [*self.lanes.busy, *self.lanes.writing]

    def _timeout(self) -> float | None:
        if self._soon:
            return 0
        now = monotonic()
        due = min([self.lanes.due(), self.site.due(), *(timer.due for timer in self._timers), self._stop_by])
        scrapes = self._engine.timeout(now)
        if scrapes is not None:
            due = min(due, now + scrapes)
        return None if due == float("inf") else max(0.0, due - now)

    def _turn(self, now: float) -> None:
        """What is due now."""
        self._engine.tick(now)
        self.site.tick(now)
        waiting, self._soon = self._soon, {}
        for connection in waiting:
            connection.advance()
        for connection in self.lanes.overdue(now):
            connection.expire()
        for timer in self._timers:
            if timer.due <= now:
                timer.due = now + timer.seconds
                timer.act()

    def _accept(self, listener: Listener, listening: socket.socket, _: int) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                accepted, peer = listening.accept()
            except (BlockingIOError, ConnectionAbortedError, InterruptedError):
                return
            except OSError as error:
                if error.errno not in _NO_MORE_FILES or not self._make_room():
                    self._pause(listener, listening, error)
                    return
                continue
            if not self._accepts:
                self._accepts = True
                log.info("connections are accepted again")
            if self.allow.permits(peer) and listener.valid(accepted):
                self._welcome(listener, listening, accepted)
            else:
                accepted.close()

    def _pause(self, listener: Listener, listening: socket.socket, error: OSError) -> None:
        """Let clients wait in the backlog, for asking again at once would be asking without end."""
        if self._accepts:
            self._accepts = False
            log.warn("cannot accept connections for a while", address=listener.address, err=error)
        self._selector.unregister(listening)
        self._paused[listening] = listener

    def _resume(self) -> None:
        while self._paused:
            listening, listener = self._paused.popitem()
            self._selector.register(listening, EVENT_READ, partial(self._accept, listener, listening))

    def _welcome(self, listener: Listener, listening: socket.socket, accepted: socket.socket) -> None:
        if len(self.lanes) >= min(MOST_CONNECTIONS, self._room) and not self._make_room():
            accepted.close()
            return
        accepted.setblocking(False)
        if accepted.family != socket.AF_UNIX:
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(self, accepted, listener.address)
        self._accepted[listening].add(connection)
        self._selector.register(accepted, EVENT_READ, connection.ready)
        connection.move(self.lanes.head)

    def _make_room(self) -> bool:
        connection = self.lanes.to_make_room()
        if connection is not None:
            connection.close()
        return connection is not None

    def _take_results(self, _: int) -> None:
        self._engine.handle()

    def _take_signals(self, _: int) -> None:
        for number in os.read(self._signals, 64):
            if number in self._handlers:
                self._handlers[number]()


class _Timer:
    __slots__ = ("act", "due", "seconds")

    def __init__(self, seconds: float, act: Callable[[], None]) -> None:
        self.seconds = seconds
        self.act = act
        self.due = monotonic() + seconds
