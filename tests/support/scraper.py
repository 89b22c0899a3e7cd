"""A scraper that keeps its connection, as Prometheus does, and notices when a page does not come."""

import http.client
from threading import Condition, Thread
from types import TracebackType
from typing import Self

from tests.support.namespaces import WITHIN
from tests.support.page import Page
from tests.support.program import Program


class Scraper:
    """Scrapes a program without a pause, on one connection, until the `with` ends; on another port, if it is given."""

    def __init__(self, program: Program, path: str = "/metrics", *, port: int = 0) -> None:
        self._path = path
        self._connection = http.client.HTTPConnection("127.0.0.1", port or program.port, timeout=WITHIN)
        self._connection.connect()
        self._socket = self._connection.sock
        self._changed = Condition()
        self._pages: list[Page] = []
        self._wrong: Exception | None = None
        self._over = False
        self._thread = Thread(target=self._run, daemon=True)

    def goes_on(self) -> Page:
        """A page that was asked for after this call. AssertionError where any scrape so far has failed."""
        with self._changed:
            # The next one may have been asked for before.
            wanted = len(self._pages) + 2
            self._changed.wait_for(lambda: len(self._pages) >= wanted or self._wrong, WITHIN)
            assert self._wrong is None, repr(self._wrong)
            assert len(self._pages) >= wanted
            return self._pages[-1]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self._over = True
        self._thread.join(WITHIN)
        self._connection.close()

    def _run(self) -> None:
        while not self._over:
            try:
                page = self._scrape()
            except (AssertionError, OSError, http.client.HTTPException) as wrong:
                with self._changed:
                    self._wrong = wrong
                    self._changed.notify_all()
                return
            with self._changed:
                self._pages.append(page)
                self._changed.notify_all()

    def _scrape(self) -> Page:
        self._connection.request("GET", self._path)
        answer = self._connection.getresponse()
        body = answer.read()
        assert answer.status == 200
        assert self._connection.sock is self._socket, "the connection was not kept"
        return Page(body.decode())
