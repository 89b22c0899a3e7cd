"""Sockets in use.

Source: proc/net/sockstat and proc/net/sockstat6, see proc_net(5).
Unit:   sockets; `mem` is in pages of memory and `mem_bytes` in bytes, `memory` (of FRAG) is in bytes.
Errors: an address family without its file is left out; an odd line fails this collector.
"""

import os
from collections.abc import Iterator

from motes.exporters.node.host import Host
from motes.shared.exposition import Family
from motes.shared.frame import Frame

_STATES = (b"inuse", b"orphan", b"tw", b"alloc", b"mem", b"memory")
PAGE = os.sysconf("SC_PAGE_SIZE")
# What is left of the files without them is their layout.
_DIGITS = b"0123456789"
# A number of the page: its family's name and HELP, the word it is, and what that is multiplied with.
_Place = tuple[str, str, int, int]
# The word after the files' own, for what a kernel does not tell.
_NONE = -1


class Collector:
    """Keeps the families' frame, and where their numbers stand, until the kernel writes other lines."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._seen: list[bytes] = []
        self._frame = Frame(())
        self._numbers: list[tuple[int, int]] = []

    def collect(self) -> list[Family]:
        contents = [self._read("sockstat"), self._read("sockstat6")]
        seen = [content.translate(None, _DIGITS) for content in contents]
        if seen != self._seen:
            self._look(contents)
            self._seen = seen
        words = [*contents[0].split(), *contents[1].split(), b"0"]
        return [
            self._frame.fill(
                [words[at] if factor == 1 else b"%d" % (int(words[at]) * factor) for at, factor in self._numbers]
            )
        ]

    def _read(self, name: str) -> bytes:
        try:
            return self._host.net(name)
        except FileNotFoundError:
            return b""

    def _look(self, contents: list[bytes]) -> None:
        places: list[_Place] = []
        start = 0
        for content in contents:
            for line in content.splitlines():
                places += _places(line.split(), start, content is contents[0])
                start += len(line.split())
        self._frame = Frame([("gauge", f"node_sockstat_{name}", help, (b"",)) for name, help, _, _ in places])
        self._numbers = [(at, factor) for _, _, at, factor in places]


def _places(words: list[bytes], start: int, first_file: bool) -> Iterator[_Place]:
    """What a line tells, the first of its words being that of the number `start`."""
    if len(words) < 3 or not len(words) % 2:
        raise ValueError(f"net/sockstat: {b' '.join(words)!r} is not a protocol with its states and numbers")
    states = {state: start + 2 * number + 2 for number, state in enumerate(words[1::2])}
    protocol = words[0].removesuffix(b":").decode()
    if words[0] == b"sockets:":
        if first_file:
            yield "sockets_used", "Sockets in use, of all kinds.", states.get(b"used", _NONE), 1
        return
    found = {"inuse": (_NONE, 1)} | {state.decode(): (states[state], 1) for state in _STATES if state in states}
    if b"mem" in states:
        found["mem_bytes"] = states[b"mem"], PAGE
    for state, (at, factor) in found.items():
        yield f"{protocol}_{state}", f"Number of {protocol} sockets in state {state}.", at, factor
