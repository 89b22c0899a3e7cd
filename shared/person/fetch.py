"""One document from a program of motes, by HTTP: bounded in size, and in the time that all of it takes.

Errors: Unreachable, with the reason in a few words.
"""

import http.client
import socket
from _queue import Empty, SimpleQueue

from motes.shared import threads
from motes.shared.person.place import Place
from motes.shared.version import VERSION

# A thousand thermometers are a tenth of this.
MOST_BYTES = 8 << 20
_HEADERS = {"Accept": "application/json", "User-Agent": f"motes/{VERSION}"}


class Unreachable(Exception):
    """There is nothing to be had from a place."""


class _Unix(http.client.HTTPConnection):
    """HTTP by a unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _Attempt:
    """One request. A thread of its own waits for the answer: looking a host up has no end, and no more has a server
    that says a byte now and then.
    """

    def __init__(self, place: Place, path: str, seconds: float) -> None:
        self.outcomes: SimpleQueue[bytes | Unreachable] = SimpleQueue()
        self._connection = _connection(place, seconds)
        self._path = path
        self._socket: socket.socket | None = None

    def run(self) -> None:
        try:
            self.outcomes.put(self._answer())
        except Unreachable as error:
            self.outcomes.put(error)
        except TimeoutError:
            self.outcomes.put(Unreachable("no answer in time"))
        except OSError as error:
            self.outcomes.put(Unreachable(error.strerror or str(error)))
        except Exception as error:  # noqa: BLE001 - what a library finds wrong with an answer, or with a host's name
            self.outcomes.put(Unreachable(f"its answer is not HTTP, or not whole: {type(error).__name__}"))
        finally:
            self._connection.close()

    def abandon(self) -> None:
        """Have the thread end soon."""
        try:
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _answer(self) -> bytes:
        self._connection.connect()
        # The connection forgets it, once the answer is to end with it.
        self._socket = self._connection.sock
        self._connection.request("GET", self._path, headers=_HEADERS)
        with self._connection.getresponse() as response:
            return self._body(response)

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        if response.status == http.client.NOT_FOUND:
            told = f"there is no {self._path} there: is it a program of motes, and is this the URL of its page?"
            raise Unreachable(told)
        if response.status != http.client.OK:
            moved = response.getheader("Location")
            raise Unreachable(f"it answers {response.status} {response.reason}" + (f", see {moved}" if moved else ""))
        body = response.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise Unreachable(f"its answer is longer than {MOST_BYTES >> 20} MiB")
        if response.length:
            raise http.client.IncompleteRead(body)
        return body


def fetch(place: Place, name: str, seconds: float) -> bytes:
    """What stands at a name beside the page for people."""
    attempt = _Attempt(place, place.path + name, seconds)
    threads.start(attempt.run)
    try:
        outcome = attempt.outcomes.get(timeout=seconds)
    except Empty:
        attempt.abandon()
        raise Unreachable(f"no answer within {seconds:g} s") from None
    if isinstance(outcome, Unreachable):
        raise outcome
    return outcome


def _connection(place: Place, seconds: float) -> http.client.HTTPConnection:
    if place.socket:
        return _Unix(place.socket, seconds)
    if place.secure:
        return http.client.HTTPSConnection(place.host, place.port, timeout=seconds)
    return http.client.HTTPConnection(place.host, place.port, timeout=seconds)
