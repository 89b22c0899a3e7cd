"""What is served where: metrics, the page for people, health.

A response is given at once or, for metrics, when its collection is done. Errors are Refused.
"""

import zlib
from collections.abc import Callable, Container, Mapping, Sequence
from math import isfinite
from time import monotonic

from motes.shared import exposition, http, log
from motes.shared.address import Address
from motes.shared.collector import OWN
from motes.shared.engine import Engine, Scrape, State
from motes.shared.http import Refused, Request
from motes.shared.pages import Pages

PLAIN = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"
JSON = "application/json"
_STATUS_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    "Vary": "Accept-Encoding",
}
_METRICS_HEADERS = {"Vary": "Accept, Accept-Encoding"}
_GZIP_HEADERS = {**_METRICS_HEADERS, "Content-Encoding": "gzip"}
_ERROR_HEADERS = {405: {"Allow": "GET, HEAD"}, 503: {"Retry-After": "1"}}
# The names of the exporters that are served in one place.
View = frozenset[str]
_NOBODY: View = frozenset()
# Collectors have this long, in seconds, however hasty the scraper: others that share the collection may not be.
_LEAST = 1.0
# How long a scrape may wait for its turn, in seconds.
_TURN_WITHIN = 1.0


class Response:
    """Status, content type, body and further headers."""

    __slots__ = ("body", "headers", "kind", "status")

    def __init__(self, status: int, kind: str, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.kind = kind
        self.body = body
        self.headers = headers


def error(refused: Refused) -> Response:
    told = f"{refused.status} {http.REASONS[refused.status]}: {refused}\n"
    return Response(refused.status, PLAIN, told.encode("utf-8", "replace"), _ERROR_HEADERS.get(refused.status))


def defect(what: str, failure: Exception) -> Response:
    """A defect of ours costs one answer, not the program."""
    log.error(what, err=f"{type(failure).__name__}: {failure}")
    return error(Refused(500, "motes failed; its log says how."))


def _status(request: Request, kind: str, body: bytes) -> Response:
    if not http.wants_gzip(request.headers.get(b"accept-encoding", b"")):
        return Response(200, kind, body, _STATUS_HEADERS)
    # A thousand sensors are alike, to a telephone's benefit. The window is as small as that of metrics.
    packed = zlib.compress(body, 6, 16 + 13)
    return Response(200, kind, packed, {**_STATUS_HEADERS, "Content-Encoding": "gzip"})


class Ticket:
    """A client's claim to a page: it waits for its turn until a monotonic time, then for its scrape."""

    __slots__ = ("begin", "refuse", "scrape", "until")

    def __init__(self, begin: Callable[[], Scrape], refuse: Callable[[], None], until: float) -> None:
        self.begin = begin
        self.refuse = refuse
        self.until = until
        self.scrape: Scrape | None = None

    @property
    def over(self) -> bool:
        return self.scrape is not None and self.scrape.over


class Site:
    """Routes of one program. `views` are the exporters that are served at each address, and all that is told there is
    of those. `timeout` in seconds; `max_requests` scrapes at once, 0 for any number.

    Who comes when there are as many waits a little for his turn: a page is mostly a matter of milliseconds.
    """

    def __init__(self, engine: Engine, pages: Pages) -> None:
        self.ready = False
        self.telemetry_path = "/metrics"
        self.max_requests = 40
        self.timeout = 10.0
        self.views: Mapping[Address, View] = {}
        self.person_page: Callable[[View], bytes] = lambda _: b""
        self.status_json: Callable[[View], bytes] = lambda _: b""
        self._engine = engine
        self._pages = pages
        self._under_way = 0
        self._queue: dict[Ticket, None] = {}

    def respond(self, request: Request, address: Address, reply: Callable[[Response], None]) -> Ticket | None:
        """Answer, as it is to be at this address, by `reply`: now, or later for the ticket that is returned, unless
        that is cancelled.
        """
        path = request.path
        base = self.telemetry_path
        view = self.views.get(address, _NOBODY)
        if path == base:
            return self._scrape(request, self._of(view), reply)
        below = base.rstrip("/") + "/"
        if path.startswith(below) and (named := _called(path[len(below) :], view)):
            return self._scrape(request, self._of(named), reply)
        if path == "/":
            reply(_status(request, HTML, self.person_page(view)))
        elif path == "/status.json":
            reply(_status(request, JSON, self.status_json(view)))
        elif path == "/-/healthy":
            reply(Response(200, PLAIN, b"motes is healthy.\n"))
        elif path == "/-/ready":
            if not self.ready:
                raise Refused(503, "motes is starting or stopping.")
            reply(Response(200, PLAIN, b"motes is ready.\n"))
        else:
            raise Refused(404, f"There is nothing at this path; metrics are at {base}.")
        return None

    def cancel(self, ticket: Ticket) -> None:
        """Its client has gone."""
        self._queue.pop(ticket, None)
        if ticket.scrape is not None and not ticket.over:
            self._under_way -= 1
            self._engine.cancel(ticket.scrape)

    def due(self) -> float:
        """When `tick` has something to do, in monotonic seconds."""
        if self._queue and self._has_room():
            return 0.0
        return min((ticket.until for ticket in self._queue), default=float("inf"))

    def tick(self, now: float) -> None:
        """Let those begin whose turn it is, and refuse those who have waited long enough."""
        while self._queue and self._has_room():
            ticket = next(iter(self._queue))
            del self._queue[ticket]
            self._begin(ticket)
        for ticket in [ticket for ticket in self._queue if ticket.until <= now]:
            del self._queue[ticket]
            ticket.refuse()

    def _has_room(self) -> bool:
        return not self.max_requests or self._under_way < self.max_requests

    def _begin(self, ticket: Ticket) -> None:
        self._under_way += 1
        ticket.scrape = ticket.begin()

    def _of(self, names: Container[str]) -> Sequence[State]:
        """The collectors of these exporters, and the program's own."""
        return [each for each in self._engine.states if (name := each.collector.exporter) in names or name == OWN]

    def _scrape(self, request: Request, states: Sequence[State], reply: Callable[[Response], None]) -> Ticket:
        chosen = choose(states, request.query)
        openmetrics = http.wants_openmetrics(request.headers.get(b"accept", b""))
        gzip = http.wants_gzip(request.headers.get(b"accept-encoding", b""))

        def done(scrape: Scrape) -> None:
            self._under_way -= 1
            try:
                body = self._pages.make(scrape, openmetrics=openmetrics, gzip=gzip)
            except Exception as failure:  # noqa: BLE001 - see defect
                reply(defect("page failed", failure))
                return
            kind = exposition.OPENMETRICS if openmetrics else exposition.TEXT
            reply(Response(200, kind, body, _GZIP_HEADERS if gzip else _METRICS_HEADERS))

        now = monotonic()
        deadline = now + time_for(request.headers, self.timeout)

        def begin() -> Scrape:
            return self._engine.scrape(chosen, deadline, done, run_until=monotonic() + min(_LEAST, self.timeout))

        def refuse() -> None:
            why = f"{self.max_requests} scrapes are under way already (--web.max-requests)."
            reply(error(Refused(503, why)))

        ticket = Ticket(begin, refuse, min(deadline, now + _TURN_WITHIN))
        if self._has_room() and not self._queue:
            self._begin(ticket)
        else:
            self._queue[ticket] = None
        return ticket


def _called(name: str, view: View) -> View:
    """The exporter of this name, or all instances of the exporter of this name."""
    return frozenset([each for each in view if name in (each, each.partition(".")[0])])


def choose(states: Sequence[State], query: Mapping[str, Sequence[str]]) -> Sequence[State]:
    """The collectors that `collect[]` or `exclude[]` leave; both name collectors or exporters.

    The name of an exporter stands for all of its instances.
    """
    wanted, unwanted = query.get("collect[]", ()), query.get("exclude[]", ())
    if not wanted and not unwanted:
        return states
    if wanted and unwanted:
        raise Refused(400, "collect[] and exclude[] cannot be given together.")
    theirs = [state.collector for state in states if state.collector.exporter != OWN]
    known = {name for collector in theirs for name in (collector.name, collector.exporter, collector.kin)}
    for name in (*wanted, *unwanted):
        if name not in known:
            raise Refused(400, f'There is no collector "{name}" here; there are: {", ".join(sorted(known))}.')
    if wanted:
        return [state for state in states if _named(state, wanted) or state.collector.exporter == OWN]
    return [state for state in states if not _named(state, unwanted)]


def _named(state: State, names: Sequence[str]) -> bool:
    collector = state.collector
    return any(name in names for name in (collector.name, collector.exporter, collector.kin))


def time_for(headers: Mapping[bytes, bytes], most: float) -> float:
    """Seconds that a scrape may take: the scraper's own timeout less a margin for the way back, at most `most`."""
    try:
        theirs = float(headers.get(b"x-prometheus-scrape-timeout-seconds", b""))
    except ValueError:
        return most
    if not isfinite(theirs) or theirs <= 0:
        return most
    return min(most, theirs - min(0.5, theirs / 10))
