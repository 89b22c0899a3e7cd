"""One question to an NTP server, and what its answer says.

Source: RFC 5905; times are counted in 2^-32 seconds since 1900, or, below 1970's, since 2036.
Errors: Failed for an answer that is none to the question, or that contradicts itself; OSError from the socket,
        TimeoutError at the deadline.
"""

import os
import socket
from struct import Struct
from time import monotonic, monotonic_ns, time_ns

from motes.shared.collector import Failed

# Leap, version and mode; stratum; poll interval; precision; root delay and dispersion in 2^-16 s; reference ID; times
# of the reference, the question's sending, its arrival, and the answer's sending.
_PACKET = Struct("!BBbbIII4Q")
_CLIENT, _SERVER = 3, 4
# As the IETF's draft on data minimization has it.
_PRECISION = 0x20
_NANOSECONDS = 1_000_000_000
_1970 = 2_208_988_800
_ERA = 1 << 32

# All numbers of a packet, with the time of sending by our clock instead of the server's echo; and that of its arrival.
Answer = tuple[int, ...]


class Server:
    def __init__(self, host: str, port: int, *, version: int, ttl: int) -> None:
        self.host = host
        self.port = port
        self._version = version
        self._ttl = ttl

    def ask(self, deadline: float) -> Answer:
        family, kind, protocol, _, place = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_DGRAM)[0]
        cookie = int.from_bytes(os.urandom(8))
        question = _PACKET.pack(self._version << 3 | _CLIENT, 0, 0, _PRECISION, *(0,) * 6, cookie)
        with socket.socket(family, kind, protocol) as connection:
            self._limit(connection, family)
            connection.connect(place)
            connection.settimeout(max(deadline - monotonic(), 0.001))
            wall, began = time_ns(), monotonic_ns()
            connection.send(question)
            packet = connection.recv(_PACKET.size)
            # However the clock is set in the meantime.
            arrived = wall + monotonic_ns() - began
        return _checked(packet, cookie, wall, arrived)

    def _limit(self, connection: socket.socket, family: int) -> None:
        if self._ttl and family == socket.AF_INET6:
            connection.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, self._ttl)
        elif self._ttl:
            connection.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, self._ttl)


def _checked(packet: bytes, cookie: int, sent: int, arrived: int) -> Answer:
    if len(packet) < _PACKET.size:
        raise Failed(f"an answer of {len(packet)} bytes")
    *head, origin, received, transmitted = _PACKET.unpack(packet)
    if head[0] & 7 != _SERVER:
        raise Failed("an answer in no server's mode")
    if origin != cookie:
        raise Failed("an answer to another question")
    if not transmitted or received > transmitted:
        raise Failed("an answer that was sent before its question arrived")
    return (*head, _timestamp(sent), received, transmitted, _timestamp(arrived))


def _timestamp(nanoseconds: int) -> int:
    """NTP's from Unix's."""
    seconds, rest = divmod(nanoseconds + _1970 * _NANOSECONDS, _NANOSECONDS)
    return (seconds % _ERA << 32) + (((rest << 32) + _NANOSECONDS // 2) // _NANOSECONDS)


class Reply:
    """What an answer says. All times and intervals are in nanoseconds, times since 1970."""

    def __init__(self, answer: Answer) -> None:
        head, self.stratum, _, _, delay, dispersion, _, reference, sent, received, transmitted, arrived = answer
        self.leap = head >> 6
        self.root_delay = _interval(delay, 16)
        self.root_dispersion = _interval(dispersion, 16)
        self.reference = _time(reference) if reference else 0
        self.time = _time(transmitted)
        there = _difference(received, sent)
        back = _difference(transmitted, arrived)
        self.round_trip = _interval(max(_difference(arrived, sent) - _difference(transmitted, received), 0), 32)
        self.offset = _interval(there + _half(back - there), 32)
        # By how much at least the clocks differ, if the answer was sent after its arrival, or before the question.
        early = sent - received if sent >= received else 0
        late = transmitted - arrived if transmitted >= arrived else 0
        self.least_error = _interval(max(early, late), 32)

    @property
    def root_distance(self) -> int:
        return (self.round_trip + self.root_delay) // 2 + self.root_dispersion


def _interval(count: int, bits: int) -> int:
    """Nanoseconds from units of 2^-bits seconds."""
    nanoseconds = (abs(count) * _NANOSECONDS + (1 << bits - 1)) >> bits
    return nanoseconds if count >= 0 else -nanoseconds


def _time(timestamp: int) -> int:
    era = _ERA if timestamp < _1970 << 32 else 0
    return _interval(timestamp, 32) + (era - _1970) * _NANOSECONDS


def _difference(later: int, earlier: int) -> int:
    """Also from one era to the next."""
    return (later - earlier + (1 << 63)) % (1 << 64) - (1 << 63)


def _half(count: int) -> int:
    return count // 2 if count >= 0 else -(-count // 2)
