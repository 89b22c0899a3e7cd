"""The NTP server on this machine: what it says of its time, and whether to believe it.

Source: one SNTP question a collection, see RFC 5905 and _sntp.py.
Unit:   seconds.
Errors: no answer within a second and before the deadline, or one that is none to the question, fails the collector.
        Flags that do not go together stop the start: by default only a loopback address will do, for nobody else's
        server should be asked at every scrape.
"""

from collections.abc import Iterator
from socket import AF_INET, AF_INET6, inet_pton
from time import monotonic

from motes.exporters.node._sntp import Answer, Reply, Server
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, gauge
from motes.shared.options import BOOLEAN, DURATION, INTEGER, TEXT, Option

_PREFIX = "collector.ntp."
_SERVER, _PORT, _VERSION = _PREFIX + "server", _PREFIX + "server-port", _PREFIX + "protocol-version"
_LOCAL, _TTL = _PREFIX + "server-is-local", _PREFIX + "ip-ttl"
_DISTANCE, _TOLERANCE = _PREFIX + "max-distance", _PREFIX + "local-offset-tolerance"
OPTIONS = (
    Option(_SERVER, TEXT, "127.0.0.1", "NTP server to ask."),
    Option(_PORT, INTEGER, 123, "Its UDP port."),
    Option(_VERSION, INTEGER, 4, "Version of the protocol, 2 to 4."),
    Option(_LOCAL, BOOLEAN, False, "The server is this network's own, though it has no loopback address."),
    Option(_TTL, INTEGER, 1, "How many hops the question may take; 0 for the system's default."),
    Option(_DISTANCE, DURATION, 3.46608, "How far the server may be from the reference clock."),
    Option(_TOLERANCE, DURATION, 0.001, "By how much the server's clock may differ from this machine's."),
)
_LEAST = {_PORT: 1, _VERSION: 2, _TTL: 0}
_MOST = {_PORT: 65535, _VERSION: 4, _TTL: 255}

_WITHIN = 1.0
_SECOND = 1_000_000_000
_DAY = 86400 * _SECOND
_ADD, _DELETE, _NOT_SYNCHRONIZED = 1, 2, 3
_STRATA = 16
# RFC 5905: MAXPOLL is 2^17 s, MAXDISP is 16 s.
_LONGEST_AGO = (1 << 17) * _SECOND
_LARGEST_DISPERSION = 16 * _SECOND


class Collector:
    """Keeps the midnight of a leap second, of which the server does not tell any more when it is over."""

    def __init__(self, host: Host) -> None:
        flags = host.flags
        for name, least in _LEAST.items():
            if not least <= flags[name] <= _MOST[name]:
                raise ValueError(f"--{name}: {flags[name]} is not from {least} to {_MOST[name]}")
        if not flags[_LOCAL] and not _loopback(flags[_SERVER]):
            raise ValueError(
                f"--{_SERVER}: {flags[_SERVER]} is no loopback address; if the server is your own, say --{_LOCAL}"
            )
        self._host = host
        self._server = Server(flags[_SERVER], flags[_PORT], version=flags[_VERSION], ttl=flags[_TTL])
        self._distance = int(flags[_DISTANCE] * _SECOND)
        self._tolerance = int(flags[_TOLERANCE] * _SECOND)
        self._leap: int | None = None

    def collect(self) -> Iterator[Family]:
        reply = Reply(ask(self._server, min(self._host.deadline, monotonic() + _WITHIN)))
        yield gauge("node_ntp_stratum", "How many servers away the reference clock is.", reply.stratum)
        yield gauge("node_ntp_leap", "Leap second: 1 to be added, 2 to be left out; 3 not synchronized.", reply.leap)
        yield gauge("node_ntp_rtt_seconds", "Round trip to the server.", _seconds(reply.round_trip))
        yield gauge("node_ntp_offset_seconds", "How far the server's clock is ahead.", _seconds(reply.offset))
        yield gauge(
            "node_ntp_reference_timestamp_seconds",
            "When the server's clock was last set, in seconds since the epoch.",
            max(reply.reference, 0) / _SECOND,
        )
        yield gauge("node_ntp_root_delay_seconds", "Round trip to the reference clock.", _seconds(reply.root_delay))
        yield gauge(
            "node_ntp_root_dispersion_seconds", "Largest error to the reference clock.", _seconds(reply.root_dispersion)
        )
        yield gauge("node_ntp_sanity", "Whether the server is to be believed.", int(self._sane(reply)))

    def _sane(self, reply: Reply) -> bool:
        if reply.leap in {_ADD, _DELETE}:
            self._leap = reply.time // _DAY * _DAY + _DAY
        # Servers that spread a leap second over a day are up to a second off.
        smeared = self._leap is not None and abs(reply.time - self._leap) < _DAY
        return (
            _valid(reply)
            and reply.root_distance <= self._distance
            and reply.least_error <= self._tolerance + smeared * _SECOND
        )


def ask(server: Server, deadline: float) -> Answer:
    return server.ask(deadline)


def _valid(reply: Reply) -> bool:
    return (
        0 < reply.stratum < _STRATA
        and reply.leap != _NOT_SYNCHRONIZED
        and 0 <= reply.time - reply.reference <= _LONGEST_AGO
        and reply.root_delay // 2 + reply.root_dispersion <= _LARGEST_DISPERSION
    )


def _seconds(nanoseconds: int) -> float:
    return nanoseconds / _SECOND


def _loopback(host: str) -> bool:
    try:
        return inet_pton(AF_INET, host)[0] == 127
    except OSError:
        pass
    try:
        return inet_pton(AF_INET6, host) in {bytes(15) + b"\1", bytes(10) + b"\xff\xff\x7f\0\0\1"}
    except OSError:
        return False
