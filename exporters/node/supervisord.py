"""Processes that supervisord looks after.

Source: supervisor.getAllProcessInfo of its XML-RPC interface, see its documentation's pages on the API and on the
        states of a process.
Unit:   seconds since the epoch; states are supervisord's numbers.
Errors: a server that cannot be reached, that does not answer within ten seconds and before the deadline, or that
        refuses, fails the collector; so does a process without all of these.
"""

import os
from collections.abc import Iterator

from motes.exporters.node import _xmlrpc
from motes.exporters.node.host import Host
from motes.shared.exposition import Family, Value, counter, gauge, labels
from motes.shared.options import Kind, Option

_URL = "collector.supervisord.url"
_DEFAULT = "http://localhost:9001/RPC2"
# STARTING, RUNNING and STOPPING.
_RUNNING = frozenset((10, 20, 40))


def _parse(word: str) -> str:
    _xmlrpc.Address(word)
    return word


def _show(url: str) -> str:
    return _xmlrpc.Address(url).shown


OPTIONS = (
    Option(
        _URL,
        Kind("URL", _parse, show=_show),
        None,
        f"supervisord's XML-RPC interface, over HTTP or unix:///PATH; SUPERVISORD_URL or {_DEFAULT} where not given.",
        example=_DEFAULT,
    ),
)


def collect(host: Host) -> Iterator[Family]:
    url = host.flags[_URL] or os.environ.get("SUPERVISORD_URL") or _DEFAULT
    up: dict[bytes, Value] = {}
    states: dict[bytes, Value] = {}
    exits: dict[bytes, Value] = {}
    starts: dict[bytes, Value] = {}
    for info in _xmlrpc.structs(ask(url, host.deadline)):
        process = labels(group=info["group"], name=info["name"])
        state = int(info["state"])
        states[process] = state
        exits[process] = int(info["exitstatus"])
        up[process] = int(state in _RUNNING)
        if state in _RUNNING:
            starts[process] = int(info["start"])
    yield gauge("node_supervisord_up", "Whether the process runs, starts or stops.", up)
    yield gauge("node_supervisord_state", "Its state, as a number: 20 is running.", states)
    yield gauge("node_supervisord_exit_status", "The status that it exited with last.", exits)
    yield counter("node_supervisord_start_time_seconds", "When it started, if it runs.", starts)


def ask(url: str, deadline: float) -> bytes:
    return _xmlrpc.call(url, "supervisor.getAllProcessInfo", deadline)
